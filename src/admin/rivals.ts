import type {PublishedRequest} from '../frontend/request.ts';

/** A request that clashes with another one, and how. */
export interface Rival {
  readonly request: PublishedRequest;
  readonly reason: string;
  readonly hint: string;
}

/**
 * Who asks for what somebody else asks for, too. What is installed stays; of two new ones neither is taken, for the
 * date in a request is its writer's own word, and the administrator knows both.
 */
export function rivalsAmong(
  requests: readonly PublishedRequest[],
  incumbents: readonly PublishedRequest[],
): readonly Rival[] {
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

function nameOf({user, app, mount}: PublishedRequest): string {
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
