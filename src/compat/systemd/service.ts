import path from 'node:path';

import {takesSockets} from '../../config/sockets.ts';
import {joinWords} from '../../config/words.ts';
import type {ProgramChoice, TaskChoice} from '../../config/write.ts';
import {nameFrom} from '../../core/names.ts';
import type {ProgramSpec} from '../../core/program-spec.ts';
import type {Importer, Member} from '../imported.ts';
import {launchOf, launchText} from '../launch.ts';
import {sortVariables} from '../variables.ts';
import {putIn, splitCommand} from './command-line.ts';
import {readLimits, readTimes} from './limits.ts';
import {DIRECTORY_KEYS, moved, placesOf} from './places.ts';
import type {Place} from './places.ts';
import {readSignals} from './signals.ts';
import type {Directive} from './unit-file.ts';
import type {Unit} from './unit.ts';

/** What a service is read with. */
export interface ServiceContext {
  readonly importer: Importer;
  /** Where its own directories are to be, absolute. */
  readonly base: string;
  /** Of tmpfiles.d. */
  readonly places: readonly Place[];
  /** A socket unit is for it. */
  readonly activated: boolean;
  readonly transport: 'unix' | undefined;
  /** What its socket units listen on beside that, by name. */
  readonly sockets: ProgramSpec['sockets'];
  /** Units that are imported with it, and the names of their programs. */
  readonly others: ReadonlyMap<string, string>;
  /** True for a file that is there. */
  readonly exists: (file: string) => boolean;
}

/** The name of a unit's program: `gunicorn` of `gunicorn.service`, `worker-mail` of `worker@mail.service`. */
export function programName({name: {prefix, instance}}: Unit): string {
  return nameFrom(instance === undefined || instance === '' ? prefix : `${prefix}-${instance}`) ?? 'program';
}

/** A service as a program. `undefined` after a remark that it was refused, and why. */
export function readService(unit: Unit, context: ServiceContext): Member | undefined {
  if (unit.masked) {
    unit.say(undefined, 'refused', 'it is empty, which systemd calls masked: there is nothing to run');
    return undefined;
  }
  const name = programName(unit);
  readUser(unit, context.importer);
  const own = readPlaces(unit, context);
  const places = [...context.places, ...own.places];
  const variables = new Map([...own.variables, ...readVariables(unit, places)]);
  const envFiles = readEnvFiles(unit, context);
  const sorted = sortVariables(variables);
  noteVariables(unit, sorted.notes, envFiles.length > 0);
  const said = readWords(unit, places, sorted.env);
  const directory = readDirectory(unit, context, said);
  const oneShot = readType(unit);
  const times = readTimes(unit, oneShot);
  const limits = readLimits(unit);
  const signals = readSignals(unit);
  const order = readOrder(unit, context.others);
  const steps = readPreparation(unit, places, sorted.env);
  const taken = said === undefined ? undefined : launchOf(said, directory);
  noteCommand(unit, taken);
  unit.noteRest();
  if (unit.refused || taken === undefined) return undefined;

  const {launch} = taken;
  const listen = context.activated ? 'socket' : sorted.port === undefined ? 'none' : 'port';
  const task: readonly TaskChoice[] = steps.length === 0 ? [] : [{name: 'prepare', steps, finish: 'restart'}];
  const program: ProgramChoice = {
    name,
    launch,
    ...(launch.kind === 'command' ? {listen} : {}),
    ...(takesSockets(launch) && Object.keys(context.sockets).length > 0 ? {sockets: context.sockets} : {}),
    ...(context.activated && !isWanted(unit) ? {lazy: true} : {}),
    ...(order.needs.length === 0 ? {} : {after: order.needs}),
    ...times,
    ...signals,
    ...limits,
  };
  const python = taken.python ?? sorted.python;
  return {
    name,
    directory,
    program,
    mount: sorted.mount,
    python,
    env: sorted.env,
    secrets: sorted.secrets,
    envFiles,
    directories: places.map(({ours}) => ours),
    tasks: task,
    afterMembers: order.members,
    ...(context.transport === undefined ? {} : {transport: context.transport}),
  };
}

/** Started at boot and not only by its socket. */
function isWanted(unit: Unit): boolean {
  return unit.all('Install', 'WantedBy').length + unit.all('Install', 'RequiredBy').length > 0;
}

function readUser(unit: Unit, {username, uid}: Importer): void {
  const user = unit.text('Service', 'User');
  if (user === undefined) return;
  const own = user.value === username || user.value === String(uid);
  const text = own
    ? 'that is you: everything runs as you'
    : `it runs as you, ${username}: what only ${user.value} may read is out of its reach`;
  unit.say(user.at, own ? 'dropped' : 'changed', text);
}

function readPlaces(
  unit: Unit,
  {base}: ServiceContext,
): {readonly places: readonly Place[]; readonly variables: readonly (readonly [string, string])[]} {
  const found = DIRECTORY_KEYS.flatMap((key) =>
    unit.all('Service', key).flatMap((at) => {
      const value = unit.resolved(at);
      const made = value === undefined ? undefined : placesOf(key, value, base);
      if (made === undefined) return [];
      unit.say(
        at,
        'changed',
        `${made.places.map(({ours}) => ours).join(', ')}: made now, and named by ${made.variable}`,
      );
      return [made];
    }),
  );
  const names = [...new Set(found.map(({variable}) => variable))];
  return {
    places: found.flatMap(({places}) => places),
    variables: names.map((name) => [
      name,
      found
        .flatMap(({variable, places}) => (variable === name ? places.map(({ours}) => ours) : []))
        .join(':'),
    ]),
  };
}

function readVariables(unit: Unit, places: readonly Place[]): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  for (const at of unit.all('Service', 'Environment')) {
    const text = unit.resolved(at);
    if (text === undefined) continue;
    const line = splitCommand(`x ${text}`);
    const words = line.ok ? line.words.slice(1) : [];
    const bad = words.find((word) => !/^[A-Za-z_]\w*=/.test(word));
    if (!line.ok || bad !== undefined) {
      unit.say(at, 'refused', line.ok ? 'expected NAME=value: write "NAME=two words"' : line.problem);
      continue;
    }
    for (const word of words) {
      const [name = ''] = word.split('=', 1);
      variables.set(name, moved(word.slice(name.length + 1), places));
    }
  }
  return variables;
}

function noteVariables(unit: Unit, notes: readonly string[], files: boolean): void {
  const order = files ? ['a variable that an env file has, too, counts as it stands here'] : [];
  const all = [...notes, ...order];
  for (const at of unit.all('Service', 'Environment')) {
    if (unit.remarks.some(({line, what}) => line === at.line && what === at.key)) continue;
    unit.say(at, all.length === 0 ? 'taken' : 'changed', all.length === 0 ? 'env' : all.join('; '));
  }
}

function readEnvFiles(unit: Unit, {exists}: ServiceContext): readonly string[] {
  return unit.all('Service', 'EnvironmentFile').flatMap((at) => {
    const said = unit.resolved(at);
    if (said === undefined) return [];
    const optional = said.startsWith('-');
    const file = said.replace(/^-/, '');
    if (!path.isAbsolute(file) || /[*?[]/.test(file)) {
      unit.say(at, 'refused', 'expected one absolute path');
      return [];
    }
    const there = exists(file);
    if (optional && !there) {
      unit.say(at, 'dropped', `there is no ${file}`);
      return [];
    }
    unit.say(at, 'taken', there ? 'env_file, read at each start' : `env_file; there is no ${file} yet`);
    return [file];
  });
}

/** The words of the command, with its variables. */
function readWords(
  unit: Unit,
  places: readonly Place[],
  env: ReadonlyMap<string, string>,
): readonly string[] | undefined {
  const commands = unit.all('Service', 'ExecStart');
  const [at, ...more] = commands;
  if (at === undefined) {
    unit.say(undefined, 'refused', 'it has no ExecStart');
    return undefined;
  }
  if (more.length > 0) {
    commands.forEach((each) =>
      unit.say(each, 'refused', 'of several commands: make them the steps of a task'),
    );
    return undefined;
  }
  return wordsOf(unit, at, places, env)?.words;
}

function wordsOf(
  unit: Unit,
  at: Directive,
  places: readonly Place[],
  env: ReadonlyMap<string, string>,
): {readonly words: readonly string[]; readonly prefixes: string} | undefined {
  const line = splitCommand(at.value);
  if (!line.ok) {
    unit.say(at, 'refused', line.problem);
    return undefined;
  }
  const words = line.words.map((word) => unit.resolved(at, word));
  if (!words.every((word) => word !== undefined)) return undefined;
  const own = words.map((word) => moved(word, places));
  return {words: line.prefixes.includes(':') ? own : putIn(own, env), prefixes: line.prefixes};
}

const PREFIXES: Readonly<Record<string, string>> = {
  '-': 'a failure is a failure here (-)',
  '@': 'its own name is that of the file (@)',
  '+': 'it runs as you (+)',
  '!': 'it runs as you (!)',
};

function noteCommand(unit: Unit, taken: ReturnType<typeof launchOf> | undefined): void {
  const at = unit.all('Service', 'ExecStart').at(-1);
  if (at === undefined || taken === undefined) return;
  const line = splitCommand(at.value);
  const prefixes = line.ok ? [...new Set(line.prefixes)].flatMap((each) => PREFIXES[each] ?? []) : [];
  const without =
    taken.dropped.length === 0
      ? []
      : [`without ${taken.dropped.join(', ')}: appsup hands it its socket and keeps its logs`];
  const text = [launchText(taken.launch), ...without, ...prefixes].join('; ');
  unit.say(at, taken.launch.kind === 'command' && prefixes.length === 0 ? 'taken' : 'changed', text);
}

function readDirectory(
  unit: Unit,
  {importer: {home}}: ServiceContext,
  words: readonly string[] | undefined,
): string {
  const said = unit.text('Service', 'WorkingDirectory');
  if (said === undefined) {
    const program = words?.find((word) => path.isAbsolute(word) && word.startsWith(`${home}/`)) ?? '';
    const directory = program === '' || /\/s?bin\//.test(program) ? home : path.dirname(program);
    unit.say(undefined, 'changed', `no WorkingDirectory, which is / for systemd: taken as ${directory}`);
    return directory;
  }
  const value = said.value.replace(/^-/, '');
  unit.say(said.at, 'taken', 'directory');
  return path.resolve(value === '~' ? home : value);
}

/** True for a service that is to end by itself. */
function readType(unit: Unit): boolean {
  const said = unit.text('Service', 'Type');
  if (said === undefined) return false;
  const {at, value} = said;
  if (value === 'forking')
    unit.say(
      at,
      'refused',
      'what goes into the background cannot be watched: have it stay in front, and write Type=simple',
    );
  else if (value === 'dbus') unit.say(at, 'refused', 'there is no bus to wait for');
  else if (value === 'oneshot') unit.say(at, 'changed', 'it is run once: restart = "on-failure"');
  else if (value.startsWith('notify'))
    unit.say(at, 'changed', 'it counts as running when it answers: health');
  else unit.say(at, 'dropped', 'the process that is started is the one that is watched');
  return value === 'oneshot';
}

/** What has to be there first: endpoints of well-known services, and programs of the same import. */
function readOrder(
  unit: Unit,
  others: ReadonlyMap<string, string>,
): {readonly needs: readonly string[]; readonly members: readonly string[]} {
  const needs = new Set<string>();
  const members = new Set<string>();
  for (const key of ['After', 'Requires', 'Wants', 'BindsTo', 'Requisite']) {
    for (const at of unit.all('Unit', key)) {
      const value = unit.resolved(at);
      if (value === undefined) continue;
      const names = value.split(/\s+/);
      const ports = names.flatMap((each) => endpointOf(each) ?? []);
      const programs = names.flatMap((each) => others.get(each) ?? []);
      ports.forEach((each) => needs.add(each));
      programs.forEach((each) => members.add(each));
      const all = [...programs, ...ports];
      if (all.length > 0)
        unit.say(at, 'changed', `after = [${all.map((each) => JSON.stringify(each)).join(', ')}]`);
      else if (names.some((each) => each.endsWith('.socket')))
        unit.say(at, 'dropped', 'its socket is held in any case');
      else
        unit.say(
          at,
          'dropped',
          'it is up before anything of yours; what has to answer first: after = ["tcp://HOST:PORT"]',
        );
    }
  }
  return {needs: [...needs], members: [...members]};
}

const SERVICES: readonly (readonly [RegExp, number])[] = [
  [/^postgresql(@.*|-\d+)?$/, 5432],
  [/^(mysqld?|mariadb)(@.*)?$/, 3306],
  [/^redis(-server)?(@.*)?$/, 6379],
  [/^mongo(d|db)$/, 27_017],
  [/^rabbitmq-server$/, 5672],
  [/^memcached$/, 11_211],
];

function endpointOf(unit: string): string | undefined {
  const name = unit.replace(/\.service$/, '');
  const port = SERVICES.find(([pattern]) => pattern.test(name))?.[1];
  return port === undefined ? undefined : `tcp://127.0.0.1:${port}`;
}

/** `ExecStartPre` as steps of a task: run when its user says so, and not at each start. */
function readPreparation(
  unit: Unit,
  places: readonly Place[],
  env: ReadonlyMap<string, string>,
): readonly string[] {
  return unit.all('Service', 'ExecStartPre').flatMap((at) => {
    const line = wordsOf(unit, at, places, env);
    if (line === undefined) return [];
    const [program = '', ...rest] = line.words;
    const made =
      /^(mkdir|install|chown|chmod)$/.test(path.basename(program)) &&
      rest.some((word) => places.some(({ours}) => word.startsWith(ours)));
    if (made) {
      unit.say(at, 'dropped', 'the directory is made now, and is yours');
      return [];
    }
    unit.say(
      at,
      'changed',
      'a step of the task "prepare", which is run when you say so: appsup run APP prepare',
    );
    return [joinWords(line.words)];
  });
}
