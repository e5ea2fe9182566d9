import path from 'node:path';

import {takenApart} from '../config/detect/server-line.ts';
import type {Launch} from '../core/program-spec.ts';

/** What a command line of another supervisor becomes. */
export interface TakenLaunch {
  readonly launch: Launch;
  /** Absolute prefix of the environment whose program was called; absent: a program of the system, or none of Python's. */
  readonly python?: string;
  /** Options that are ours to decide. */
  readonly dropped: readonly string[];
}

/** The line of a server or worker that has a kind of its own is taken apart; anything else stays a command. */
export function launchOf(argv: readonly string[], directory: string): TakenLaunch {
  const [program = '', ...rest] = argv;
  const prefix = prefixOf(program);
  const python = prefix === undefined ? {} : {python: prefix};
  const line = takenApart(program, rest);
  if (line !== undefined) return {...line, ...python};
  const ini = path.basename(program) === 'uwsgi' ? iniOf(rest, directory) : undefined;
  if (ini !== undefined) return {launch: ini, ...python, dropped: []};
  return {launch: {kind: 'command', argv}, dropped: []};
}

/** `uwsgi --ini flaskr.ini`, and nothing besides: the rest of uWSGI's many options stays a command. */
function iniOf(words: readonly string[], directory: string): Launch | undefined {
  const [first = '', second] = words;
  const said = /^--ini=(.+)$/.exec(first)?.[1] ?? (first === '--ini' ? second : first);
  const used = first === '--ini' ? 2 : 1;
  if (said === undefined || !said.endsWith('.ini') || words.length > used) return undefined;
  const target = path.resolve(directory, said);
  return {kind: 'uwsgi', target, workers: 2, threads: 1, protocol: 'http', args: []};
}

/** `/home/alice/env` of `/home/alice/env/bin/gunicorn`; the system's own are found anyway. */
export function prefixOf(program: string): string | undefined {
  const bin = path.dirname(program);
  if (!path.isAbsolute(program) || path.basename(bin) !== 'bin') return undefined;
  const prefix = path.dirname(bin);
  return ['/', '/usr', '/usr/local'].includes(prefix) || prefix.endsWith('/.local') ? undefined : prefix;
}

/** As it stands in an app's file: `gunicorn = "wsgi:application", workers = 2`. */
export function launchText(launch: Launch): string {
  if (launch.kind === 'command') return 'command';
  if (launch.kind === 'gateway') return 'gateway';
  const more = [
    `${launch.kind} = ${JSON.stringify(launch.target)}`,
    ...('workers' in launch ? [`workers = ${launch.workers}`] : []),
    ...('threads' in launch && launch.threads > 1 ? [`threads = ${launch.threads}`] : []),
    ...(launch.args.length > 0 ? ['args'] : []),
  ];
  return more.join(', ');
}
