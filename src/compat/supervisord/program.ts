import path from 'node:path';

import {splitWords} from '../../config/words.ts';
import type {ProgramChoice} from '../../config/write.ts';
import {isName, nameFrom} from '../../core/names.ts';
import {nearest} from '../../core/nearest.ts';
import {expandPath} from '../../system/paths.ts';
import type {Importer, Member, Remark} from '../imported.ts';
import {launchOf, launchText} from '../launch.ts';
import {sortVariables} from '../variables.ts';
import {parseEnvironment} from './environment.ts';
import {expand} from './expand.ts';
import type {Entry, Section} from './ini.ts';
import {booleanOf, countOf, maskOf, signalOf} from '../values.ts';

/** A program and its place in the order of starts. */
export interface Peer {
  readonly name: string;
  readonly priority: number;
}

/** supervisord's own default (docs/configuration.rst). */
export function priorityOf(section: Section | undefined): number {
  return countOf(section?.entries.get('priority')?.value ?? '') ?? 999;
}

/** What a program's section is read with. */
export interface ProgramContext {
  readonly importer: Importer;
  /** `[supervisord]`, whose environment and umask count for all. */
  readonly daemon: Section | undefined;
  /** Of its `[group:x]`, else its own name. */
  readonly group: string;
  /** The other programs of its group, with their `priority`. */
  readonly peers: readonly Peer[];
  readonly remark: (remark: Remark) => void;
}

/** A `[program:x]`. `undefined` after a remark that it was refused, and why. */
export function readProgram(name: string, section: Section, context: ProgramContext): Member | undefined {
  const {importer} = context;
  const remarks: Remark[] = [];
  const say = (entry: Entry | Section, fate: Remark['fate'], text: string) => {
    const what = 'key' in entry ? entry.key : `[${entry.name}]`;
    remarks.push({file: entry.file, line: entry.line, what, fate, text});
  };
  const numprocs = countOf(section.entries.get('numprocs')?.value ?? '1') ?? 1;
  const firstNumber = countOf(section.entries.get('numprocs_start')?.value ?? '0') ?? 0;
  const names: Record<string, string | number | undefined> = {
    ...namesFor(name, context),
    numprocs,
    process_num: firstNumber,
  };
  const text = (key: string, from: Section | undefined = section): string | undefined => {
    const entry = from?.entries.get(key);
    if (entry === undefined) return undefined;
    const many = numprocs > 1 && key !== 'process_name' && /%\(process_num\)/.test(entry.value);
    if (many && !(key === 'command' && firstNumber === 0)) {
      say(entry, 'refused', 'it differs from process to process: use the variable APPSUP_INDEX, from 0');
      return undefined;
    }
    const source = many ? entry.value.replace(/%\(process_num\)\d*d/g, '$${APPSUP_INDEX}') : entry.value;
    const expanded = expand(source, {...names, here: path.dirname(entry.file)});
    if (expanded.ok) return expanded.text.trim();
    say(entry, 'refused', expanded.problem);
    return undefined;
  };
  const read = {text, say, section};

  checkUser(read, importer);
  const directory = readDirectory(read, importer);
  const variables = new Map<string, string>();
  for (const from of [context.daemon, section]) {
    for (const [key, value] of readVariables(read, from)) {
      variables.set(key, value);
      names[`ENV_${key}`] = value;
    }
  }
  const sorted = sortVariables(variables);
  const taken = readCommand(read, directory);
  const choice = readTimes(read);
  const umask = readUmask(read, context.daemon);
  noteEnvironment(read, context.daemon, sorted.notes);
  const earlier = readPriority(read, context.peers);
  noteRest(read);
  const refusals = remarks.filter(({fate}) => fate === 'refused');
  // Of a program that is not taken, only why.
  (refusals.length > 0 ? refusals : remarks).forEach(context.remark);
  if (refusals.length > 0 || taken === undefined) return undefined;

  const {launch} = taken;
  const python = taken.python ?? sorted.python;
  const member = memberName(name);
  const listen =
    launch.kind !== 'command' ? {} : ({listen: sorted.port === undefined ? 'none' : 'port'} as const);
  return {
    name: member,
    directory,
    program: {
      name: member,
      launch,
      ...listen,
      ...choice,
      ...(umask === undefined ? {} : {umask}),
      ...(numprocs > 1 ? {numprocs} : {}),
    },
    mount: sorted.mount,
    python,
    env: sorted.env,
    secrets: sorted.secrets,
    ...(earlier.length === 0 ? {} : {afterMembers: earlier.map(memberName)}),
  };
}

/** Those of its group that are started just before it, by name. */
function readPriority({section, say}: Reading, peers: readonly Peer[]): readonly string[] {
  const entry = section.entries.get('priority');
  const own = priorityOf(section);
  const before = peers.filter(({priority}) => priority < own);
  const nearest = Math.max(...before.map(({priority}) => priority));
  const names = before.filter(({priority}) => priority === nearest).map(({name}) => name);
  if (names.length > 0)
    say(entry ?? section, 'changed', `priority ${own}: it is started after ${names.join(', ')} (after)`);
  else if (entry !== undefined)
    say(
      entry,
      'dropped',
      peers.length === 0
        ? 'apps are started by themselves; within one: after = ["..."]'
        : 'it is started first',
    );
  return names;
}

/** A program's and group's name may have dots there. */
export function memberName(name: string): string {
  return isName(name) ? name : (nameFrom(name) ?? 'program');
}

interface Reading {
  readonly section: Section;
  /** Its value with all expansions; `undefined` also after a remark. */
  readonly text: (key: string, from?: Section) => string | undefined;
  readonly say: (entry: Entry | Section, fate: Remark['fate'], text: string) => void;
}

function namesFor(
  name: string,
  {importer, group}: ProgramContext,
): Readonly<Record<string, string | undefined>> {
  return {
    ...Object.fromEntries(Object.entries(importer.env).map(([key, value]) => [`ENV_${key}`, value])),
    host_node_name: importer.hostname,
    program_name: name,
    group_name: group,
  };
}

function checkUser({section, text, say}: Reading, {username, uid}: Importer): void {
  const entry = section.entries.get('user');
  const user = text('user');
  if (entry === undefined || user === undefined) return;
  if (user === username || user === String(uid)) say(entry, 'dropped', 'that is you: everything runs as you');
  else say(entry, 'refused', `it runs as ${user}, and you are ${username}: let ${user} import it`);
}

function readDirectory({section, text, say}: Reading, {home}: Importer): string {
  const entry = section.entries.get('directory');
  const base = path.dirname(section.file);
  const said = text('directory');
  if (entry === undefined || said === undefined || said === '') {
    say(section, 'changed', 'no directory, so where supervisord was started: taken as that of this file');
    return base;
  }
  say(entry, 'taken', 'directory');
  // path.resolve also takes the slash from the end.
  return path.resolve(expandPath(said, home, base));
}

function readVariables({text, say}: Reading, from: Section | undefined): ReadonlyMap<string, string> {
  const entry = from?.entries.get('environment');
  const said = text('environment', from);
  if (entry === undefined || said === undefined) return new Map();
  const parsed = parseEnvironment(said);
  if (parsed.ok) return parsed.values;
  say(entry, 'refused', parsed.problem);
  return new Map();
}

function noteEnvironment(
  {section, say}: Reading,
  daemon: Section | undefined,
  notes: readonly string[],
): void {
  const entry = section.entries.get('environment') ?? daemon?.entries.get('environment');
  if (entry === undefined) return;
  say(entry, notes.length > 0 ? 'changed' : 'taken', notes.length > 0 ? notes.join('; ') : 'env');
}

function readCommand(
  {section, text, say}: Reading,
  directory: string,
): ReturnType<typeof launchOf> | undefined {
  const entry = section.entries.get('command');
  if (entry === undefined) {
    say(section, 'refused', 'it has no command');
    return undefined;
  }
  const said = text('command');
  if (said === undefined) return undefined;
  const words = splitWords(said);
  if (!words.ok || words.words.length === 0) {
    say(entry, 'refused', words.ok ? 'it is empty' : words.problem);
    return undefined;
  }
  const taken = launchOf(words.words, directory);
  const without =
    taken.dropped.length === 0
      ? ''
      : `; without ${taken.dropped.join(', ')}: appsup hands it its socket and keeps its logs`;
  say(entry, taken.launch.kind === 'command' ? 'taken' : 'changed', `${launchText(taken.launch)}${without}`);
  return taken;
}

/** When it is started again, and how it is stopped. */
function readTimes({section, text, say}: Reading): Partial<ProgramChoice> {
  const parsed = <Value>(
    key: string,
    parse: (said: string) => Value | undefined,
    shown: (value: Value) => string,
  ) => {
    const entry = section.entries.get(key);
    const said = text(key);
    if (entry === undefined || said === undefined) return undefined;
    const value = parse(said);
    if (value === undefined) say(entry, 'refused', `not understood: ${JSON.stringify(said)}`);
    else say(entry, 'taken', shown(value));
    return value;
  };
  const policy = parsed('autorestart', policyOf, (restart) => `restart = "${restart}"`) ?? 'on-failure';
  if (!section.entries.has('autorestart'))
    say(section, 'taken', 'no autorestart, which is restart = "on-failure"');
  const startSeconds = parsed('startsecs', countOf, (seconds) => `start_time = "${seconds}s"`);
  const tries = parsed(
    'startretries',
    countOf,
    (retries) => `give_up = ${retries + 1}: the first try counts`,
  );
  const stopSeconds = parsed('stopwaitsecs', countOf, (seconds) => `stop_timeout = "${seconds}s"`);
  const stopSignal = parsed('stopsignal', signalOf, (signal) => `stop_signal = "${signal}"`);
  parsed('numprocs', countOf, (count) => `numprocs = ${count}`);
  const auto = section.entries.get('autostart');
  if (auto !== undefined) noteAutostart(auto, booleanOf(text('autostart') ?? ''), say);
  return {
    ...(policy === 'always' ? {} : {restart: policy}),
    ...(startSeconds === undefined || startSeconds === 1 ? {} : {startMs: startSeconds * 1000}),
    ...(tries === undefined ? {} : {giveUp: tries + 1}),
    ...(stopSeconds === undefined ? {} : {stopMs: stopSeconds * 1000}),
    ...(stopSignal === undefined || stopSignal === 'TERM' ? {} : {stopSignal}),
  };
}

function policyOf(text: string): 'always' | 'on-failure' | 'never' | undefined {
  if (/^unexpected$/i.test(text)) return 'on-failure';
  const said = booleanOf(text);
  return said === undefined ? undefined : said ? 'always' : 'never';
}

function noteAutostart(entry: Entry, auto: boolean | undefined, say: Reading['say']): void {
  const text =
    auto === false
      ? 'it is started when you say so: appsup start'
      : 'what you have started comes back after a reboot';
  say(entry, 'dropped', text);
}

function readUmask({section, text, say}: Reading, daemon: Section | undefined): string | undefined {
  const owner = section.entries.has('umask') ? section : daemon;
  const entry = owner?.entries.get('umask');
  const said = text('umask', owner);
  if (entry === undefined || said === undefined) return undefined;
  const mask = maskOf(said);
  say(
    entry,
    mask === undefined ? 'refused' : 'taken',
    mask === undefined ? 'not octal' : `umask = "${mask}"`,
  );
  return mask;
}

const READ = [
  'command',
  'directory',
  'environment',
  'user',
  'autostart',
  'autorestart',
  'startsecs',
  'startretries',
  'stopsignal',
  'stopwaitsecs',
  'numprocs',
  'umask',
  'priority',
];
const LOG = 'appsup logs shows it, and [logs] bounds it';
/** Keys with nothing to carry over, and why. */
const DROPPED: Readonly<Record<string, string>> = {
  process_name: 'processes are called app:program_00, app:program_01',
  numprocs_start: 'APPSUP_INDEX begins with 0',
  exitcodes: 'only 0 is a success',
  stopasgroup: 'always: everything that it started goes with it',
  killasgroup: 'always: everything that it started goes with it',
  redirect_stderr: 'both streams go into one log',
  serverurl: 'there is no such server',
  ...Object.fromEntries(
    ['stdout', 'stderr'].flatMap((stream) =>
      ['logfile', 'logfile_maxbytes', 'logfile_backups', 'capture_maxbytes', 'events_enabled', 'syslog'].map(
        (key) => [`${stream}_${key}`, key.startsWith('logfile') ? LOG : 'not carried over'],
      ),
    ),
  ),
};

function noteRest({section, say}: Reading): void {
  for (const entry of section.entries.values()) {
    const {key} = entry;
    if (READ.includes(key)) continue;
    const why = Object.hasOwn(DROPPED, key) ? DROPPED[key] : undefined;
    const meant = nearest(key, [...READ, ...Object.keys(DROPPED)]);
    if (why !== undefined) say(entry, 'dropped', why);
    else say(entry, 'unknown', `supervisord has no such key${meant === undefined ? '' : `: "${meant}"?`}`);
  }
}
