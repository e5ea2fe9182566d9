import {readdirSync} from 'node:fs';
import path from 'node:path';

import type {SupervisorInfo} from '../control/api.ts';
import {AppsupError, isAppsupError, messageOf} from '../errors.ts';
import {attempt, exists, readText} from '../launch/look.ts';
import {readBook} from '../ports/book-file.ts';
import {livingOwner} from '../system/lock.ts';
import {broken, ok, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look, World} from './world.ts';

export interface SupervisorFacts {
  readonly info: Pick<SupervisorInfo, 'version' | 'pid'> | undefined;
  /** Why it did not answer. */
  readonly refusal: string | undefined;
  /** A living process holds the lock. */
  readonly owner: {readonly pid: number; readonly stopped: boolean} | undefined;
  /** The user has said `daemon stop` since the last boot. */
  readonly asleep: boolean;
  /** Apps of which something shall run. */
  readonly wanted: readonly string[];
  /** Of this command. */
  readonly version: string;
  /** Files of the state directory that cannot be understood, as they are said to be. */
  readonly damaged: readonly string[];
}

export const lookAtSupervisor: Look = async (world) => {
  const {paths, proc, version} = world;
  const owner = livingOwner(paths.lock, proc);
  const stopped = owner?.state === 'T';
  // A stopped one would be waited for.
  const asking = stopped ? Promise.reject(new AppsupError('TIMEOUT', 'it is stopped')) : world.info();
  const asked = await asking.then(
    (info) => ({info, refusal: undefined}),
    (error: unknown) => {
      if (!isAppsupError(error)) throw error;
      return {info: undefined, refusal: error.message};
    },
  );
  return judgeSupervisor({
    ...asked,
    owner: owner === undefined ? undefined : {pid: owner.pid, stopped},
    asleep: readText(paths.asleep)?.trim() === proc.bootId(),
    wanted: wantedIn(paths.desired).filter((app) => exists(path.join(paths.apps, `${app}.toml`))),
    version,
    damaged: [...damagedBook(paths), ...[paths.desired, paths.processes].flatMap(damagedIn)],
  });
};

/** Pure. */
export function judgeSupervisor(facts: SupervisorFacts): readonly Answer[] {
  return [
    judgeLife(facts),
    ...judgeVersion(facts),
    ...(facts.damaged.length === 0
      ? [ok('state-readable', 'what appsup has written down can be read')]
      : facts.damaged.map((what) =>
          broken('state-damaged', what, 'appsup daemon restart writes it anew, with what it knows'),
        )),
  ];
}

function judgeLife({info, refusal, owner, asleep, wanted}: SupervisorFacts): Answer {
  if (info !== undefined) return ok('supervisor-answers', `the supervisor answers (pid ${info.pid})`);
  if (owner !== undefined) {
    const {pid, stopped} = owner;
    const hint = stopped
      ? `kill -CONT ${pid}`
      : `appsup daemon restart; if that does not end it: kill -KILL ${pid}, the apps go on`;
    const how = stopped ? 'is stopped (SIGSTOP)' : `does not answer: ${refusal ?? 'no reason'}`;
    return broken('supervisor-silent', `the supervisor (pid ${pid}) ${how}`, hint);
  }
  if (asleep) return ok('supervisor-asleep', 'no supervisor runs, as you have told it: appsup daemon stop');
  if (wanted.length === 0) return ok('supervisor-unneeded', 'no supervisor runs, and none is needed');
  const what = `no supervisor runs, and nobody looks after ${wanted.join(', ')}`;
  return broken('supervisor-gone', what, 'appsup daemon start');
}

function judgeVersion({info, version}: SupervisorFacts): readonly Answer[] {
  if (info === undefined) return [];
  if (info.version === version)
    return [ok('supervisor-current', `command and supervisor are appsup ${version}`)];
  const text = `the supervisor is appsup ${info.version}, this command is ${version}`;
  return [warning('supervisor-old', text, 'appsup daemon restart: the apps go on')];
}

function wantedIn(directory: string): readonly string[] {
  return jsonIn(directory).flatMap(({file, text}) =>
    /:\s*"running"/.test(text) ? [path.basename(file, '.json')] : [],
  );
}

function damagedBook(paths: World['paths']): readonly string[] {
  try {
    return readBook(paths).warnings;
  } catch (error) {
    if (!isAppsupError(error)) throw error;
    return [messageOf(error)];
  }
}

function damagedIn(directory: string): readonly string[] {
  return jsonIn(directory)
    .filter(({text}) => !isJson(text))
    .map(({file}) => `${file} cannot be understood: what it says counts for nothing`);
}

function jsonIn(directory: string): readonly {readonly file: string; readonly text: string}[] {
  const names = attempt(() => readdirSync(directory)) ?? [];
  return names
    .filter((name) => name.endsWith('.json'))
    .map((name) => path.join(directory, name))
    .map((file) => ({file, text: readText(file) ?? ''}));
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
