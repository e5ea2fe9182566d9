import {parseRequest} from '../frontend/request.ts';
import type {PublishedRequest} from '../frontend/request.ts';
import {formatRange, within} from '../ports/range.ts';
import type {UnixAccount} from '../system/accounts.ts';
import type {Listener, PortRange} from '../system/proc-net.ts';
import {isMountOf, mountForm, ownerOfMount} from './mounts.ts';
import type {MountForm} from './mounts.ts';
import {NO_HOME, requestsBelow} from './read-requests.ts';
import type {FoundFile, Reading} from './read-requests.ts';
import {rivalsAmong} from './rivals.ts';

/** What requests are held against. */
export interface World {
  /** Of this host, as the directories of requests are named after it. */
  readonly host: string;
  /** `2026-11-21` */
  readonly today: string;
  /** The host's rule, `/{user}_{app}`. */
  readonly mountRule: string;
  /** Login names of all persons: mounts are theirs, whether they have asked or not. */
  readonly users: readonly string[];
  /** By the host's file or the uid; what users say in their own config is no permission. */
  readonly rangeOf: (account: UnixAccount) => PortRange;
  readonly loginOf: (uid: number) => string | undefined;
  readonly listeners: readonly Listener[];
  /** What is installed now: it stays when somebody else asks for the same, or when its user's home cannot be read. */
  readonly incumbents: readonly PublishedRequest[];
}

export interface Refusal {
  readonly user: string;
  /** `undefined`: it concerns all that the user has published. */
  readonly app: string | undefined;
  /** A clause; it may hold the user's text: print it with care. */
  readonly reason: string;
  readonly hint: string | undefined;
}

export interface Judgement {
  /** In the order in which a front end reads them: a mount before those below it. */
  readonly taken: readonly PublishedRequest[];
  readonly refused: readonly Refusal[];
  /** Whose requests could not be read: those that are installed are among {@link taken}. */
  readonly kept: readonly Refusal[];
}

/** Which of all users' requests are put before visitors, and why not the others. Pure. */
export function judge(
  found: readonly {readonly account: UnixAccount; readonly reading: Reading}[],
  world: World,
): Judgement {
  const terms = {...world, forms: world.users.map((user) => mountForm(user, world.mountRule))};
  const results = found.flatMap(({account, reading}) => ofUser(account, reading, terms));
  const candidates = results.flatMap((result) => ('request' in result ? [result.request] : []));
  const rivals = rivalsAmong(candidates, world.incumbents);
  const lost = new Set(rivals.map(({request}) => request));
  return {
    taken: candidates
      .filter((request) => !lost.has(request))
      .sort((a, b) => compare(a.mount, b.mount) || compare(a.user, b.user)),
    refused: [
      ...results.flatMap((result) => ('refused' in result ? [result.refused] : [])),
      ...rivals.map(({request: {user, app}, reason, hint}) => ({user, app, reason, hint})),
    ],
    kept: results.flatMap((result) => ('kept' in result ? [result.kept] : [])),
  };
}

type Result = {readonly request: PublishedRequest} | {readonly refused: Refusal} | {readonly kept: Refusal};

function ofUser(
  account: UnixAccount,
  {problem, unreachable, files}: Reading,
  world: Terms,
): readonly Result[] {
  const user = account.name;
  const about = (reason: string): Refusal => {
    const where = `~${user}/${requestsBelow(world.host).join('/')}`;
    return {user, app: undefined, reason, hint: `see namei -l ${where}`};
  };
  if (problem !== undefined) return [{refused: about(problem)}];
  if (unreachable === undefined) return files.map((file) => ofFile(account, file, world));
  const installed = world.incumbents.filter((request) => request.user === user);
  if (installed.length > 0)
    return [{kept: about(unreachable)}, ...installed.map((request) => ofHost(account, request, world))];
  return unreachable === NO_HOME ? [] : [{refused: about(unreachable)}];
}

interface Terms extends World {
  readonly forms: readonly MountForm[];
}

/** By code units, on every machine alike: `/a` comes before `/a/b`. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function ofFile(account: UnixAccount, file: FoundFile, world: Terms): Result {
  const user = account.name;
  const app = file.name.slice(0, -'.json'.length);
  const refuse = (reason: string, hint?: string): Result => ({refused: {user, app, reason, hint}});
  if ('problem' in file) return refuse(file.problem);
  const parsed = parseRequest(Buffer.from(file.text, 'base64'));
  if (!parsed.ok) return refuse(parsed.problem, `as ${user}: appsup request ${app}`);
  const [first] = [...identity(parsed.request, app, user, world), ...file.places];
  return first === undefined ? ofHost(account, parsed.request, world) : refuse(first);
}

/** By what the host has for its users: mounts and ports. */
function ofHost(account: UnixAccount, request: PublishedRequest, world: Terms): Result {
  const {user, app} = request;
  const refuse = (reason: string, hint?: string): Refusal => ({user, app, reason, hint});
  const refused = mountProblem(request, refuse, world) ?? portProblem(request, account, refuse, world);
  return refused === undefined ? {request} : {refused};
}

function identity(
  request: PublishedRequest,
  app: string,
  user: string,
  {host, today}: World,
): readonly string[] {
  return [
    ...(request.user === user ? [] : [`it says that it is ${request.user}'s`]),
    ...(request.app === app ? [] : [`it is about ${request.app}, by its own words`]),
    ...(request.host === host ? [] : [`it is for the host ${request.host}`]),
    // Somebody's today may be our tomorrow.
    ...(dayNumber(request.date) <= dayNumber(today) + 1 ? [] : [`its date lies ahead: ${request.date}`]),
  ];
}

function dayNumber(date: string): number {
  return Date.parse(`${date}T00:00:00Z`) / 86_400_000;
}

type Refuse = (reason: string, hint?: string) => Refusal;

function mountProblem({user, mount}: PublishedRequest, refuse: Refuse, world: Terms): Refusal | undefined {
  const {mountRule, forms} = world;
  if (!isMountOf(mount, mountForm(user, mountRule))) {
    return refuse(
      `the mount ${mount || '/'} has not the form ${mountRule}`,
      'the rule is "mount" in /etc/appsup/site.toml; an exception is written by hand',
    );
  }
  const owner = ownerOfMount(mount, forms);
  return owner === undefined || owner === user
    ? undefined
    : refuse(`the mount ${mount} is one of the user ${owner}`);
}

/** Whoever listens there is asked when the front end connects to 127.0.0.1. */
const REACHED: ReadonlySet<string> = new Set([
  '127.0.0.1',
  '0.0.0.0',
  '::',
  '::ffff:127.0.0.1',
  '::ffff:0.0.0.0',
]);

function portProblem(
  {user, upstream}: PublishedRequest,
  account: UnixAccount,
  refuse: Refuse,
  {rangeOf, loginOf, listeners}: World,
): Refusal | undefined {
  if (upstream.kind !== 'tcp') return undefined;
  const {port} = upstream;
  const range = rangeOf(account);
  if (!within(port, range)) {
    return refuse(
      `port ${port} is outside of ${user}'s range ${formatRange(range)}`,
      `[ports.users] in /etc/appsup/site.toml can give ${user} another one`,
    );
  }
  const foreign = listeners.find(
    (each) => each.port === port && each.uid !== account.uid && REACHED.has(each.address),
  );
  if (foreign === undefined) return undefined;
  const who = loginOf(foreign.uid) ?? 'somebody';
  return refuse(`port ${port} is taken by ${who} (uid ${foreign.uid}), listening on ${foreign.address}`);
}
