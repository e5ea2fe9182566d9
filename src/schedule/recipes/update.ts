import path from 'node:path';

import type {Plan, StepSpec, TaskSpec, TaskWork} from '../../core/task-spec.ts';
import {scriptStep} from './script.ts';

/** The first of several tries remembers where it began. */
const PULL = `
before=$(git rev-parse --verify HEAD)
[ -e "$APPSUP_SCRATCH/before" ] || echo "$before" > "$APPSUP_SCRATCH/before"
git pull --ff-only
now=$(git rev-parse --short HEAD)
if [ "$(git rev-parse HEAD)" = "$before" ]; then
  note "$now, nothing new"
else
  files=$(git diff --name-only "$before" HEAD | wc -l | tr -d ' ')
  [ "$files" = 1 ] && files='1 file' || files="$files files"
  note "$(git rev-parse --short "$before") -> $now, $files"
fi
`;

/** pip changes an environment where it is; a copy is what can be put back. */
const INSTALL = `
[ -e "$1" ] || { note "skipped: there is no $(basename "$1")"; exit 0; }
place=\${VIRTUAL_ENV:-\${CONDA_PREFIX:-}}
[ -n "$place" ] || { note 'the app has no environment of its own'; echo 'Make one: python3 -m venv .venv'; exit 1; }
place=$(readlink -f "$place")
if [ ! -e "$APPSUP_SCRATCH/place" ]; then
  rm -rf "$place.appsup-before"
  cp -a --reflink=auto "$place" "$place.appsup-before"
  echo "$place" > "$APPSUP_SCRATCH/place"
fi
exec python -m pip install -r "$1"
`;

const CLEAN_UP = `
place=$(kept place)
[ -n "$place" ] || { note 'skipped: nothing is left over'; exit 0; }
rm -rf "$place.appsup-before"
`;

const RESET = `
before=$(kept before)
[ -n "$before" ] && [ "$(git rev-parse HEAD)" != "$before" ] || { note 'skipped: it is the same commit'; exit 0; }
git reset --keep "$before"
note "at $(git rev-parse --short HEAD) again"
`;

const PUT_BACK = `
place=$(kept place)
[ -n "$place" ] && [ -d "$place.appsup-before" ] || { note 'skipped: it was not touched'; exit 0; }
rm -rf "$place.appsup-failed"
mv -T "$place" "$place.appsup-failed"
mv -T "$place.appsup-before" "$place"
rm -rf "$place.appsup-failed"
`;

export const RESTART: StepSpec = {name: 'restart', action: {kind: 'restart', programs: []}};

/** Pull, install, migrate, build, restart, ask. What fails is put back; migrations stay, which nobody but their author can undo. */
export function update(task: TaskSpec, work: Extract<TaskWork, {kind: 'update'}>): Plan {
  const {requirements, migrate, build, health} = work;
  const name = path.basename(requirements);
  return {
    steps: [
      scriptStep(task, {name: 'git pull --ff-only', text: PULL, withoutPython: true}),
      scriptStep(task, {
        name: `pip install -r ${name}`,
        text: INSTALL,
        args: [requirements],
        ifChanged: [requirements],
      }),
      ...migrate,
      ...build,
      RESTART,
      healthStep(health),
      scriptStep(task, {name: 'clean up', text: CLEAN_UP, withoutPython: true}),
    ],
    undo: [
      scriptStep(task, {name: 'git reset', text: RESET, withoutPython: true}),
      scriptStep(task, {name: 'put the environment back', text: PUT_BACK, withoutPython: true}),
      RESTART,
    ],
  };
}

export function healthStep(path: string | undefined): StepSpec {
  return {name: path === undefined ? 'health' : `health ${path}`, action: {kind: 'health', path}};
}
