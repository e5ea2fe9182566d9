import type {ActResult, AppStatus, ProcessStatus, StateName} from '../control/api.ts';
import {describeExit} from '../core/exit.ts';
import {protocolOf, webProgram} from '../core/spec.ts';
import type {UnitState} from '../core/state.ts';
import {AppsupError, isAppsupError} from '../errors.ts';
import type {Clock} from '../system/clock.ts';
import type {Proc} from '../system/proc.ts';
import {measureMemory} from '../system/usage.ts';
import type {MemoryOf} from '../system/usage.ts';
import type {HostedApp} from './hosted-app.ts';
import type {Selection} from './targets.ts';
import type {Outcome} from './generation.ts';
import type {Unit} from './unit.ts';

/**
 * The chosen apps as `status` shows them, by name, each with those of its processes that were chosen.
 *
 * @param proc - Where to measure their memory; `undefined`: it is not asked for.
 */
export function statusOf(
  chosen: readonly Selection[],
  {clock, proc}: {readonly clock: Clock; readonly proc: Proc | undefined},
): readonly AppStatus[] {
  const units = chosen.flatMap(({app}) => [...app.units.values()]);
  const leaders = units.flatMap(({main}) => main?.process.pid ?? []);
  const memory = proc === undefined ? undefined : measureMemory(proc, leaders);
  return chosen
    .toSorted((a, b) => a.app.name.localeCompare(b.app.name))
    .map((selection) => appStatus(selection, clock, memory));
}

function appStatus({app, units}: Selection, clock: Clock, memory: MemoryOf | undefined): AppStatus {
  return {
    app: app.name,
    file: app.file,
    port: app.spec?.transport === 'unix' ? undefined : servingPort(app),
    mount: app.spec?.mount ?? '',
    where: whereOf(app),
    problems: [...app.problems, app.portProblem ?? [], app.socket?.file?.problem ?? []].flat(),
    front: app.front,
    processes: app
      .inOrderOfFile()
      .filter((unit) => units.includes(unit))
      .map((unit) => processStatus(app, unit, clock, memory)),
  };
}

/** The public address if it is known, else the local one; `undefined` when the app serves nothing. */
function whereOf(app: HostedApp): string | undefined {
  if (app.spec === undefined || !app.serves) return undefined;
  return app.publicUrl ?? localUrl(app);
}

/** The port of what serves now; after `ports move` the app's own is another one, from the next restart on. */
export function servingPort(app: HostedApp): number | undefined {
  const main = app.webUnits().find((unit) => unit.main !== undefined)?.main;
  return main?.process.record.port ?? app.port;
}

/** The address on this host, as the front end asks it. */
function localUrl(app: HostedApp): string | undefined {
  const port = servingPort(app);
  if (port === undefined || app.spec === undefined || webProgram(app.spec) === undefined) return undefined;
  const main = app.webUnits().find((unit) => unit.main !== undefined)?.main;
  const socket = main?.process.record.frontSocket ?? app.socket?.file?.path;
  if (socket !== undefined) return `unix:${socket}`;
  const path = app.spec.prefix === 'keep' ? `${app.spec.mount}/` : '/';
  return `${protocolOf(app.spec)}://127.0.0.1:${port}${path}`;
}

function processStatus(
  app: HostedApp,
  unit: Unit,
  clock: Clock,
  memory: MemoryOf | undefined,
): ProcessStatus {
  const {state, main} = unit;
  return {
    app: app.name,
    program: unit.id.program,
    process: unit.id.process,
    state: stateName(state),
    dormant: state.id === 'dormant',
    desired: app.desired(unit.id),
    since: unit.since,
    restarts: unit.restarts,
    pid: main?.process.pid,
    memory: main === undefined ? undefined : memory?.get(main.process.pid),
    reason: reasonOf(app, unit),
    nextTryAt:
      state.id === 'backoff' ? clock.wall() + Math.max(0, state.until - clock.monotonic()) : undefined,
    health: unit.verdict === undefined ? undefined : unit.verdict.healthy ? 'healthy' : 'unhealthy',
    adopted: main?.process.adopted ?? false,
    change: unit.beside,
    lastChangeFailed: unit.change === undefined ? unit.lastChangeFailed?.reason : undefined,
    serves: unit.spec.listen !== 'none',
    outdated: main !== undefined && app.spec !== undefined && main.process.record.hash !== app.hash,
  };
}

/** Why a unit is in its state, in one line; `undefined` when there is nothing to say. */
export function reasonOf(app: HostedApp, unit: Unit): string | undefined {
  const {state} = unit;
  const waitsFor = app.waitsFor(unit);
  if (waitsFor !== undefined) return `waits for ${waitsFor}`;
  switch (state.id) {
    case 'stopped':
      return app.desired(unit.id) === 'stopped' ? 'stopped by you' : undefined;
    case 'dormant':
      return 'starts at the first request';
    case 'starting':
      return unit.lastFailure?.reason;
    case 'backoff':
    case 'fatal':
      return state.why;
    case 'exited':
      return describeExit(state.exit);
    case 'running':
      if (unit.verdict?.healthy === false) return `unhealthy: ${unit.verdict.detail}`;
      return unit.lastReplaced === undefined ? undefined : `replaced: ${unit.lastReplaced}`;
    case 'stopping':
      return undefined;
  }
}

/** What came of one wish for one process. */
export function actResult(
  app: HostedApp,
  unit: Unit,
  facts: {
    readonly ok: boolean;
    readonly pending?: boolean;
    readonly unchanged?: boolean;
    readonly previousPid?: number | undefined;
    readonly overlapped?: boolean;
    readonly cutOff?: boolean;
    readonly failure?: Outcome | undefined;
    readonly message?: string;
  },
): ActResult {
  const {failure} = facts;
  return {
    app: app.name,
    process: unit.id.process,
    ok: facts.ok,
    state: stateName(unit.state),
    dormant: unit.state.id === 'dormant',
    pending: facts.pending ?? false,
    unchanged: facts.unchanged ?? false,
    pid: unit.main?.process.pid,
    previousPid: facts.previousPid,
    // Of an earlier start, as long as this one is under way.
    readyMs: facts.pending === true ? undefined : unit.readyMs,
    overlapped: facts.overlapped ?? false,
    cutOff: facts.cutOff ?? false,
    url: facts.ok && unit.spec.listen !== 'none' ? localUrl(app) : undefined,
    error: facts.ok ? undefined : errorOf(app, unit, facts.message, failure),
    output: failure?.output ?? [],
  };
}

function errorOf(app: HostedApp, unit: Unit, message: string | undefined, failure: Outcome | undefined) {
  if (isAppsupError(failure?.error)) {
    const record = failure.error.toJSON();
    return message === undefined ? record : {...record, message: `${record.message}; ${message}`};
  }
  const name = `${app.name}:${unit.id.process}`;
  const why = failure?.reason ?? `it is ${unit.state.id}`;
  return new AppsupError(
    'NOT_READY',
    message === undefined ? `${name} did not start: ${why}` : `${name}  ${message}`,
    {
      hint: `appsup logs ${name} --since 1m`,
      details: {state: stateName(unit.state), ...(failure === undefined ? {} : {reason: failure.reason})},
    },
  ).toJSON();
}

/** Name of a machine state in supervisord's words. */
export function stateName(state: UnitState): StateName {
  return state.id === 'dormant' ? 'stopped' : state.id;
}
