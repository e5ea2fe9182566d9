import type {ActRequest, ActResult} from '../control/api.ts';
import {isAtRest} from './at-rest.ts';
import type {HostedApp} from './hosted-app.ts';
import {AppsupError, isAppsupError} from '../errors.ts';
import {actResult} from './report.ts';
import type {Selection} from './targets.ts';
import type {Unit} from './unit.ts';

/** Do what was asked with the chosen units of one app, and say for each what came of it. */
export async function act(
  chosen: Selection,
  {action, wait = true, surplus = false}: ActRequest,
): Promise<readonly ActResult[]> {
  const {app} = chosen;
  const selection = surplus
    ? {app, units: chosen.units.filter((unit) => !app.lists(unit)), whole: false}
    : chosen;
  const {units} = selection;
  if (action !== 'stop' && app.problems.length > 0) return refused(app, units, action);
  switch (action) {
    case 'start':
      return await start(app, units, wait);
    case 'stop':
      return await stop(selection, wait);
    case 'restart':
      return await restart(app, units, wait);
    case 'reload':
      return await reload(app, units, wait);
  }
}

/** The user means the file as it is now, and that cannot be had. What runs goes on. */
function refused(app: HostedApp, units: readonly Unit[], action: string): readonly ActResult[] {
  const others = app.problems.length - 1;
  const more = others === 0 ? '' : ` (and ${others} more)`;
  const error = new AppsupError('CONFIG', `Cannot ${action} "${app.name}": ${app.problems[0]}${more}`, {
    hint: `see all of it: appsup check ${app.name}; what runs is not touched`,
    details: {app: app.name, problems: app.problems},
  });
  const failure = {reason: error.message, output: [], error};
  if (units.length > 0) return units.map((unit) => actResult(app, unit, {ok: false, failure}));
  throw error;
}

async function start(app: HostedApp, units: readonly Unit[], wait: boolean): Promise<readonly ActResult[]> {
  const already = new Set(units.filter(({state}) => state.id === 'running' || state.id === 'dormant'));
  for (const unit of units) if (!already.has(unit)) unit.lastFailure = undefined;
  app.start(units);
  return await Promise.all(
    units.map(async (unit) => {
      if (already.has(unit)) return actResult(app, unit, {ok: true, unchanged: true});
      if (!wait) return actResult(app, unit, {ok: true, pending: true});
      await app.until(() => hasStarted(app, unit), unit.spec.readyMs * 2);
      return startResult(app, unit);
    }),
  );
}

async function stop({app, units, whole}: Selection, wait: boolean): Promise<readonly ActResult[]> {
  const pids = new Map(units.map((unit) => [unit, unit.main?.process.pid]));
  const already = new Set(units.filter(({state, leaving}) => state.id === 'stopped' && leaving.length === 0));
  // What cannot be remembered is not begun, and whoever does not wait is told so as well.
  app.wishStopped(units, whole);
  const stopped = app.halt(units);
  if (wait) await stopped;
  else void stopped;
  return units.map((unit) =>
    actResult(app, unit, {
      ok: !wait || isAtRest(unit),
      pending: !wait && !already.has(unit),
      unchanged: already.has(unit),
      previousPid: pids.get(unit),
      ...(!wait || isAtRest(unit) ? {} : {message: 'was started again meanwhile'}),
    }),
  );
}

/** One after the other: with several processes, all but one serve at any moment. */
async function restart(app: HostedApp, units: readonly Unit[], wait: boolean): Promise<readonly ActResult[]> {
  const results: ActResult[] = [];
  for (const unit of app.inOrder(units).flat()) {
    const before = unit.main?.process;
    unit.lastFailure = undefined;
    unit.lastChangeFailed = undefined;
    app.restart(unit);
    const overlapped = unit.change !== undefined;
    if (!wait) {
      results.push(actResult(app, unit, {ok: true, pending: true, previousPid: before?.pid, overlapped}));
      continue;
    }
    // What it comes after may be missing for ever; everything else is over by then.
    const limitMs = (unit.spec.stopMs + unit.spec.readyMs) * 2;
    await app.until(
      () => hasStarted(app, unit) && unit.change === undefined && unit.leaving.length === 0,
      limitMs,
    );
    const previousPid = before?.pid;
    if (unit.main?.process === before && before !== undefined) {
      const message = servesOn(unit, before.pid);
      results.push(
        actResult(app, unit, {ok: false, previousPid, overlapped, failure: unit.lastChangeFailed, message}),
      );
    } else {
      results.push({
        ...startResult(app, unit),
        previousPid,
        overlapped,
        cutOff: overlapped && unit.lastLeftByForce,
      });
    }
  }
  return results;
}

/** What has no reload signal, or does not run, is restarted. */
async function reload(app: HostedApp, units: readonly Unit[], wait: boolean): Promise<readonly ActResult[]> {
  const results: ActResult[] = [];
  for (const unit of app.inOrder(units).flat()) {
    const signal = unit.spec.reloadSignal;
    if (signal === undefined || unit.state.id !== 'running') {
      results.push(...(await restart(app, [unit], wait)));
      continue;
    }
    if (!wait) {
      // Nobody waits for what comes of it: status tells.
      void unit.reload(`SIG${signal}`).then((outcome) => (unit.lastChangeFailed = outcome));
      results.push(actResult(app, unit, {ok: true, pending: true}));
      continue;
    }
    const failure = await unit.reload(`SIG${signal}`);
    await app.until(() => unit.leaving.length === 0);
    const message = 'the new version did not become ready; nothing was reloaded';
    results.push(actResult(app, unit, failure === undefined ? {ok: true} : {ok: false, failure, message}));
  }
  return results;
}

/** Of a restart that came to nothing; what was refused before anything ran says why by itself. */
function servesOn({lastChangeFailed}: Unit, pid: number): string {
  const still = `the old one (pid ${pid}) still serves`;
  return isAppsupError(lastChangeFailed?.error) ? still : `the new version did not become ready; ${still}`;
}

/** The start came to an end, good or bad; or it hangs on something that did not start. */
function hasStarted(app: HostedApp, unit: Unit): boolean {
  if (app.waitsFor(unit) !== undefined) {
    const program = app.waitsForProgram(unit);
    const needed = [...app.units.values()].filter(({id}) => id.program === program);
    return needed.some((each) => isAtRest(each) && app.waitsFor(each) === undefined);
  }
  // Whoever is told that it is started may come at once.
  if (unit.state.id === 'dormant') return app.socket?.awaiting === true;
  return unit.state.id === 'running' || isAtRest(unit);
}

function startResult(app: HostedApp, unit: Unit): ActResult {
  const waitsFor = app.waitsFor(unit);
  if (waitsFor !== undefined)
    return actResult(app, unit, {
      ok: false,
      message: `waits for ${waitsFor}, and starts as soon as that is there`,
    });
  const finished = unit.state.id === 'exited' && unit.state.exit.code === 0;
  const ok = unit.state.id === 'running' || unit.state.id === 'dormant' || finished;
  return actResult(app, unit, {ok, failure: ok ? undefined : unit.lastFailure});
}
