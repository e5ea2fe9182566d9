import type {HostedApp} from './hosted-app.ts';
import type {Done, UnitRecord} from './records.ts';
import type {Unit} from './unit.ts';

/** What a later supervisor has to know of a unit as it is now; `undefined`: nothing. */
export function recordOf(app: HostedApp, unit: Unit, bootId: string): UnitRecord | undefined {
  const {id, main, candidate, leaving, restarts} = unit;
  const others = [...(candidate === undefined ? [] : [candidate.process]), ...leaving].map(
    ({record}) => record,
  );
  const spec = main?.app ?? candidate?.app ?? app.spec;
  const done = main === undefined ? doneOf(unit, bootId) : undefined;
  if (spec === undefined || (main === undefined && others.length === 0 && done === undefined))
    return undefined;
  return {version: 1, process: id.process, app: spec, restarts, main: main?.process.record, others, done};
}

/** The next supervisor must not do its work again; the next boot does. */
function doneOf({state, since}: Unit, bootId: string): Done | undefined {
  return state.id === 'exited' ? {bootId, at: since, exit: state.exit} : undefined;
}
