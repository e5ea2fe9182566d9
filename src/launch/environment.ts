import path from 'node:path';

import {MARK, formatMark} from '../core/mark.ts';
import {socketVariable} from '../core/names.ts';
import type {SocketType} from '../core/program-spec.ts';
import {namedSocketPath} from '../system/paths.ts';
import type {Start} from './contract.ts';
import type {EnvFile} from './env-file.ts';
import type {Interpreter} from './interpreter.ts';
import {carriesPassword, looksSecret, secretTexts} from './secrets.ts';

/** What an environment is made of. */
export interface Ingredients extends Start {
  readonly interpreter: Interpreter | undefined;
  readonly files: readonly EnvFile[];
  /** What the commands in the app's `env` printed. */
  readonly computed: Readonly<Record<string, string>>;
  /** Directory of the `node` that runs appsup: the last place to look for programs, since an nvm's is in no standard place. */
  readonly nodeDirectory: string;
}

export interface Environment {
  readonly env: Readonly<Record<string, string>>;
  readonly hidden: readonly string[];
  readonly secrets: readonly string[];
  readonly warnings: readonly string[];
}

/** Names that are ours: a value from elsewhere would hide the process from its supervisor, or break its sockets. */
const RESERVED = /^(APPSUP_.*|LISTEN_(FDS|PID|FDNAMES)|GUNICORN_(FD|PID))$/;

/**
 * The environment of a process, built from nothing: the same from a login shell, from cron and after a reboot.
 *
 * Weakest first: the account and the interpreter, the env files in their order, the app's `env`, the program's `env`.
 * What a command of `env` printed is a setting as its neighbours are: hidden if its name or a URL's password says so.
 * Only these cannot be set by the user: `APPSUP_*`, `LISTEN_*`; `PORT` of a program that serves, because the front end
 * was told that port; `SCRIPT_NAME` in keep mode, because the mount decides it. `PATH` of the user's follows the
 * interpreter's directories and takes the place of the standard ones.
 */
export function buildEnvironment(ingredients: Ingredients): Environment {
  const {app, program, context, files, computed} = ingredients;
  const own = ownVariables(ingredients);
  const env = new Map<string, string>(Object.entries({...weakVariables(ingredients)}));
  const fromFile = new Set<string>();
  const warnings = files.flatMap((file) => file.warnings);
  const sources = [
    ...files.map(({file, values}) => ({where: path.basename(file), entries: [...values], isFile: true})),
    {
      where: path.basename(app.file),
      entries: [app.env, computed, program.env].flatMap((each) => Object.entries(each)),
      isFile: false,
    },
  ];
  for (const {where, entries, isFile} of sources) {
    for (const [name, value] of entries) {
      if (own[name] !== undefined || RESERVED.test(name)) {
        if (own[name] !== value) warnings.push(`${name} of ${where} is not used: ${reasonFor(name)}`);
        continue;
      }
      env.set(name, value);
      if (isFile) fromFile.add(name);
      else fromFile.delete(name);
    }
  }
  env.set('PATH', searchPath(ingredients, env.get('PATH')));
  for (const [name, value] of Object.entries(own)) env.set(name, value);

  const variables = [...env].map(([name, value]) => ({name, value, fromFile: fromFile.has(name)}));
  const {user, port} = context;
  const known = [user.home, user.login, app.directory, program.directory, app.mount, String(port), app.name];
  return {
    env: Object.fromEntries(env),
    hidden: variables
      .filter(
        ({name, value}) =>
          own[name] === undefined && (fromFile.has(name) || looksSecret(name) || carriesPassword(value)),
      )
      .map(({name}) => name),
    secrets: secretTexts(
      variables.filter(({name}) => own[name] === undefined),
      known,
    ),
    warnings,
  };
}

/** What the user may replace. */
function weakVariables({program, context, interpreter}: Ingredients): Readonly<Record<string, string>> {
  const {user} = context;
  return {
    HOME: user.home,
    USER: user.login,
    LOGNAME: user.login,
    SHELL: user.shell,
    // Without it Python writes ASCII under cron and UTF-8 under a login shell.
    LANG: 'C.UTF-8',
    // Output goes to a file: without this, the last words before a crash stay in a buffer.
    PYTHONUNBUFFERED: '1',
    ...(program.listen === 'none' ? {} : {HOST: '127.0.0.1'}),
    ...interpreter?.env,
  };
}

/** What nobody may replace. */
function ownVariables({app, program, context}: Ingredients): Readonly<Record<string, string>> {
  const {paths, process, generation, index, port} = context;
  return {
    ...(program.listen === 'none' || port === undefined ? {} : {PORT: String(port)}),
    ...(app.prefix === 'keep' && app.mount !== '' ? {SCRIPT_NAME: app.mount} : {}),
    ...socketVariables(app.name, program.sockets, context),
    APPSUP_APP: app.name,
    APPSUP_PROCESS: process,
    APPSUP_INDEX: String(index),
    // For apps that have to be told their prefix in another way than SCRIPT_NAME.
    APPSUP_MOUNT: app.mount,
    [MARK]: formatMark({state: paths.state, app: app.name, process, generation}),
  };
}

/** Where its named sockets are, for what the program tells others: `APPSUP_SOCKET_METRICS=127.0.0.1:20141`. */
function socketVariables(
  app: string,
  sockets: Readonly<Record<string, SocketType>>,
  {paths, namedPorts}: Start['context'],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(sockets).flatMap(([name, type]) => {
      const port = namedPorts?.get(name);
      if (type === 'unix') return [[socketVariable(name), namedSocketPath(paths, app, name)]];
      return port === undefined ? [] : [[socketVariable(name), `127.0.0.1:${port}`]];
    }),
  );
}

/** The interpreter's directories, then the user's or the standard ones, then node's. */
function searchPath({context, interpreter, nodeDirectory}: Ingredients, wish: string | undefined): string {
  const {home} = context.user;
  const standard = [
    path.join(home, '.local/bin'),
    path.join(home, 'bin'),
    '/usr/local/bin',
    '/usr/bin',
    '/bin',
  ];
  const middle = wish === undefined ? standard : wish.split(':').filter((part) => part !== '');
  const first = (interpreter?.bin ?? []).filter((directory) => !standard.includes(directory));
  return [...new Set([...first, ...middle, nodeDirectory])].join(':');
}

function reasonFor(name: string): string {
  if (name === 'PORT') return "the app has a port of its own (port = in the app's file)";
  if (name === 'SCRIPT_NAME') return "it is the app's mount (mount = in the app's file)";
  return 'appsup sets it';
}
