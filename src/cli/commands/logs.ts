import {readdirSync} from 'node:fs';
import path from 'node:path';

import {loadConfig} from '../../config/load.ts';
import type {Config} from '../../config/load.ts';
import {didYouMean, namesIn} from '../../core/unknown-name.ts';
import {AppsupError, systemCode} from '../../errors.ts';
import {follow} from '../../logs/follow.ts';
import {merged, since, stamped} from '../../logs/merge.ts';
import type {LogLine} from '../../logs/merge.ts';
import {momentOf} from '../../logs/moment.ts';
import {asDiskError} from '../../system/disk-error.ts';
import {usage} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {openDeclaredLogs, openProcessLog} from '../log-sources.ts';
import type {Enough, LogSource, Owner} from '../log-sources.ts';
import {printHints} from '../output.ts';
import {printable} from '../printable.ts';
import {appFileNames, checkedTargets} from '../targets.ts';

const DEFAULT_LINES = 50;

/**
 * `appsup logs [-f] [-n N] [--since 10s] [--grep REGEX] [APP[:PROGRAM]]...`
 *
 * Reads the files that the programs write into, and those that the app declares as its own (`log_files`); asks no supervisor. Lines
 * go out as they are found, since with `-f` there is no end.
 */
export const logs: Command = async (context, {words, options, json}) => {
  const {terminal, clock} = context;
  const follows = options.has('follow');
  const sinceMs = options.duration('since');
  const from = sinceMs === undefined ? undefined : clock.wall() - sinceMs;
  const count = options.count('lines') ?? (sinceMs === undefined ? DEFAULT_LINES : Infinity);
  const pattern = patternOf(options.value('grep'));
  const chosen = chooseLogs(context, checkedTargets('show the logs of', words), follows);
  const enough = enoughOf({count, from, pattern});
  const opened = [
    ...chosen.processes.map((source) => openProcessLog(source, enough)),
    ...chosen.declared.flatMap(({owner, patterns}) => openDeclaredLogs(owner, patterns, enough)),
  ];
  const found = opened.flatMap((each) => each.logs);

  const write = writerFor(
    context,
    found.map(({source}) => source),
    // A file of the app's own may come later.
    {alone: opened.length === 1 && chosen.declared.length === 0, raw: options.has('raw'), json},
  );
  const all = merged(found.map(({source, lines}) => stamped(source, lines)));
  const recent = from === undefined ? all : since(all, from);
  const wanted = pattern === undefined ? recent : recent.filter(({text}) => pattern.test(text));
  write(count === Infinity ? wanted : wanted.slice(wanted.length - Math.min(count, wanted.length)));

  const hints = [...chosen.hints, ...opened.flatMap(({trouble}) => trouble ?? [])];
  if (follows) {
    if (!json) printHints(hints, terminal);
    const onLines = (source: LogSource, texts: readonly string[]): void =>
      write(
        texts
          .filter((text) => pattern === undefined || pattern.test(text))
          .map((text) => ({source, text, at: momentOf(text) ?? -Infinity})),
      );
    // Ctrl-C ends the process; there is nothing to put in order.
    await follow(
      opened.map((each) => each.follow(onLines)),
      new AbortController().signal,
    );
  }
  const nothing =
    all.length === 0
      ? `nothing was printed yet${terminal.width === undefined ? '' : ': appsup logs -f waits for it'}`
      : pattern !== undefined && wanted.length === 0
        ? `no line matches ${String(pattern)}`
        : undefined;
  return {text: '', json: [], hints: nothing === undefined ? hints : [...hints, nothing]};
};

/** @throws AppsupError `USAGE` */
function patternOf(text: string | undefined): RegExp | undefined {
  if (text === undefined) return undefined;
  try {
    return new RegExp(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // «Invalid regular expression: /(/u: Unterminated group»
    const reason = /: ([^:]+)$/.exec(error.message)?.[1] ?? error.message;
    throw usage(`Cannot understand "--grep ${text}": ${reason.toLowerCase()}`, {
      hint: 'it is a regular expression of JavaScript: a backslash before . * + ? ( ) [ ] { } ^ $ | takes it literally',
    });
  }
}

interface Wanted {
  readonly count: number;
  readonly from: number | undefined;
  readonly pattern: RegExp | undefined;
}

/** With `since`, as far back as the first line that says an earlier time; the whole file when no line says one. */
function enoughOf({count, from, pattern}: Wanted): Enough {
  return (lines) => {
    const matching = pattern === undefined ? lines : lines.filter((line) => pattern.test(line));
    if (matching.length >= count) return true;
    if (from === undefined) return false;
    const first = lines.map(momentOf).find((moment) => moment !== undefined);
    return first !== undefined && first < from;
  };
}

function writerFor(
  {terminal}: Context,
  sources: readonly LogSource[],
  {alone, raw, json}: {readonly alone: boolean; readonly raw: boolean; readonly json: boolean},
): (lines: readonly LogLine<LogSource>[]) => void {
  const width = Math.max(0, ...sources.map(({name}) => name.length));
  const safe = raw || terminal.width === undefined ? (text: string) => text : printable;
  const prefix = (name: string): string => (alone ? '' : terminal.style.dim(`${name.padEnd(width)} | `));
  return (lines) => {
    const texts = lines.map(({source, text, at}) =>
      json ? JSON.stringify(recordOf(source, text, at)) : prefix(source.name) + safe(text),
    );
    if (texts.length > 0) terminal.out(`${texts.join('\n')}\n`);
  };
}

function recordOf({app, process, file}: LogSource, line: string, at: number): object {
  const moment = Number.isFinite(at) ? at : null;
  return process === undefined
    ? {app, process: null, file, at: moment, line}
    : {app, process, at: moment, line};
}

interface Chosen {
  readonly processes: readonly LogSource[];
  readonly declared: readonly {readonly owner: Owner; readonly patterns: readonly string[]}[];
  readonly hints: readonly string[];
}

/** The logs that the words mean: those that exist, and with `-f` those that may come. */
function chooseLogs(context: Context, targets: readonly string[], follows: boolean): Chosen {
  const {paths} = context;
  const known = appFileNames(paths.apps);
  const written = directoryNames(paths.logs);
  const apps = [...new Set([...known, ...written])].sort();
  const everything = targets.length === 0 || targets.includes('all');
  const wanted = everything ? apps : targets;
  const config = loadConfig(paths);
  const found = wanted.flatMap((target) => logsOf(paths.logs, target, {apps, follows, config}));
  // They belong to the app, not to one of its programs.
  const whole = new Set(wanted.filter((target) => /^[^:]*(?::\*)?$/.test(target)).map(appOf));
  return {
    processes: [...new Map(found.map((log) => [log.name, log])).values()],
    ...declaredOf(context, config, whole),
  };
}

function declaredOf(
  {paths}: Context,
  config: Config,
  apps: ReadonlySet<string>,
): Pick<Chosen, 'declared' | 'hints'> {
  const loaded = [...config.apps.values()].filter(({name}) => apps.has(name));
  return {
    declared: loaded.flatMap(({name, spec}) =>
      spec === undefined || spec.logFiles.length === 0
        ? []
        : {
            owner: {app: name, directory: spec.directory, home: paths.home},
            patterns: spec.logFiles,
          },
    ),
    hints: loaded.flatMap(({name, spec, text}) =>
      spec === undefined && text.includes('log_files')
        ? `the file of ${name} has mistakes, so its log_files are not shown: appsup check ${name}`
        : [],
    ),
  };
}

function appOf(target: string): string {
  return target.split(':', 1)[0] ?? '';
}

interface LogsRequest {
  readonly apps: readonly string[];
  readonly follows: boolean;
  readonly config: Config;
}

function logsOf(
  directory: string,
  target: string,
  {apps, follows, config}: LogsRequest,
): readonly LogSource[] {
  const [app = '', program] = target.split(':', 2);
  if (!apps.includes(app)) {
    throw new AppsupError('NO_SUCH_APP', `Cannot show the logs of "${app}": there is no such app`, {
      hint: didYouMean(app, apps, 'appsup list shows the names'),
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
  const run = all || wanted.length > 0 ? undefined : lastRunOf(path.join(directory, app, 'runs'), program);
  if (run !== undefined) return [{name: target, app, process: program, file: run}];
  if (wanted.length === 0 && !all) checkProgram(config, app, program);
  // It may not have printed anything so far; whoever follows waits for it.
  const processes = wanted.length === 0 && follows ? [all ? 'web' : program] : wanted;
  return processes.map((process) => ({
    name: `${app}:${process}`,
    app,
    process,
    file: path.join(directory, app, `${process}.log`),
  }));
}

/** Who follows a name that never prints would wait for ever. @throws AppsupError `NO_SUCH_PROGRAM` */
function checkProgram({apps}: Config, app: string, name: string): void {
  const spec = apps.get(app)?.spec;
  if (spec === undefined) return;
  const {programs, tasks, jobs} = namesIn(spec);
  const names = [...programs, ...tasks, ...jobs];
  if (names.includes(name)) return;
  throw new AppsupError(
    'NO_SUCH_PROGRAM',
    `Cannot show the logs of "${app}:${name}": there is no such program`,
    {
      hint: didYouMean(name, names, `known in ${app}: ${names.join(', ')}`),
      details: {app, program: name},
    },
  );
}

/** Each run of a job or task has a log of its own, which says in its name when it began: the last one is meant. */
function lastRunOf(directory: string, name: string): string | undefined {
  const own = new RegExp(String.raw`^${name}-\d{8}T\d{6}Z(-\d+)?\.log$`);
  const last = directoryNames(directory).findLast((file) => own.test(file));
  return last === undefined ? undefined : path.join(directory, last);
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
