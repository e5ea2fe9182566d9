import {execFile} from 'node:child_process';
import {accessSync, constants, existsSync, mkdtempSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import {messageOf, systemCode} from '../errors.ts';
import {modulesFor} from './modules.ts';
import type {FrontEnd} from './snippet.ts';
import {isAtLeast} from './version-number.ts';

/** What the front end's own program says of a snippet. */
export type CheckResult =
  | {
      readonly checked: true;
      readonly ok: boolean;
      /** Absolute path of the program that was asked. */
      readonly binary: string;
      /** `Apache/2.4.62 (Debian)`, `nginx/1.22.1`. */
      readonly version: string;
      /** `Syntax OK`, or the mistake in one line: `line 7: Invalid command 'ProxyPas'`. */
      readonly message: string;
      /** Line of the snippet, from 1; `undefined` when it is in no line. */
      readonly line: number | undefined;
    }
  | {
      readonly checked: false;
      /** Why it could not be asked, without a final period. */
      readonly reason: string;
    };

export interface CheckOptions {
  /** Only `PATH` is used. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** For the files of the check, which are removed again. @defaultValue the system's directory for such */
  readonly directory?: string | undefined;
  /** Where else than in `PATH` servers are. @defaultValue the usual `sbin`s, which are in no user's `PATH` */
  readonly folders?: readonly string[] | undefined;
  /** For one call of the program. @defaultValue 10_000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Ask the real Apache or nginx whether a snippet is well-formed, without rights and without touching the one that runs.
 *
 * Modules that the real server has not loaded are not found this way, and neither are clashes with its other lines.
 * Without the program, or when it cannot be asked, the answer is `checked: false`; this never throws for what the machine lacks.
 */
export async function checkSnippet(
  text: string,
  kind: FrontEnd,
  options: CheckOptions,
): Promise<CheckResult> {
  const server = kind === 'nginx' ? nginx : apache;
  const binary = findBinary(server.names, options);
  if (binary === undefined) return {checked: false, reason: `no ${server.names.join(' or ')} on this host`};
  let directory: string;
  try {
    // 0700 and with a name that nobody can guess: nobody can put a file of theirs in the way.
    directory = mkdtempSync(path.join(options.directory ?? tmpdir(), 'appsup-check-'));
  } catch (error) {
    return {checked: false, reason: `no place for the files of the check: ${messageOf(error)}`};
  }
  try {
    return await server.check({binary, directory, text, kind, timeoutMs: options.timeoutMs ?? 10_000});
  } catch (error) {
    if (error instanceof Unanswered || systemCode(error) !== undefined)
      return {checked: false, reason: messageOf(error)};
    throw error;
  } finally {
    rmSync(directory, {recursive: true, force: true});
  }
}

/** The version of the Apache of this host, `2.4.62`; `undefined`: there is none, or it does not say. */
export async function apacheVersion(options: CheckOptions): Promise<string | undefined> {
  const binary = findBinary(apache.names, options);
  if (binary === undefined) return undefined;
  try {
    return /Apache\/(\d+\.\d+\.\d+)/.exec(await versionOf(binary, options.timeoutMs ?? 10_000))?.[1];
  } catch (error) {
    if (error instanceof Unanswered) return undefined;
    throw error;
  }
}

async function versionOf(binary: string, timeoutMs: number): Promise<string> {
  return /Server version: (.+)/.exec((await run(binary, ['-v'], timeoutMs)).output)?.[1] ?? 'Apache';
}

interface Question {
  readonly binary: string;
  readonly directory: string;
  readonly text: string;
  readonly kind: FrontEnd;
  readonly timeoutMs: number;
}

interface Server {
  /** Of the program, the likeliest first. */
  readonly names: readonly string[];
  check(question: Question): Promise<CheckResult>;
}

const apache: Server = {
  names: ['apache2', 'httpd'],

  async check({binary, directory, text, kind, timeoutMs}) {
    const version = await versionOf(binary, timeoutMs);
    const built = (await run(binary, ['-l'], timeoutMs)).output;
    const load = loadLines(built, modulesFor(text));
    if (typeof load === 'string') return {checked: false, reason: load};
    const snippet = path.join(directory, 'snippet.conf');
    const config = path.join(directory, 'check.conf');
    writeFileSync(snippet, text);
    writeFileSync(
      config,
      [
        `ServerRoot "${directory}"`,
        'ServerName localhost',
        `PidFile "${directory}/pid"`,
        `ErrorLog "${directory}/error.log"`,
        ...load,
        // -t does not bind.
        'Listen 127.0.0.1:8080',
        '<VirtualHost *:8080>',
        // What a .htaccess may say is what a directory may say.
        ...(kind === 'htaccess'
          ? [`<Directory "${directory}/">`, `Include "${snippet}"`, '</Directory>']
          : [`Include "${snippet}"`]),
        '</VirtualHost>',
        '',
      ].join('\n'),
    );
    const {code, output} = await run(binary, ['-t', '-f', config], timeoutMs);
    return {checked: true, binary, version, ...verdict(code === 0, output, snippet, directory)};
  },
};

const nginx: Server = {
  names: ['nginx'],

  async check({binary, directory, text, timeoutMs}) {
    const about = (await run(binary, ['-V'], timeoutMs)).output;
    const version = /nginx version: (\S+)/.exec(about)?.[1] ?? 'nginx';
    const snippet = path.join(directory, 'snippet.conf');
    const config = path.join(directory, 'check.conf');
    writeFileSync(snippet, text);
    writeFileSync(
      config,
      [
        `pid "${directory}/pid";`,
        'error_log stderr;',
        'events {}',
        'http {',
        'access_log off;',
        // Its own defaults are directories of root's, which it would make now. A module that was left out has no directive.
        ...['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
          .filter((name) => !about.includes(`--without-http_${name}_module`))
          .map((name) => `${name}_temp_path "${directory}/${name}";`),
        'server {',
        // -t does bind: to a socket that nobody else can have.
        `listen "unix:${directory}/socket";`,
        `include "${snippet}";`,
        '}',
        '}',
        '',
      ].join('\n'),
    );
    // -e came with 1.19.5; before, it complains of the log that it may not open, and goes on.
    const quiet = isAtLeast(version, [1, 19, 5]) ? ['-e', 'stderr'] : [];
    const {code, output} = await run(binary, ['-t', ...quiet, '-p', directory, '-c', config], timeoutMs);
    return {checked: true, binary, version, ...verdict(code === 0, output, snippet, directory)};
  },
};

/** Debian's, Red Hat's (by way of a link), openSUSE's, Arch's, and that of a build of one's own. */
const MODULE_FOLDERS = [
  '/usr/lib/apache2/modules',
  '/etc/httpd/modules',
  '/usr/lib64/httpd/modules',
  '/usr/lib64/apache2',
  '/usr/lib/httpd/modules',
  '/usr/local/apache2/modules',
];
/** Asked for inside of the snippets (`<IfModule>`). */
const WELCOME = ['headers', 'proxy_wstunnel'];
const ENGINES = ['mpm_event', 'mpm_worker', 'mpm_prefork'];

/** `LoadModule` lines, or why there are none. `built`: what `-l` lists, e.g. `  mod_proxy.c`, `  event.c`. */
function loadLines(built: string, modules: readonly string[]): readonly string[] | string {
  const has = (name: string) => new RegExp(`^\\s*(?:mod_)?${name.replace('mpm_', '')}\\.c$`, 'm').test(built);
  const folder = MODULE_FOLDERS.find((candidate) => existsSync(path.join(candidate, 'mod_proxy.so')));
  const fileOf = (name: string) => {
    const file = folder === undefined ? undefined : path.join(folder, `mod_${name}.so`);
    return file !== undefined && existsSync(file) ? file : undefined;
  };
  const lines: string[] = [];
  const engine = ENGINES.some(has) ? [] : ENGINES.filter((name) => fileOf(name) !== undefined).slice(0, 1);
  for (const name of new Set([...engine, 'authz_core', 'proxy', ...modules])) {
    const file = fileOf(name);
    if (has(name)) continue;
    if (file !== undefined) lines.push(`LoadModule ${name}_module "${file}"`);
    else if (!WELCOME.includes(name)) return `Apache's mod_${name} is not installed on this host`;
  }
  return lines;
}

interface Verdict {
  readonly ok: boolean;
  readonly message: string;
  readonly line: number | undefined;
}

/**
 * What `-t` printed, in one line.
 *
 * ```
 * AH00526: Syntax error on line 3 of FILE:\nInvalid command 'ProxyPas', ...
 * apache2: Syntax error on line 13 of OTHER: Syntax error on line 1 of FILE: FILE:1: <Location> was not closed.
 * nginx: [emerg] unknown directive "x" in FILE:3
 * ```
 */
function verdict(ok: boolean, output: string, snippet: string, directory: string): Verdict {
  if (ok) return {ok, message: 'Syntax OK', line: undefined};
  const text = output.replaceAll(snippet, 'SNIPPET').replaceAll(`${directory}/`, '');
  const inApache = /Syntax error on line (\d+) of SNIPPET:\s+(?:SNIPPET:\d+: )?(.+)/.exec(text);
  if (inApache !== null) return complaint(Number(inApache[1]), inApache[2] ?? '');
  const inNginx = /\[emerg\] (?:\d+#\d+: )?(.+) in SNIPPET:(\d+)/.exec(text);
  if (inNginx !== null) return complaint(Number(inNginx[2]), inNginx[1] ?? '');
  const [first = 'refused without a word'] = text.split('\n').filter((line) => line.trim() !== '');
  return {ok, message: first.trim(), line: undefined};
}

function complaint(line: number, words: string): Verdict {
  return {ok: false, message: `line ${line}: ${words.trim()}`, line};
}

/** The program gave no usable answer. */
class Unanswered extends Error {}

async function run(
  binary: string,
  args: readonly string[],
  timeoutMs: number,
): Promise<{readonly code: number; readonly output: string}> {
  return await new Promise((resolve, reject) => {
    const options = {
      env: {PATH: '/usr/bin:/bin', LC_ALL: 'C'},
      cwd: '/',
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
    } as const;
    execFile(binary, args, options, (error, stdout, stderr) => {
      const output = `${stderr}${stdout}`;
      if (error === null) resolve({code: 0, output});
      else if (error.killed === true)
        reject(new Unanswered(`${binary} did not answer within ${timeoutMs / 1000} s`));
      else if (typeof error.code === 'number') resolve({code: error.code, output});
      else
        reject(new Unanswered(`${binary} could not be run: ${error.signal ?? error.code ?? error.message}`));
    });
  });
}

const SBINS = ['/usr/sbin', '/usr/local/sbin', '/sbin', '/usr/local/apache2/bin', '/usr/local/nginx/sbin'];

/** The first program of these names, in `PATH` or where servers are. */
export function findBinary(
  names: readonly string[],
  {env, folders = SBINS}: Pick<CheckOptions, 'env' | 'folders'>,
): string | undefined {
  const places = [...(env['PATH'] ?? '').split(':').filter((folder) => path.isAbsolute(folder)), ...folders];
  return names.flatMap((name) => places.map((folder) => path.join(folder, name))).find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, not ours to run, or below a file: not this one.
    return false;
  }
}
