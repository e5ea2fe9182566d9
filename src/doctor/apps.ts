import {hasErrors, summarizeDiagnostic} from '../config/diagnostic.ts';
import type {LoadedApp} from '../config/app.ts';
import {processNames} from '../core/program-spec.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {isAppsupError} from '../errors.ts';
import type {AppsupError} from '../errors.ts';
import {readEnvFile} from '../launch/env-file.ts';
import {prepare} from '../launch/prepare.ts';
import {broken, ok} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look, World} from './world.ts';

/** What a start of each program would say, without a start. */
export const lookAtApps: Look = async (world) => {
  const answers = await Promise.all(
    [...world.config.apps.values()].map(async (app) => await lookAt(app, world)),
  );
  return answers.flat();
};

async function lookAt({name, spec, diagnostics}: LoadedApp, world: World): Promise<readonly Answer[]> {
  if (spec === undefined) {
    const mistakes = diagnostics.filter((diagnostic) => hasErrors([diagnostic])).map(summarizeDiagnostic);
    return judgeApp(name, {mistakes, refusals: []});
  }
  const uid = world.account.uid;
  const files = spec.envFiles.map(
    async (file) => await refusalOf(() => readEnvFile(file, {home: world.paths.home, uid})),
  );
  const programs = spec.programs.map(
    async (program) => await refusalOf(async () => await tryStart(spec, program, world)),
  );
  const refusals = (await Promise.all([...files, ...programs])).filter((refusal) => refusal !== undefined);
  return judgeApp(name, {mistakes: [], refusals});
}

/** Commands in `env` are left out: they are not ours to run for a look. Env files are read apart from this, so that both are told. */
async function tryStart(spec: AppSpec, program: ProgramSpec, {paths, account, config}: World): Promise<void> {
  await prepare({...spec, envFiles: [], computed: {}}, program, {
    user: {login: account.username, home: paths.home, shell: account.shell ?? '/bin/sh'},
    // Only its place in the arguments counts, and those are thrown away.
    port: spec.port ?? 1024,
    base: config.settings.baseUrl === undefined ? {} : {publicUrl: config.settings.baseUrl},
    paths,
    process: processNames(program)[0] ?? program.name,
    index: 0,
    generation: 1,
  });
}

async function refusalOf(act: () => unknown): Promise<AppsupError | undefined> {
  try {
    await act();
    return undefined;
  } catch (error) {
    if (isAppsupError(error)) return error;
    throw error;
  }
}

export interface AppFacts {
  /** Of its file, in one line each; empty: none that keeps it from being used. */
  readonly mistakes: readonly string[];
  /** Why its programs would not start. */
  readonly refusals: readonly Pick<AppsupError, 'code' | 'message' | 'hint'>[];
}

/** By the error's code. */
const IDS: Readonly<Partial<Record<AppsupError['code'], string>>> = {
  NO_INTERPRETER: 'app-python',
  ENV_FILE: 'app-env-file',
  NOT_FOUND: 'app-program',
};

/** Pure. */
export function judgeApp(name: string, {mistakes, refusals}: AppFacts): readonly Answer[] {
  const [first, ...more] = mistakes;
  if (first !== undefined) {
    const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
    return [
      broken('app-file', `${first}${others}: ${name} does not start from this file`, `appsup check ${name}`),
    ];
  }
  // Programs of an app have the same venv, and so the same to say.
  const unique = new Map(refusals.map((refusal) => [refusal.hint ?? refusal.message, refusal]));
  const found = [...unique.values()].map(({code, message, hint}) =>
    broken(IDS[code] ?? 'app-start', message, hint ?? `appsup check ${name}`),
  );
  return found.length > 0 ? found : [ok('app', `everything that ${name} is started with is there`)];
}
