import path from 'node:path';

import {webProgram} from '../../core/spec.ts';
import type {Launch} from '../../core/program-spec.ts';
import type {AppSpec} from '../../core/spec.ts';
import type {Plan, TaskSpec, TaskWork} from '../../core/task-spec.ts';
import {scriptStep} from './script.ts';
import {RESTART, healthStep} from './update.ts';

/**
 * A venv is called by its path in every script of its own, so the new one is made where it stays, and a link of the old name
 * leads to it: `.venv` to `.venv-20261121T023005Z`.
 */
const MAKE = `
place=$1 base=$2
if [ "$place" = auto ]; then
  place=$PWD/.venv
  for each in .venv venv env; do
    if [ -e "$each/pyvenv.cfg" ]; then place=$PWD/$each; break; fi
  done
fi
case $place in */bin/python*) place=\${place%/bin/python*} ;; esac
if [ -d "$place/conda-meta" ]; then
  note 'it is a conda environment'
  echo "$place belongs to conda, which makes another one beside it:"
  echo "  conda env create -p $place-new -f environment.yml    or: conda create -p $place-new --clone $place"
  echo "then write it as python into the app's file (appsup edit $APPSUP_APP), and appsup restart $APPSUP_APP"
  exit 1
fi
new=$place-$(date -u +%Y%m%dT%H%M%SZ)
echo "$place" > "$APPSUP_SCRATCH/place"
echo "$new" > "$APPSUP_SCRATCH/new"
"$base" -m venv "$new"
note "$("$new/bin/python" --version) in $(basename "$new")"
`;

const INSTALL = `
requirements=$1
shift
[ -e "$requirements" ] && set -- -r "$requirements" "$@"
[ $# -gt 0 ] || { note 'skipped: nothing is asked for'; exit 0; }
exec "$(kept new)/bin/python" -m pip install "$@"
`;

const CHECK = `
exec "$(kept new)/bin/python" -c '
import importlib, sys
for target in sys.argv[1:]:
    module, _, name = target.partition(":")
    found = importlib.import_module(module)
    if name: getattr(found, name)
' "$@"
`;

const SWITCH = `
place=$(kept place) new=$(kept new)
if [ -L "$place" ]; then
  readlink -f "$place" > "$APPSUP_SCRATCH/old"
elif [ -e "$place" ]; then
  old=$place-before-$(date -u +%Y%m%dT%H%M%SZ)
  echo "$old" > "$APPSUP_SCRATCH/old"
  mv -T "$place" "$old"
fi
: > "$APPSUP_SCRATCH/switched"
ln -sfn "$(basename "$new")" "$place.appsup-link"
mv -T "$place.appsup-link" "$place"
note "$(basename "$place") -> $(basename "$new")"
`;

/** Only what lies beside the environment and is called after it. */
const CLEAN_UP = `
place=$(kept place) old=$(kept old)
case $old in
  "$place"-*) rm -rf "$old"; note "$(basename "$old") is removed" ;;
  *) note 'skipped: nothing is left over' ;;
esac
`;

const PUT_BACK = `
place=$(kept place) new=$(kept new) old=$(kept old)
if [ -e "$APPSUP_SCRATCH/switched" ] || [ ! -e "$place" ]; then
  case $old in
    "$place"-before-*) [ ! -L "$place" ] || rm "$place"; [ -e "$place" ] || mv -T "$old" "$place" ;;
    ?*) ln -sfn "$old" "$place.appsup-link"; mv -T "$place.appsup-link" "$place" ;;
    *) [ ! -L "$place" ] || rm "$place" ;;
  esac
  note 'the old one is back'
else
  note 'the old one was not touched'
fi
[ -z "$new" ] || rm -rf "$new"
`;

/** A new environment beside the old one, which serves until the new one is proven. */
export function rebuildVenv(
  app: AppSpec,
  task: TaskSpec,
  work: Extract<TaskWork, {kind: 'rebuild-venv'}>,
): Plan {
  const {requirements, basePython, packages, check} = work;
  const web = webProgram(app)?.launch;
  const server = serverOf(web);
  const wanted = [...new Set([...packages, ...(server === undefined ? [] : [server.kind])])];
  const target = check ?? server?.target;
  const targets = [...(server === undefined ? [] : [server.kind]), ...(target === undefined ? [] : [target])];
  const script = (name: string, text: string, args: readonly string[] = []) =>
    scriptStep(task, {name, text, args, withoutPython: true});
  return {
    steps: [
      script(`${path.basename(basePython)} -m venv`, MAKE, [app.python, basePython]),
      script(`pip install -r ${path.basename(requirements)}`, INSTALL, [requirements, ...wanted]),
      ...(targets.length === 0 ? [] : [script(`import ${target ?? targets.join(', ')}`, CHECK, targets)]),
      script('switch', SWITCH),
      RESTART,
      healthStep(undefined),
      script('clean up', CLEAN_UP),
    ],
    undo: [script('put the environment back', PUT_BACK), RESTART],
  };
}

/** Kinds that pip installs as they are called, beside the app; uWSGI may be the system's. */
const SERVERS = ['gunicorn', 'uvicorn', 'hypercorn', 'daphne'] as const;

function serverOf(launch: Launch | undefined) {
  const kind = SERVERS.find((each) => each === launch?.kind);
  return kind !== undefined && launch !== undefined && 'target' in launch
    ? {kind, target: launch.target}
    : undefined;
}
