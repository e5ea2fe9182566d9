import path from 'node:path';

import type {SupervisorEvent} from '../../control/api.ts';
import {didYouMean} from '../../core/unknown-name.ts';
import {AppsupError} from '../../errors.ts';
import {DirectoryReader} from '../../logs/directory-reader.ts';
import {follow} from '../../logs/follow.ts';
import {readTail} from '../../logs/tail.ts';
import {asDiskError} from '../../system/disk-error.ts';
import type {Command, Context} from '../context.ts';
import {eventLine, eventOf} from '../event-text.ts';
import {appFileNames, checkedTargets} from '../targets.ts';

const DEFAULT_EVENTS = 50;

/**
 * `appsup events [-f] [-n N] [--since 1h] [APP[:PROGRAM]]...`
 *
 * Reads the supervisor's own log, in which every event stands before anybody else hears of it: so nothing is missing or
 * doubled between the past and the present, and `-f` outlives the supervisor.
 */
export const events: Command = async (context, {words, options, json}) => {
  const {terminal, clock, paths} = context;
  const targets = checkedTargets('show the events of', words);
  const sinceMs = options.duration('since');
  const from = sinceMs === undefined ? -Infinity : clock.wall() - sinceMs;
  const count = options.count('lines') ?? (sinceMs === undefined ? DEFAULT_EVENTS : Infinity);
  const {past, tail} = readPast(paths.log, {from, count, targets});
  if (!options.has('follow') && past.length === 0) checkKnown(context, targets);
  const print = (some: readonly SupervisorEvent[]): void => {
    const lines = some.map((event) => (json ? JSON.stringify(event) : eventLine(event, terminal.style)));
    if (lines.length > 0) terminal.out(`${lines.join('\n')}\n`);
  };

  print(count === Infinity ? past : past.slice(past.length - Math.min(count, past.length)));
  if (options.has('follow')) {
    const reader = new DirectoryReader({
      directory: path.dirname(paths.log),
      matches: (name) => name === path.basename(paths.log),
      seen: new Map(tail === undefined ? [] : [[tail.inode, tail.end]]),
      onLines: (_name, lines) => print(eventsIn(lines, targets)),
    });
    // Ctrl-C ends the process; there is nothing to put in order.
    await follow([reader], new AbortController().signal);
  }
  return {
    text: '',
    json: [],
    hints: past.length > 0 || json ? [] : ['nothing has happened, as far as the supervisor’s log goes back'],
  };
};

interface Wanted {
  readonly from: number;
  readonly count: number;
  readonly targets: readonly string[];
}

/** The end of the log, and of the one before its last rotation where that is needed. */
function readPast(
  log: string,
  wanted: Wanted,
): {readonly past: readonly SupervisorEvent[]; readonly tail: ReturnType<typeof readTail>} {
  const tail = read(log, wanted);
  const recent = eventsIn(tail?.lines ?? [], wanted.targets);
  const older = isEnough(recent, wanted)
    ? []
    : eventsIn(read(`${log}.1`, wanted)?.lines ?? [], wanted.targets);
  return {past: [...older, ...recent].filter(({at}) => at >= wanted.from), tail};
}

function read(file: string, wanted: Wanted): ReturnType<typeof readTail> {
  try {
    return readTail(file, (lines) => isEnough(eventsIn(lines, wanted.targets), wanted));
  } catch (error) {
    throw asDiskError(error, `read ${file}`);
  }
}

function isEnough(found: readonly SupervisorEvent[], {from, count}: Wanted): boolean {
  const [first] = found;
  return found.length >= count || (first !== undefined && first.at < from);
}

function eventsIn(lines: readonly string[], targets: readonly string[]): readonly SupervisorEvent[] {
  return lines.flatMap((line) => {
    const event = eventOf(line);
    return event !== undefined && concerns(event, targets) ? [event] : [];
  });
}

/** True when it is about one of the targets, or when there are none. A program's name means all of its processes. */
function concerns(event: SupervisorEvent, targets: readonly string[]): boolean {
  if (targets.length === 0 || targets.includes('all')) return true;
  if (event.type === 'boot')
    return [...event.running, ...event.missing].some((name) =>
      targets.some((target) => covers(target, name)),
    );
  const part = 'process' in event ? event.process : 'name' in event ? event.name : undefined;
  const name = part === undefined ? event.app : `${event.app}:${part}`;
  return targets.some((target) => covers(target, name));
}

function covers(target: string, name: string): boolean {
  const [app, program] = target.split(':', 2);
  const [ofApp, process = ''] = name.split(':', 2);
  if (app !== ofApp) return false;
  return (
    program === undefined ||
    program === '*' ||
    process === program ||
    process.replace(/_\d+$/, '') === program
  );
}

/** Nothing was found: perhaps the name is wrong. */
function checkKnown({paths}: Context, targets: readonly string[]): void {
  const known = appFileNames(paths.apps);
  for (const target of targets) {
    const [app = ''] = target.split(':', 1);
    if (app === 'all' || known.includes(app)) continue;
    throw new AppsupError('NO_SUCH_APP', `Cannot show the events of "${app}": there is no such app`, {
      hint: didYouMean(app, known, 'appsup list shows the names'),
      details: {app},
    });
  }
}
