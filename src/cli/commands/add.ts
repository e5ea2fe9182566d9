import {existsSync} from 'node:fs';
import path from 'node:path';

import {detect} from '../../config/detect.ts';
import type {Detection} from '../../config/detect.ts';
import {fillMount} from '../../config/keys.ts';
import type {Config} from '../../config/load.ts';
import type {AppChoice} from '../../config/write.ts';
import {isName} from '../../core/names.ts';
import {AppsupError} from '../../errors.ts';
import {readEnvFile} from '../../launch/env-file.ts';
import {expandPath} from '../../system/paths.ts';
import {configOf} from '../apps.ts';
import type {Invocation} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {mountBehindGateway} from '../gateways.ts';
import {chooseProgram} from '../choose-program.ts';
import type {Chosen} from '../choose-program.ts';
import {columns} from '../columns.ts';
import {counted, tilde} from '../format.ts';
import {appExists, checkedText, writeApp} from '../new-app.ts';
import {chooseTransport, noteWebUser, saidWebUser} from '../transport.ts';

/** An env file as it was looked at. */
interface KnownEnvFile {
  readonly file: string;
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
  const envFiles = envFilesFor(context, options.values('dotenv'), found);
  const chosen = await chooseProgram(context, options, found);
  const config = configOf(context);
  const webUser = saidWebUser(options, config, paths);
  const {transport, hints} = chooseTransport({
    webUser,
    said: options.value('transport') ?? (options.value('port') === undefined ? undefined : 'tcp'),
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
      `Added ${name}: ${transport === 'unix' ? 'Unix socket' : `port ${lease.port}`}, mount ${choice.mount ?? '/'}`,
      `  ${tilde(file, paths.home)}`,
      '',
      `Next: appsup start ${name}`,
    ].join('\n'),
    json: [{app: name, ok: true, file, port: lease.port, mount: choice.mount, ...choice}],
    hints: [...lease.warnings, ...hints, ...guesses(found, name)],
  };
};

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
): AppChoice {
  const {found, chosen, envFiles, config, name, invocation} = decided;
  const [interpreter] = found.interpreters;
  const port = invocation.options.count('port');
  const sure = found.companions.filter((companion) => companion.sure);
  return {
    directory: found.directory,
    // Written down, although it is the default: front ends have it, so a later change of the template must not move the app.
    mount:
      invocation.options.value('mount') ??
      mountBehindGateway(config, name) ??
      fillMount(config.settings.mountTemplate, context.account().username, name),
    ...(port === undefined ? {} : {port}),
    ...(interpreter === undefined ? {} : {python: interpreter.prefix}),
    ...(envFiles.length === 0 ? {} : {envFiles: envFiles.map(({file}) => file)}),
    programs: [
      {name: 'web', launch: chosen.launch, ...(chosen.listen === undefined ? {} : {listen: chosen.listen})},
      ...sure.map(({name: program, launch, stopSignal, stopMs}) => ({
        name: program,
        launch,
        ...(stopSignal === undefined ? {} : {stopSignal}),
        ...(stopMs === undefined ? {} : {stopMs}),
      })),
    ],
  };
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
    ...envFiles.map(({file, keys}) => ['env file', inside(file), `(${counted(keys, 'key')})`]),
  ];
  return columns(rows).map((line) => `  ${line}`);
}

/** What it may need besides, and what could not be looked at. */
function guesses({companions, unreadable, directory}: Detection, name: string): readonly string[] {
  return [
    ...companions
      .filter(({sure}) => !sure)
      .map(
        ({name: program, why, source}) =>
          `it may need a program "${program}" (${source}: ${why}): appsup edit ${name}`,
      ),
    ...unreadable.map(
      (file) =>
        `${file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : file} could not be read`,
    ),
  ];
}
