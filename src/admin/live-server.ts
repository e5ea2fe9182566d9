import {execFile} from 'node:child_process';
import {existsSync} from 'node:fs';

import {findBinary} from '../frontend/check.ts';
import {frontEndHints} from '../frontend/hints.ts';
import type {ServerKind} from './include-file.ts';

/** The web server of this host with its whole configuration, as it lies there. */
export interface LiveServer {
  /** What an administrator types to have it take up its configuration. */
  readonly reloadCommand: string;
  /** The server's own test of its configuration. */
  test(): Promise<Said>;
  /** Whether its configuration leads to a file; `undefined`: it does not tell. */
  includes(file: string): Promise<boolean | undefined>;
  reload(): Promise<Said>;
}

export interface Said {
  readonly ok: boolean;
  /** What it printed, short. */
  readonly message: string;
}

export interface LiveServerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Its main configuration file, when it is not where the server looks by itself; absolute. */
  readonly config?: string | undefined;
}

/** `undefined` when there is no such server on this host. */
export function liveServer(kind: ServerKind, {env, config}: LiveServerOptions): LiveServer | undefined {
  // Debian's Apache finds its configuration by a script that sets the variables in it.
  const names = kind === 'nginx' ? ['nginx'] : ['apachectl', 'apache2ctl', 'httpd', 'apache2'];
  const binary = findBinary(config === undefined ? names : names.toReversed(), {env});
  if (binary === undefined) return undefined;
  const where = config === undefined ? [] : [kind === 'nginx' ? '-c' : '-f', config];
  const [reload = binary, ...reloadArgs] = reloadWords(kind, binary, where);
  return {
    reloadCommand: [reload, ...reloadArgs].join(' '),
    test: async () => await run(binary, ['-t', ...where]),
    async includes(file) {
      const asked = kind === 'nginx' ? ['-T', ...where] : ['-t', '-D', 'DUMP_INCLUDES', ...where];
      const {output} = await ask(binary, asked);
      const list = kind === 'nginx' ? /^# configuration file (.+):$/gm : /^\s+\([\d*]+\) (.+)$/gm;
      const files = [...output.matchAll(list)].map(([, name]) => name);
      return files.length === 0 ? undefined : files.includes(file);
    },
    reload: async () => await run(reload, reloadArgs),
  };
}

function reloadWords(kind: ServerKind, binary: string, where: readonly string[]): readonly string[] {
  const hint = frontEndHints().find((each) => each.kind === kind);
  if (where.length === 0 && hint !== undefined && existsSync('/run/systemd/system'))
    return hint.reload.split(' ');
  if (kind === 'nginx') return [binary, '-s', 'reload', ...where];
  return binary.endsWith('ctl') ? [binary, 'graceful'] : [binary, '-k', 'graceful', ...where];
}

async function run(binary: string, args: readonly string[]): Promise<Said> {
  const {ok, output} = await ask(binary, args);
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return {
    ok,
    message: lines.slice(-3).join('; ').slice(0, 600) || (ok ? 'it said nothing' : 'refused without a word'),
  };
}

const TIMEOUT_MS = 60_000;

async function ask(
  binary: string,
  args: readonly string[],
): Promise<{readonly ok: boolean; readonly output: string}> {
  return await new Promise((resolve) => {
    const options = {
      env: {PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C'},
      cwd: '/',
      timeout: TIMEOUT_MS,
      maxBuffer: 64 * 1024 * 1024,
    };
    execFile(binary, args, options, (error, stdout, stderr) => {
      const told = error === null || typeof error.code === 'number' ? '' : error.message;
      resolve({ok: error === null, output: `${stderr}${stdout}${told}`});
    });
  });
}
