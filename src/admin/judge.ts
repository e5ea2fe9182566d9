import {parseRequest} from '../frontend/request.ts';
import type {PublishedRequest} from '../frontend/request.ts';
import {formatRange, within} from '../ports/range.ts';
import type {UnixAccount} from '../system/accounts.ts';
import type {Listener, PortRange} from '../system/proc-net.ts';
import {isMountOf, mountForm, ownerOfMount} from './mounts.ts';
import type {MountForm} from './mounts.ts';
import {requestsBelow} from './read-requests.ts';
import type {FoundFile, Reading} from './read-requests.ts';

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
  /** What is installed now: it stays when somebody else asks for the same. */
  readonly incumbents: readonly Entry[];
}

/** One line of the index of what is installed. */
export interface Entry {
  readonly user: string;
  readonly app: string;
  readonly mount: string;
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
}

/** Which of all users' requests are put before visitors, and why not the others. Pure. */
export function judge(
  found: readonly {readonly account: UnixAccount; readonly reading: Reading}[],
  world: World,
): Judgement {
  const terms = {...world, forms: world.users.map((user) => mountForm(user, world.mountRule))};
  const refused: Refusal[] = [];
  const candidates: PublishedRequest[] = [];
  for (const {account, reading} of found) {
    const user = account.name;
    if (reading.problem !== undefined) {
      const where = `~${user}/${requestsBelow(world.host).join('/')}`;
      refused.push({user, app: undefined, reason: reading.problem, hint: `see namei -l ${where}`});
    }
    for (const file of reading.files) {
      const result = judgeOne(account, file, terms);
      if ('reason' in result) refused.push(result);
      else candidates.push(result);
    }
  }
  const rivals = refuseRivals(candidates, world.incumbents);
  const lost = new Set(rivals.map(({request}) => request));
  return {
    taken: candidates
      .filter((request) => !lost.has(request))
      .sort((a, b) => compare(a.mount, b.mount) || compare(a.user, b.user)),
    refused: [
      ...refused,
      ...rivals.map(({request: {user, app}, reason, hint}) => ({user, app, reason, hint})),
    ],
  };
}

interface Terms extends World {
  readonly forms: readonly MountForm[];
}

/** By code units, on every machine alike: `/a` comes before `/a/b`. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function judgeOne(account: UnixAccount, file: FoundFile, world: Terms): PublishedRequest | Refusal {
  const user = account.name;
  const app = file.name.slice(0, -'.json'.length);
  const refuse = (reason: string, hint?: string): Refusal => ({user, app, reason, hint});
  if ('problem' in file) return refuse(file.problem);
  const parsed = parseRequest(Buffer.from(file.text, 'base64'));
  if (!parsed.ok) return refuse(parsed.problem, `as ${user}: appsup request ${app}`);
  const {request} = parsed;
  const [first] = [...identity(request, app, user, world), ...file.places];
  if (first !== undefined) return refuse(first);
  return mountProblem(request, refuse, world) ?? portProblem(request, account, refuse, world) ?? request;
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

interface Rival {
  readonly request: PublishedRequest;
  readonly reason: string;
  readonly hint: string;
}

/**
 * Who asks for what somebody else asks for, too. What is installed stays; of two new ones neither is taken, for the
 * date in a request is its writer's own word, and the administrator knows both.
 */
function refuseRivals(requests: readonly PublishedRequest[], incumbents: readonly Entry[]): readonly Rival[] {
  const installed = new Set(incumbents.map(nameOf));
  const byMount = groups(requests, ({mount}) => mount);
  const byPort = groups(requests, ({upstream}) => (upstream.kind === 'tcp' ? upstream.port : undefined));
  return requests.flatMap((request) => {
    if (installed.has(nameOf(request))) return [];
    const {user, mount, upstream} = request;
    const same = byMount.get(mount)?.find((other) => other !== request);
    const above = parentsOf(mount)
      .flatMap((parent) => byMount.get(parent) ?? [])
      .find((other) => other.user !== user);
    const ports = upstream.kind === 'tcp' ? (byPort.get(upstream.port) ?? []) : [];
    const beside = ports.find((other) => other.user !== user);
    const rival = same ?? above ?? beside;
    if (rival === undefined) return [];
    const who = `${rival.user}'s ${rival.app}`;
    // A longer mount takes visitors away from a shorter one.
    const reason =
      rival === same
        ? `${who} asks for the mount ${mount}, too`
        : rival === above
          ? `the mount ${mount} is below that of ${who}`
          : `${who} asks for the same port, too`;
    return [{request, reason, hint: `${user} or ${rival.user} has to choose another one`}];
  });
}

function nameOf({user, app, mount}: Entry): string {
  return `${user} ${app} ${mount}`;
}

function groups<Key>(
  requests: readonly PublishedRequest[],
  keyOf: (request: PublishedRequest) => Key,
): ReadonlyMap<Key, readonly PublishedRequest[]> {
  const found = new Map<Key, PublishedRequest[]>();
  for (const request of requests) found.set(keyOf(request), [...(found.get(keyOf(request)) ?? []), request]);
  return found;
}

/** `/a/b/c` → `/a`, `/a/b`. */
function parentsOf(mount: string): readonly string[] {
  const segments = mount.split('/').slice(1, -1);
  return segments.map((_, index) => `/${segments.slice(0, index + 1).join('/')}`);
}
