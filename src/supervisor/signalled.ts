import type {SignalRequest, SignalResult} from '../control/api.ts';
import {AppsupError} from '../errors.ts';
import {stateName} from './report.ts';
import type {Selection} from './targets.ts';
import type {Unit} from './unit.ts';

/** Send the chosen units of one app a signal, and say of each what came of it. Of a whole app, those that run. */
export function signalled(
  {app, units, whole}: Selection,
  {signal, group = false}: SignalRequest,
): readonly SignalResult[] {
  const meant = whole ? units.filter(({main}) => main !== undefined) : units;
  return meant.map((unit) => {
    const {main} = unit;
    const shell = main?.process.isShell ?? false;
    const ok = unit.signal(`SIG${signal}`, group ? 'group' : 'leader');
    return {
      app: app.name,
      process: unit.id.process,
      ok,
      state: stateName(unit.state),
      pid: main?.process.pid,
      restart: (main?.program ?? unit.spec).restart,
      shell,
      error: ok ? undefined : untaken(unit, signal).toJSON(),
    };
  });
}

function untaken({id, state, main}: Unit, signal: string): AppsupError {
  const name = `${id.app}:${id.process}`;
  if (main?.process.lives() === true) {
    return new AppsupError('NOT_PERMITTED', `Cannot send ${name} ${signal}: it is another user's process`);
  }
  return new AppsupError('NOT_RUNNING', `Cannot send ${name} ${signal}: it is ${stateName(state)}`, {
    hint: `appsup start ${name}`,
  });
}
