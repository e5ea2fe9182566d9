import {nearest} from '../core/nearest.ts';
import {AppsupError} from '../errors.ts';
import type {HostedApp} from './hosted-app.ts';
import type {Unit} from './unit.ts';

/** What a word of the command line means: an app with those of its units that are meant. */
export interface Selection {
  readonly app: HostedApp;
  readonly units: readonly Unit[];
}

/**
 * Resolve `all`, `app`, `app:program`, `app:process` and `app:*`; an app named twice is selected once.
 *
 * @throws AppsupError `NO_SUCH_APP`, `NO_SUCH_PROGRAM`; then nothing is selected.
 */
export function select(apps: ReadonlyMap<string, HostedApp>, targets: readonly string[]): readonly Selection[] {
  const chosen = new Map<HostedApp, Set<Unit>>();
  const choose = (app: HostedApp, units: Iterable<Unit>) => {
    const set = chosen.get(app) ?? new Set();
    for (const unit of units) set.add(unit);
    chosen.set(app, set);
  };
  for (const target of targets) {
    if (target === 'all') for (const app of apps.values()) choose(app, app.units.values());
    else choose(...one(apps, target));
  }
  return [...chosen].map(([app, units]) => ({app, units: [...app.units.values()].filter((unit) => units.has(unit))}));
}

function one(apps: ReadonlyMap<string, HostedApp>, target: string): [HostedApp, readonly Unit[]] {
  const [name = '', program] = target.split(':', 2);
  const app = apps.get(name);
  if (app === undefined) {
    throw new AppsupError('NO_SUCH_APP', `Cannot find the app "${name}"`, {
      hint: hintFor(name, [...apps.keys()].sort()),
      details: {app: name},
    });
  }
  if (program === undefined || program === '*') return [app, [...app.units.values()]];
  const units = [...app.units.values()].filter(({id}) => id.program === program || id.process === program);
  if (units.length > 0) return [app, units];
  const programs = [...new Set([...app.units.values()].map(({id}) => id.program))];
  throw new AppsupError('NO_SUCH_PROGRAM', `Cannot find the program "${program}" in ${name}`, {
    hint: `programs of ${name}: ${programs.join(', ')}`,
    details: {app: name, program},
  });
}

function hintFor(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'add one: appsup add DIRECTORY';
  const meant = nearest(name, known);
  return meant === undefined ? `known apps: ${known.join(', ')}` : `did you mean "${meant}"?`;
}
