import {readdirSync} from 'node:fs';
import path from 'node:path';

import {nearest} from '../../core/nearest.ts';
import {AppsupError, systemCode} from '../../errors.ts';
import {follow} from '../../logs/follow.ts';
import {merged, since, stamped} from '../../logs/merge.ts';
import type {LogLine} from '../../logs/merge.ts';
import {momentOf} from '../../logs/moment.ts';
import {readLog as readWithArchives} from '../../logs/parts.ts';
import type {Tail} from '../../logs/tail.ts';
import {asDiskError} from '../../system/files.ts';
import type {Command, Context} from '../context.ts';
import {printable} from '../printable.ts';
import {appFileNames, checkedTargets} from '../targets.ts';

/** One process's log. */
interface Log {
  /** `app:process` */
  readonly name: string;
  readonly app: string;
  readonly process: string;
  readonly file: string;
}

const DEFAULT_LINES = 50;

/**
 * `appsup logs [-f] [-n N] [--since 10s] [APP[:PROGRAM]]...`
 *
 * Reads the files that the programs write into; asks no supervisor. Lines go out as they are found, since with `-f` there is no end.
 */
export const logs: Command = async (context, {words, options, json}) => {
  const {terminal, clock} = context;
  const sinceMs = options.duration('since');
  const count = options.count('lines') ?? (sinceMs === undefined ? DEFAULT_LINES : Infinity);
  const chosen = chooseLogs(context, checkedTargets('show the logs of', words), options.has('follow'));
  const from = sinceMs === undefined ? undefined : clock.wall() - sinceMs;
  const tails = chosen.map((log) => ({log, tail: readLog(log.file, count, from)}));

  const write = writerFor(context, chosen, {raw: options.has('raw'), json});
  const all = merged(tails.map(({log, tail}) => stamped(log, tail?.lines ?? [])));
  const wanted = from === undefined ? all : since(all, from);
  write(count === Infinity ? wanted : wanted.slice(wanted.length - Math.min(count, wanted.length)));

  if (options.has('follow')) {
    const byFile = new Map(chosen.map((log) => [log.file, log]));
    const starts = tails.map(({log, tail}) => ({file: log.file, from: tail?.end ?? 0, inode: tail?.inode}));
    const onLines = (file: string, texts: readonly string[]): void => {
      const log = byFile.get(file);
      if (log !== undefined)
        write(texts.map((text) => ({source: log, text, at: momentOf(text) ?? -Infinity})));
    };
    // Ctrl-C ends the process; there is nothing to put in order.
    await follow(starts, onLines, new AbortController().signal);
  }
  const silent = !options.has('follow') && all.length === 0;
  return {
    text: '',
    json: [],
    hints:
      silent && !json
        ? [`nothing was printed yet${terminal.width === undefined ? '' : ': appsup logs -f waits for it'}`]
        : [],
  };
};

/** With `since`, as far back as the first line that says an earlier time; the whole file when no line says one. */
function readLog(file: string, count: number, from: number | undefined): Tail | undefined {
  try {
    return readWithArchives(file, (lines) => {
      if (from === undefined) return lines.length >= count;
      const first = lines.map(momentOf).find((moment) => moment !== undefined);
      return lines.length >= count || (first !== undefined && first < from);
    });
  } catch (error) {
    throw asDiskError(error, `read ${file}`);
  }
}

function writerFor(
  {terminal}: Context,
  chosen: readonly Log[],
  {raw, json}: {readonly raw: boolean; readonly json: boolean},
): (lines: readonly LogLine<Log>[]) => void {
  const width = Math.max(0, ...chosen.map(({name}) => name.length));
  const safe = raw || terminal.width === undefined ? (text: string) => text : printable;
  const prefix = (name: string): string =>
    chosen.length > 1 ? terminal.style.dim(`${name.padEnd(width)} | `) : '';
  return (lines) => {
    const texts = lines.map(({source, text, at}) =>
      json
        ? JSON.stringify({
            app: source.app,
            process: source.process,
            at: Number.isFinite(at) ? at : null,
            line: text,
          })
        : prefix(source.name) + safe(text),
    );
    if (texts.length > 0) terminal.out(`${texts.join('\n')}\n`);
  };
}

/** The logs that the words mean: those that exist, and with `-f` those that may come. */
function chooseLogs({paths}: Context, targets: readonly string[], follows: boolean): readonly Log[] {
  const known = appFileNames(paths.apps);
  const written = directoryNames(paths.logs);
  const apps = [...new Set([...known, ...written])].sort();
  const everything = targets.length === 0 || targets.includes('all');
  const found = (everything ? apps : targets).flatMap((target) =>
    logsOf(paths.logs, target, {apps, follows}),
  );
  return [...new Map(found.map((log) => [log.name, log])).values()];
}

function logsOf(
  directory: string,
  target: string,
  {apps, follows}: {readonly apps: readonly string[]; readonly follows: boolean},
): readonly Log[] {
  const [app = '', program] = target.split(':', 2);
  if (!apps.includes(app)) {
    const meant = nearest(app, apps);
    throw new AppsupError('NO_SUCH_APP', `Cannot show the logs of "${app}": there is no such app`, {
      hint: meant === undefined ? 'appsup list shows the names' : `did you mean "${meant}"?`,
      details: {app},
    });
  }
  const written = directoryNames(path.join(directory, app))
    .filter((name) => name.endsWith('.log'))
    .map((name) => name.slice(0, -'.log'.length));
  const all = program === undefined || program === '*';
  const wanted = all
    ? written
    : written.filter((process) => process === program || isNumbered(process, program));
  // It may not have printed anything so far; whoever follows waits for it.
  const processes = wanted.length === 0 && follows ? [all ? 'web' : program] : wanted;
  return processes.map((process) => ({
    name: `${app}:${process}`,
    app,
    process,
    file: path.join(directory, app, `${process}.log`),
  }));
}

/** `queue_00` is one of several processes of `queue`. */
function isNumbered(process: string, program: string): boolean {
  return process.startsWith(`${program}_`) && /^\d+$/.test(process.slice(program.length + 1));
}

function directoryNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return [];
    throw asDiskError(error, `read ${directory}`);
  }
}
