import {existsSync, statSync} from 'node:fs';
import path from 'node:path';

import {detect} from '../../config/detect.ts';
import type {Detection} from '../../config/detect.ts';
import {octal} from '../../core/octal.ts';
import {fillMount} from '../../config/keys.ts';
import type {Config} from '../../config/load.ts';
import {joinWords} from '../../config/words.ts';
import {ownFileText} from '../../config/write.ts';
import type {AppChoice} from '../../config/write.ts';
import {isName} from '../../core/names.ts';
import type {Launch} from '../../core/program-spec.ts';
import type {AppSpec} from '../../core/spec.ts';
import {AppsupError} from '../../errors.ts';
import {readEnvFile} from '../../launch/env-file.ts';
import {expandPath} from '../../system/paths.ts';
import {configOf} from '../apps.ts';
import {usage} from '../args.ts';
import type {Invocation, Options} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {mountBehindGateway} from '../gateways.ts';
import {chooseProgram, saysProgram} from '../choose-program.ts';
import type {Chosen} from '../choose-program.ts';
import {columns} from '../columns.ts';
import {counted, tilde} from '../format.ts';
import {appExists, checked, checkedText, writeApp} from '../new-app.ts';
import type {Result} from '../output.ts';
import {namesIn, ownFileOf} from '../own-file.ts';
import type {OwnFile} from '../own-file.ts';
import {chooseTransport, noteWebUser, saidTransport, saidWebUser} from '../transport.ts';

/** An env file as it was looked at. */
interface KnownEnvFile {
  readonly file: string;
  /** Its permissions, as `chmod` takes them: `0600`. */
  readonly mode: string;
  readonly keys: number;
}

/** `appsup add DIR`: look, decide, lease a port, write one file. Until that last step nothing has changed. */
export const add: Command = async (context, invocation) => {
  const {paths, cwd} = context;
  const {options, words} = invocation;
  const python = options.value('python');
  const directory = expandPath(words[0] ?? '.', paths.home, cwd);
  const found = detect(directory, {
    home: paths.home,
    ...(python === undefined ? {} : {python: expandPath(python, paths.home, cwd)}),
  });
  const name = nameFor(options.value('name'), found, paths.home);
  const file = path.join(paths.apps, `${name}.toml`);
  if (existsSync(file)) throw appExists(name, file, paths.home);
  checkPython(python, found, paths.home);
  const own = saysProgram(options) ? undefined : ownFileOf(directory, paths.home);
  if (own !== undefined) return await addOwn(context, invocation, {found, own, name, file});
  const envFiles = envFilesFor(context, options.values('dotenv'), found);
  const chosen = await chooseProgram(context, options, found);
  const config = configOf(context);
  const webUser = saidWebUser(options, config, paths);
  const {transport, hints} = chooseTransport({
    webUser,
    said: saidTransport(options, name) ?? (options.value('port') === undefined ? undefined : 'tcp'),
    app: name,
    binds: chosen.launch.kind === 'command' && chosen.listen !== 'socket',
    config,
    paths,
  });
  const choice = {
    ...choiceFor(context, {found, chosen, envFiles, config, name, invocation}),
    ...(transport === 'unix' ? {transport} : {}),
  };
  const text = checkedText(context, choice, {name, file, config});

  noteWebUser(webUser, config, paths);
  const lease = await writeApp(context, config, {name, file, text, port: choice.port});
  return {
    text: [
      `Found in ${tilde(directory, paths.home)}`,
      ...foundLines(found, chosen, envFiles, paths.home),
      ...addedLines(context, {name, file, spec: {transport, mount: choice.mount}, port: lease.port}),
    ].join('\n'),
    json: [{app: name, ok: true, file, port: lease.port, ...choice}],
    hints: [...lease.warnings, ...hints, ...guesses(found, name)],
  };
};

/** Of a directory whose code says itself how it is run. What it leaves open is decided as for every other app. */
async function addOwn(
  context: Context,
  {options}: Invocation,
  {
    found,
    own,
    name,
    file,
  }: {readonly found: Detection; readonly own: OwnFile; readonly name: string; readonly file: string},
): Promise<Result> {
  const {paths} = context;
  const config = configOf(context);
  const said = (key: string, option: string): boolean => {
    if (!Object.hasOwn(own.table, key)) return false;
    if (options.has(option))
      throw usage(`Cannot take --${option}: ${tilde(own.file, paths.home)} says "${key}" itself`);
    return true;
  };
  const mount = said('mount', 'mount') ? undefined : mountFor(context, options, config, name);
  const envFiles = said('env_file', 'dotenv') ? [] : envFilesFor(context, options.values('dotenv'), found);
  const python =
    said('python', 'python') || !options.has('python') ? undefined : found.interpreters[0]?.prefix;
  const transport = said('transport', 'transport') ? undefined : saidTransport(options, name);
  const port = options.count('port');
  const choice = {
    directory: found.directory,
    ...(mount === undefined ? {} : {mount}),
    ...(port === undefined ? {} : {port}),
    ...(transport === undefined ? {} : {transport}),
    ...(python === undefined ? {} : {python}),
    ...(envFiles.length === 0 ? {} : {envFiles: envFiles.map((each) => each.file)}),
  };
  const {text, spec} = checked(context, ownFileText(choice, own.text, {home: paths.home}), {
    name,
    file,
    config,
  });
  const lease = await writeApp(context, config, {name, file, text, port});
  const rows = ['programs', 'jobs', 'tasks']
    .map((key) => [key, namesIn(own, key)])
    .filter(([, names]) => names !== '');
  return {
    text: [
      `Found ${tilde(own.file, paths.home)}`,
      ...columns(rows).map((line) => `  ${line}`),
      ...addedLines(context, {name, file, spec, port: lease.port}),
    ].join('\n'),
    json: [{app: name, ok: true, file, port: lease.port, ...choice, mount: spec.mount}],
    hints: lease.warnings,
  };
}

function addedLines(
  {paths}: Context,
  app: {
    readonly name: string;
    readonly file: string;
    readonly spec: Pick<AppSpec, 'transport' | 'mount'>;
    readonly port: number;
  },
): readonly string[] {
  return [
    `Added ${app.name}: ${app.spec.transport === 'unix' ? 'Unix socket' : `port ${app.port}`}, mount ${app.spec.mount || '/'}`,
    `  ${tilde(app.file, paths.home)}`,
    '',
    `Next: appsup start ${app.name}`,
  ];
}

function nameFor(said: string | undefined, {name, directory}: Detection, home: string): string {
  if (said !== undefined && !isName(said)) {
    throw new AppsupError(
      'BAD_NAME',
      `Cannot call an app ${JSON.stringify(said)}: a name has letters, digits, "-" and "_", a letter or digit first`,
      {
        exitCode: 2,
      },
    );
  }
  if (said === 'all')
    throw new AppsupError('BAD_NAME', 'Cannot call an app "all": that means every app', {exitCode: 2});
  const chosen = said ?? name;
  if (chosen !== undefined && chosen !== 'all') return chosen;
  throw new AppsupError('BAD_NAME', `Cannot make a name of ${tilde(directory, home)}`, {
    hint: `appsup add ${tilde(directory, home)} --name NAME`,
    exitCode: 2,
  });
}

function checkPython(said: string | undefined, {interpreters}: Detection, home: string): void {
  if (said === undefined || interpreters.length > 0) return;
  throw new AppsupError('NO_INTERPRETER', `Cannot use ${tilde(said, home)}: there is no Python environment`, {
    hint: '--python takes the directory of a venv or a conda environment',
  });
}

/** Looked at before anything is written: a file with secrets that others can read is no good beginning. */
function envFilesFor(
  context: Context,
  said: readonly string[],
  {envFile}: Detection,
): readonly KnownEnvFile[] {
  const {paths, cwd, account} = context;
  const files =
    said.length > 0
      ? said.map((file) => expandPath(file, paths.home, cwd))
      : envFile === undefined
        ? []
        : [envFile.path];
  return files.map((file) => ({
    file,
    mode: octal(statSync(file).mode),
    keys: readEnvFile(file, {home: paths.home, uid: account().uid}).values.size,
  }));
}

function choiceFor(
  context: Context,
  decided: {
    readonly found: Detection;
    readonly chosen: Chosen;
    readonly envFiles: readonly KnownEnvFile[];
    readonly config: Config;
    readonly name: string;
    readonly invocation: Invocation;
  },
): AppChoice & {readonly mount: string} {
  const {found, chosen, envFiles, config, name, invocation} = decided;
  const [interpreter] = found.interpreters;
  const port = invocation.options.count('port');
  const sure = found.companions.filter((companion) => companion.sure);
  return {
    directory: found.directory,
    mount: mountFor(context, invocation.options, config, name),
    ...(port === undefined ? {} : {port}),
    ...(interpreter === undefined ? {} : {python: interpreter.prefix}),
    ...(envFiles.length === 0 ? {} : {envFiles: envFiles.map(({file}) => file)}),
    programs: [
      {name: 'web', launch: chosen.launch, ...(chosen.listen === undefined ? {} : {listen: chosen.listen})},
      ...sure.map(({name: program, launch}) => ({name: program, launch})),
    ],
  };
}

/** Written down, although it is the default: front ends have it, so a later change of the template must not move the app. */
function mountFor(context: Context, options: Options, config: Config, name: string): string {
  return (
    options.value('mount') ??
    mountBehindGateway(config, name) ??
    fillMount(config.settings.mountTemplate, context.account().username, name)
  );
}

function foundLines(
  found: Detection,
  chosen: Chosen,
  envFiles: readonly KnownEnvFile[],
  home: string,
): readonly string[] {
  const [interpreter] = found.interpreters;
  const inside = (file: string): string =>
    file.startsWith(`${found.directory}/`) ? file.slice(found.directory.length + 1) : tilde(file, home);
  const packages = Object.entries(interpreter?.packages ?? {}).map(([name, version]) => `${name} ${version}`);
  const rows = [
    [chosen.launch.kind, chosen.label, `(${chosen.note})`],
    ...(interpreter === undefined
      ? []
      : [['python', tilde(interpreter.prefix, home), `(${[interpreter.kind, ...packages].join(', ')})`]]),
    ...found.companions.filter(({sure}) => sure).map(({name, why, source}) => [name, why, `(${source})`]),
    ...envFiles.map(({file, mode, keys}) => ['env file', inside(file), `(${mode}, ${counted(keys, 'key')})`]),
  ];
  return columns(rows).map((line) => `  ${line}`);
}

/** As it would stand below `[programs.queue]`. */
function proposal(launch: Launch): string {
  return 'target' in launch
    ? `${launch.kind} = ${JSON.stringify(launch.target)}`
    : `command = ${JSON.stringify(joinWords('argv' in launch ? launch.argv : []))}`;
}

/** What it may need besides, and what could not be looked at. */
function guesses({companions, unreadable, directory}: Detection, name: string): readonly string[] {
  return [
    ...companions
      .filter(({sure}) => !sure)
      .map(
        ({name: program, launch, why, source}) =>
          `it may need a program "${program}" (${source}: ${why}), as ${proposal(launch)}: appsup edit ${name}`,
      ),
    ...unreadable.map(
      (file) =>
        `${file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : file} could not be read`,
    ),
  ];
}
