import {hasErrors, summarizeDiagnostic} from '../../config/diagnostic.ts';
import {withNumber} from '../../config/set-number.ts';
import type {ActReport, ActResult, SupervisorApi} from '../../control/api.ts';
import {processNames} from '../../core/program-spec.ts';
import type {ProgramSpec} from '../../core/program-spec.ts';
import {AppsupError} from '../../errors.ts';
import {writeAtomically} from '../../system/files.ts';
import {appNamed, configOf, programNamed, specNamed, statusIfAny, tellSupervisor} from '../apps.ts';
import {usage} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {actExit} from '../exit-codes.ts';
import {tilde} from '../format.ts';
import {waiting} from '../progress.ts';
import {checkedTargets} from '../targets.ts';
import {actJson, failureText, successLine} from './act.ts';

const ACTION = 'scale';

/** How many of what a program is to have. */
interface Scale {
  readonly app: string;
  readonly file: string;
  readonly program: ProgramSpec;
  /** `workers`: processes or threads of one server; `numprocs`: copies of the program. */
  readonly key: 'workers' | 'numprocs';
  readonly from: number;
  readonly to: number;
}

/**
 * `appsup scale APP[:PROGRAM]=N...`: write it into the app's file, then restart the server with other workers, or start and stop
 * copies. What does not run is as many at its next start.
 */
export const scale: Command = async (context, {words, options}) => {
  const scales = words.map((word) => scaleOf(context, word));
  for (const each of scales) if (each.from !== each.to) write(context, each);
  const actMs = options.duration('timeout');
  const api = context.connect(actMs === undefined ? {} : {actMs});
  const outcomes = [];
  for (const each of scales)
    outcomes.push({each, results: await apply(context, api, each, !options.has('no-wait'))});
  const all = outcomes.flatMap(({results}) => results);
  const {style} = context.terminal;
  return {
    text: outcomes
      .flatMap(({each, results}) => [
        lineOf(each, results, context),
        ...results
          .filter(({ok}) => ok)
          .map(({action, ...result}) => `  ${successLine(action, result, style)}`),
      ])
      .join('\n'),
    json: outcomes.map(({each: {app, program, key, from, to, file}, results}) => ({
      app,
      program: program.name,
      ok: results.every(({ok}) => ok),
      key,
      from,
      to,
      file,
      results: results.map(actJson),
    })),
    failures: all.filter(({ok}) => !ok).map(failureText),
    exitCode: actExit('restart', all),
  };
};

/** `flasktasks:web=4`. @throws AppsupError `USAGE`; `NO_SUCH_APP`, … ; `CONFIG` for a program that has no number */
function scaleOf(context: Context, word: string): Scale {
  const [, target = '', figure = ''] = /^([^=]*)=(.*)$/.exec(word) ?? [];
  if (!/^[1-9]\d{0,3}$/.test(figure)) {
    const why =
      figure === '0' ? 'to have none of it is: appsup stop APP:PROGRAM' : 'appsup scale APP:PROGRAM=N';
    throw usage(`Cannot scale ${JSON.stringify(word)}: expected a name, "=" and a number from 1 on`, {
      hint: why,
    });
  }
  const [checked = ''] = checkedTargets(ACTION, [target]);
  const [app = '', name] = checked.split(':', 2);
  const spec = specNamed(configOf(context), ACTION, app);
  const program = programNamed(spec, name);
  const key = keyFor(program);
  if (key === undefined) {
    throw new AppsupError(
      'CONFIG',
      `Cannot scale "${app}:${program.name}": ${program.launch.kind} is one process, which serves all`,
      {
        hint: `appsup show ${app}`,
      },
    );
  }
  const from =
    key === 'numprocs' || !('workers' in program.launch) ? program.numprocs : program.launch.workers;
  return {app, file: spec.file, program, key, from, to: Number(figure)};
}

/** A server has workers; what has none, or is there several times already, is run more often. Pure. */
export function keyFor({launch, numprocs}: ProgramSpec): Scale['key'] | undefined {
  if (launch.kind === 'gateway') return undefined;
  if (numprocs > 1 || launch.kind === 'command') return 'numprocs';
  if (launch.kind === 'uwsgi' && launch.target.endsWith('.ini')) return undefined;
  return 'workers' in launch ? 'workers' : undefined;
}

/** The file is right afterwards, or as it was. @throws AppsupError `CONFIG` */
function write(context: Context, {app, program, key, to}: Scale): void {
  const {text, file} = appNamed(configOf(context), ACTION, app);
  const table = ['programs', program.name];
  const draft = withNumber(text, table, {key, value: to, beside: program.launch.kind});
  const byHand = {hint: `write ${key} = ${to} into [programs.${program.name}]: appsup edit ${app}`};
  if (draft === undefined)
    throw new AppsupError('CONFIG', `Cannot scale "${app}": its file is written in an unusual way`, byHand);
  writeAtomically(file, draft);
  const {diagnostics} = appNamed(configOf(context), ACTION, app);
  const problem = diagnostics.find((each) => hasErrors([each]));
  if (problem === undefined) return;
  writeAtomically(file, text);
  throw new AppsupError(
    'CONFIG',
    `Cannot scale "${app}:${program.name}" to ${to}: ${summarizeDiagnostic(problem)}`,
    {
      hint: problem.hint ?? 'its file stays as it was',
    },
  );
}

type Acted = ActResult & {readonly action: 'start' | 'stop' | 'restart'};

/** Only what is wished to run. New copies come before surplus ones go. */
async function apply(
  context: Context,
  api: SupervisorApi,
  {app, program, key, from, to}: Scale,
  wait: boolean,
): Promise<readonly Acted[]> {
  await tellSupervisor(context, app);
  const [seen] = (await statusIfAny(context, [app])) ?? [];
  const copies = (seen?.processes ?? []).filter((each) => each.program === program.name);
  if (from === to || !copies.some(({desired}) => desired === 'running')) return [];
  const act = async (
    action: Acted['action'],
    targets: readonly string[],
    surplus = false,
  ): Promise<readonly Acted[]> => {
    if (targets.length === 0) return [];
    const progress = waiting(context, `${app}:${program.name} ${from} -> ${to}`);
    const report: ActReport = await api
      .act({action, targets, wait, surplus}, () => {})
      .catch(async (error: unknown) => context.late(error, targets))
      .finally(() => progress.end());
    return report.results.map((result) => ({...result, action}));
  };
  if (key === 'workers') return await act('restart', [`${app}:${program.name}`]);
  const wanted = processNames({...program, numprocs: to});
  const known = new Set(processNames(program));
  const added = wanted.filter((name) => !known.has(name));
  const started = await act(
    'start',
    added.map((name) => `${app}:${name}`),
  );
  // What has not come must not be paid for with what runs.
  if (started.some(({ok}) => !ok)) return started;
  const stopped = await act('stop', [`${app}:${program.name}`], true);
  // They are at rest now, and known no longer.
  await tellSupervisor(context, app);
  return [...started, ...stopped];
}

function lineOf(
  {app, program, key, from, to, file}: Scale,
  results: readonly Acted[],
  {paths, terminal}: Context,
): string {
  const name = terminal.style.bold(`${app}:${program.name}`);
  if (from === to) return `${name}  ${key} ${to}, as before`;
  const then = results.length === 0 ? 'from its next start on' : tilde(file, paths.home);
  return `${name}  ${key} ${from} -> ${to}  ${then}`;
}
