import type {LoadedApp} from '../config/app.ts';
import {hasErrors, summarizeDiagnostic} from '../config/diagnostic.ts';
import {loadConfig} from '../config/load.ts';
import type {Config} from '../config/load.ts';
import type {AppStatus} from '../control/api.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {processNames} from '../core/program-spec.ts';
import {isServed, webProgram} from '../core/spec.ts';
import {namesIn, unknownApp, unknownProgram} from '../core/unknown-name.ts';
import {AppsupError, isAppsupError} from '../errors.ts';
import {adoptPort, leaseOf, leasePort} from '../ports/leases.ts';
import type {Leased, LeaseRequest} from '../ports/leases.ts';
import {ownRange} from '../ports/own-range.ts';
import type {RangeAnswer} from '../ports/range.ts';
import type {Context} from './context.ts';
import {checkedTargets} from './targets.ts';

/** All files, read now. @throws AppsupError `DISK` when they cannot be listed: that is something else than no apps */
export function configOf({paths}: Pick<Context, 'paths'>): Config {
  const config = loadConfig(paths);
  const unlisted = config.diagnostics.find(({file}) => file === paths.apps);
  if (unlisted === undefined) return config;
  const {message, hint} = unlisted;
  throw new AppsupError('DISK', message, hint === undefined ? {} : {hint});
}

/**
 * One app's file as it is.
 *
 * @param action - For the message: `show`.
 * @throws AppsupError `NO_SUCH_APP` with the nearest name.
 */
export function appNamed(config: Config, action: string, name: string): LoadedApp {
  const app = config.apps.get(name);
  if (app !== undefined) return app;
  throw new AppsupError('NO_SUCH_APP', `Cannot ${action} "${name}": there is no such app`, {
    hint: unknownApp(name, new Map([...config.apps].map(([known, {spec}]) => [known, namesIn(spec)]))),
    details: {app: name},
  });
}

/**
 * Names of apps as they are typed, each once; `all` stands for every app that has a file.
 *
 * @throws AppsupError `BAD_NAME`; `NOT_FOUND` for `all` where there are none.
 */
export function namesOf(config: Config, action: string, words: readonly string[]): readonly string[] {
  const names = checkedTargets(action, words);
  if (!names.includes('all')) return [...new Set(names)];
  if (config.apps.size > 0) return [...config.apps.keys()];
  throw new AppsupError('NOT_FOUND', `Cannot ${action} all: there are no apps yet`, {
    hint: 'appsup add DIRECTORY',
  });
}

/**
 * As {@link namesOf}, for what concerns the serving: `all` is every app whose file is right and that serves something.
 *
 * @throws AppsupError `BAD_NAME`; `NOT_AN_APP` for `all` where nothing serves.
 */
export function servingNames(config: Config, action: string, words: readonly string[]): readonly string[] {
  const names = namesOf(config, action, words);
  if (!words.includes('all')) return names;
  const serving = names.filter((name) => {
    const spec = config.apps.get(name)?.spec;
    return spec !== undefined && isServed(spec);
  });
  if (serving.length > 0) return serving;
  throw nothingServes(action);
}

/** Of `all`, nothing is left. */
export function nothingServes(action: string): AppsupError {
  return new AppsupError('NOT_AN_APP', `Cannot ${action} all: no app serves anything`, {hint: 'appsup list'});
}

/** What the supervisor says of apps; `undefined` when none runs. */
export async function statusIfAny(
  {connect}: Pick<Context, 'connect'>,
  targets: readonly string[],
): Promise<readonly AppStatus[] | undefined> {
  try {
    const {apps} = await connect().status({targets: [], memory: false});
    return apps.filter(({app}) => targets.includes(app));
  } catch (error) {
    if (isAppsupError(error) && error.code === 'SUPERVISOR_GONE') return undefined;
    throw error;
  }
}

/** The app's spec. @throws AppsupError `NO_SUCH_APP`; `CONFIG` when its file has mistakes. */
export function specNamed(config: Config, action: string, name: string): AppSpec {
  const app = appNamed(config, action, name);
  if (app.spec !== undefined) return app.spec;
  const [first, ...more] = app.diagnostics.filter((diagnostic) => hasErrors([diagnostic]));
  const what = first === undefined ? 'its file has mistakes' : summarizeDiagnostic(first);
  throw new AppsupError(
    'CONFIG',
    `Cannot ${action} "${name}": ${what}${more.length === 0 ? '' : ` (and ${more.length} more)`}`,
    {
      hint: `appsup check ${name}`,
      details: {app: name, diagnostics: app.diagnostics},
    },
  );
}

/**
 * The program behind `app` or `app:program`; of an app alone, the one that serves.
 *
 * @throws AppsupError `NO_SUCH_PROGRAM`
 */
export function programNamed(app: AppSpec, name: string | undefined): ProgramSpec {
  if (name === undefined) {
    const [first] = app.programs;
    const program = webProgram(app) ?? first;
    if (program !== undefined) return program;
  }
  const program = app.programs.find((each) => each.name === name || processNames(each).includes(name ?? ''));
  if (program !== undefined) return program;
  throw new AppsupError('NO_SUCH_PROGRAM', `Cannot find the program "${name}" in ${app.name}`, {
    hint: unknownProgram(app.name, name ?? '', namesIn(app)),
    details: {app: app.name, program: name},
  });
}

/** The user's port range, and who said so. @throws AppsupError `PORT_RANGE` */
export function rangeOf(context: Pick<Context, 'account'>, config: Config): RangeAnswer {
  const {uid, username} = context.account();
  return ownRange({site: config.site.ports, user: config.global.ports, uid, login: username});
}

/** What ports/ needs to know for a lease. */
export function leaseRequest(
  context: Pick<Context, 'paths' | 'account'>,
  config: Config,
  app: string,
): LeaseRequest {
  return {
    paths: context.paths,
    app,
    range: rangeOf(context, config).range,
    taken: [...config.apps.values()].flatMap(({spec}) => (spec?.port === undefined ? [] : [spec.port])),
    claims: config.site.claims,
  };
}

/** The app's port: of its file, else its lease; leased now when it has none. */
export async function portOf(
  context: Pick<Context, 'paths' | 'account'>,
  config: Config,
  app: AppSpec,
): Promise<number> {
  const lease = leaseOf(context.paths, app.name);
  if (lease !== undefined && (app.port === undefined || app.port === lease.port)) return lease.port;
  return (await takePort(context, config, {app: app.name, port: app.port})).port;
}

/** Lease a port, or write down the one that the user chose. */
export async function takePort(
  context: Pick<Context, 'paths' | 'account'>,
  config: Config,
  {app, port}: {readonly app: string; readonly port: number | undefined},
): Promise<Leased> {
  if (port === undefined) return await leasePort(leaseRequest(context, config, app));
  return await adoptPort({paths: context.paths, app, port, claims: config.site.claims});
}

/** Tell a supervisor that files have changed; nobody there is no problem: the next one reads them. */
export async function tellSupervisor(context: Pick<Context, 'connect'>, app: string): Promise<void> {
  try {
    await context.connect().reload({apps: [app]});
  } catch (error) {
    if (!isAppsupError(error) || error.code !== 'SUPERVISOR_GONE') throw error;
  }
}
