import type {Desired} from './desired.ts';
import type {HostedApp} from './hosted-app.ts';
import type {Unit} from './unit.ts';

/** What has not come up by then is told as missing; it is tried on. */
export const BOOT_MS = 180_000;

/** True when nothing of an app is still on its way up: it runs, has done its work, or is given up. */
export function hasComeUp(app: HostedApp): boolean {
  return wished(app).every((unit) => isUp(unit) || unit.state.id === 'fatal');
}

/** What is up of all that is wished for, and what is not. An app whose file is broken is missing as a whole. */
export function rollCall(
  apps: readonly HostedApp[],
  wishesOf: (app: string) => ReadonlyMap<string, Desired>,
): {readonly running: readonly string[]; readonly missing: readonly string[]} {
  const units = apps.flatMap((app) => wished(app));
  const names = (some: readonly Unit[]) => some.map(({id}) => `${id.app}:${id.process}`);
  const broken = apps.filter(
    ({name, spec}) => spec === undefined && [...wishesOf(name).values()].includes('running'),
  );
  return {
    running: names(units.filter(({state}) => state.id === 'running')).toSorted(),
    missing: [...names(units.filter((unit) => !isUp(unit))), ...broken.map(({name}) => name)].toSorted(),
  };
}

function wished(app: HostedApp): readonly Unit[] {
  return [...app.units.values()].filter((unit) => app.desired(unit.id) === 'running');
}

function isUp({state}: Unit): boolean {
  return state.id === 'running' || state.id === 'dormant' || (state.id === 'exited' && state.exit.code === 0);
}
