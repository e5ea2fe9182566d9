import {existsSync} from 'node:fs';

import type {ActRequest, ActResult, AppStatus, SupervisorApi, SupervisorEvent} from '../../control/api.ts';
import type {Command, Context} from '../context.ts';
import {actExit} from '../exit-codes.ts';
import {took} from '../format.ts';
import {firstTime} from '../marks.ts';
import {errorText} from '../output.ts';
import {oneLine, printable} from '../printable.ts';
import {waiting} from '../progress.ts';
import {checkedTargets} from '../targets.ts';
import type {Terminal} from '../terminal.ts';
import {isAppsupError, messageOf} from '../../errors.ts';

type Action = ActRequest['action'];

/** `appsup start APP...` → `POST /v1/act`; starts the supervisor when there is none. */
export const start: Command = act('start');
/** `appsup stop APP...` → `POST /v1/act` */
export const stop: Command = act('stop');
/** `appsup restart APP...` → `POST /v1/act` */
export const restart: Command = act('restart');
/** `appsup reload APP...` → `POST /v1/act` */
export const reload: Command = act('reload');

function act(action: Action): Command {
  return async (context, {words, options, json}) => {
    const targets = checkedTargets(action, words);
    const actMs = options.duration('timeout');
    const request: ActRequest = {action, targets, wait: !options.has('no-wait')};
    const api = await context.summon(actMs === undefined ? {} : {actMs});
    const wait = waiting(context);
    const {results} = await api
      .act(request, (event) => wait.tell(lineOf(event)))
      .catch(async (error: unknown) => context.late(error, targets))
      .finally(() => wait.end());
    const {terminal} = context;
    return {
      text: results
        .filter(({ok}) => ok)
        .map((result) => successLine(action, result, terminal.style))
        .join('\n'),
      json: results.map(actJson),
      failures: results.filter(({ok}) => !ok).map(failureText),
      hints: json ? [] : await afterwards(api, action, results, context),
      exitCode: actExit(action, results),
    };
  };
}

/** What is going on, for somebody who waits. Pure. */
export function lineOf(event: SupervisorEvent): string {
  switch (event.type) {
    case 'state':
      return `${event.app}:${event.process} ${event.state}`;
    case 'change':
      return `${event.app}:${event.process} ${event.phase === 'proving' ? 'new version starting' : event.phase}`;
    case 'health':
      return `${event.app}:${event.process} ${event.health}`;
    case 'config':
      return `${event.app} ${event.change}`;
    case 'boot':
      return 'after the boot';
    case 'run':
      return `${event.app}:${event.name} ${event.step?.name ?? event.phase}`;
  }
}

/** One line per process that did as it was told. Pure. */
export function successLine(action: Action, result: ActResult, style: Terminal['style']): string {
  const name = style.bold(`${result.app}:${result.process}`);
  return [name, ...facts(action, result, style)].join('  ');
}

function facts(action: Action, result: ActResult, style: Terminal['style']): readonly string[] {
  const {state, pending, unchanged, pid, previousPid, readyMs, overlapped, url} = result;
  if (action === 'stop') return [unchanged ? 'stopped already' : state];
  if (pending === true) return [state, `${action} is under way`];
  if (result.dormant === true) return [`${state}, starts at the first request`];
  if (state !== 'running') return [state];
  const running = style.good('running');
  const address = url === undefined ? [] : [oneLine(url)];
  if (unchanged) return [running, 'as before', ...pidOf(pid), ...address];
  const ready = readyMs === undefined ? [] : [`ready in ${took(readyMs)}`];
  if (action === 'start' || previousPid === undefined) return [running, ...ready, ...pidOf(pid), ...address];
  const change = `pid ${previousPid} -> ${pid ?? '-'}`;
  if (!overlapped) return [running, ...ready, change];
  const fate = result.cutOff
    ? 'the old one was killed: it did not finish in time'
    : 'the old one finished its requests and left';
  const drop = result.cutOff ? '' : ', nothing dropped';
  return [
    `new version ready${readyMs === undefined ? '' : ` in ${took(readyMs)}`}, ${fate}`,
    `${change}${drop}`,
  ];
}

function pidOf(pid: number | undefined): readonly string[] {
  return pid === undefined ? [] : [`pid ${pid}`];
}

/** The reason, what the program said last, and what to type next. Pure. */
export function failureText({app, process, state, error, output}: ActResult): string {
  const {message, hint} = error ?? {
    message: `${app}:${process} is ${state}`,
    hint: `appsup logs ${app}:${process}`,
  };
  const [first = '', ...rest] = errorText({message, hint}).split('\n');
  return [first, ...output.map((line) => `  ${printable(line)}`), ...rest].join('\n');
}

/** The same fields for every process, `error` and `output` only with `"ok":false`. */
export function actJson(result: ActResult): unknown {
  const {app, process, ok, state, pending = false, unchanged, overlapped, error, output} = result;
  const {pid = null, previousPid = null, url = null} = result;
  const readyMs = result.readyMs === undefined ? null : Math.round(result.readyMs);
  const facts = {app, process, ok, state, pending, unchanged, pid, previousPid, readyMs, overlapped, url};
  return ok ? facts : {...facts, error, output};
}

/** What to know besides. A failure has said by itself what is wrong. */
async function afterwards(
  api: SupervisorApi,
  action: Action,
  results: readonly ActResult[],
  context: Context,
): Promise<readonly string[]> {
  const targets = [...new Set(results.filter(({ok}) => ok).map(({app}) => app))];
  if (action === 'stop' || targets.length === 0) return [];
  const {apps} = await api.status({targets, memory: false});
  return [
    ...apps.flatMap(problems),
    ...rootHint(context),
    ...(await bootHint(context)),
    ...frontHints(apps, context),
  ];
}

/** A broken file is not taken: what was started is the version before, which the user should know. So is a port's trouble. */
function problems({app, file, problems: found}: AppStatus): readonly string[] {
  return found.some((problem) => problem.startsWith(`${file}:`))
    ? [`${app}: its file has mistakes, so its last good version counts: appsup check ${app}`]
    : found.map((problem) => `${app}: ${problem}`);
}

/** Root works, but everybody's code with root's rights is a thing to know. */
function rootHint({account, paths}: Context): readonly string[] {
  if (account().uid !== 0 || !firstTime(paths, 'root-warned')) return [];
  return [
    'you are root, and so is every program that appsup starts for you: an ordinary account does as well',
  ];
}

async function bootHint(context: Context): Promise<readonly string[]> {
  const {paths, terminal} = context;
  if (existsSync(paths.bootScript)) return [];
  const hint = 'appsup will not start after a reboot yet: appsup boot install';
  if (!terminal.interactive || !firstTime(paths, 'boot-asked')) return [hint];
  const answer = await context.ask('Start your apps after a reboot too? [Y/n] ');
  if (answer === undefined || !/^(y|yes)?$/i.test(answer.trim())) return [hint];
  try {
    return [await context.installBoot()];
  } catch (error) {
    // The start itself went well; this must not turn it into a failure.
    return isAppsupError(error)
      ? [error.message, ...(error.hint === undefined ? [] : [error.hint])]
      : [messageOf(error)];
  }
}

/** Said once: whoever has a front end of another making knows better. */
function frontHints(apps: readonly AppStatus[], {paths}: Context): readonly string[] {
  return apps
    .filter(
      ({app, front}) =>
        front !== undefined &&
        front.requestedAt === undefined &&
        front.verified === undefined &&
        firstTime(paths, `front-missed.${app}`),
    )
    .map(({app, mount}) => `no front end serves ${mount || '/'} yet: appsup request ${app}`);
}
