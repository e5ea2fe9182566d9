import {namesIn, unknownApp, unknownProgram} from '../core/unknown-name.ts';
import {AppsupError} from '../errors.ts';
import type {HostedApp} from './hosted-app.ts';
import type {Unit} from './unit.ts';

/** What a word of the command line means: an app with those of its units that are meant. */
export interface Selection {
  readonly app: HostedApp;
  readonly units: readonly Unit[];
  /** The whole app is meant, with what it has no unit for as long as its file is broken. */
  readonly whole: boolean;
}

/**
 * Resolve `all`, `app`, `app:program`, `app:process` and `app:*`; an app named twice is selected once.
 *
 * @throws AppsupError `NO_SUCH_APP`, `NO_SUCH_PROGRAM`; then nothing is selected.
 */
export function select(
  apps: ReadonlyMap<string, HostedApp>,
  targets: readonly string[],
): readonly Selection[] {
  const chosen = new Map<HostedApp, Selection>();
  const choose = ({app, units, whole}: Selection) => {
    const before = chosen.get(app);
    const meant = new Set([...(before?.units ?? []), ...units]);
    const inOrder = [...app.units.values()].filter((unit) => meant.has(unit));
    chosen.set(app, {app, units: inOrder, whole: whole || before?.whole === true});
  };
  for (const target of targets) {
    if (target === 'all') for (const app of apps.values()) choose(wholeOf(app));
    else choose(one(apps, target));
  }
  return [...chosen.values()];
}

function wholeOf(app: HostedApp): Selection {
  return {app, units: [...app.units.values()], whole: true};
}

function one(apps: ReadonlyMap<string, HostedApp>, target: string): Selection {
  const [name = '', program] = target.split(':', 2);
  const app = apps.get(name);
  if (app === undefined) {
    throw new AppsupError('NO_SUCH_APP', `Cannot find the app "${name}"`, {
      hint: unknownApp(name, new Map([...apps].map(([known, each]) => [known, namesIn(each.spec)]))),
      details: {app: name},
    });
  }
  if (program === undefined || program === '*') return wholeOf(app);
  const units = [...app.units.values()].filter(({id}) => id.program === program || id.process === program);
  if (units.length > 0) return {app, units, whole: false};
  throw new AppsupError('NO_SUCH_PROGRAM', `Cannot find the program "${program}" in ${name}`, {
    hint: unknownProgram(name, program, namesIn(app.spec)),
    details: {app: name, program},
  });
}
