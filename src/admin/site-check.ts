import type {Diagnostic} from '../config/diagnostic.ts';
import {readSite} from '../config/settings.ts';
import type {SiteConfig} from '../config/settings.ts';
import {readToml} from '../config/toml.ts';
import {place} from '../config/validate.ts';
import type {Problem} from '../config/validate.ts';
import {formatRange, rangeFor, within} from '../ports/range.ts';
import type {UnixAccount} from '../system/accounts.ts';
import type {Listener, PortRange} from '../system/proc-net.ts';

/** What the host says to what its file says. */
export interface HostFacts {
  /** Every person with an account. */
  readonly people: readonly UnixAccount[];
  readonly accountNamed: (name: string) => UnixAccount | undefined;
  readonly loginOf: (uid: number) => string | undefined;
  readonly listeners: readonly Listener[];
  /** Ports of outgoing connections, and what was taken out of them. */
  readonly ephemeral: PortRange;
  readonly reserved: readonly PortRange[];
  /** Owner and mode of the directory of claims, with the type's bits; `undefined`: not there. */
  readonly stat: (file: string) => {readonly uid: number; readonly mode: number} | undefined;
}

/** Everything that is wrong with the host's file, in the order of its lines. Pure but for the facts. */
export function checkSite(text: string, file: string, facts: HostFacts): readonly Diagnostic[] {
  const {value, diagnostics} = readSite(text, file);
  const toml = readToml(text);
  if (!toml.ok) return diagnostics;
  const problems = [
    ...hostProblems(value, facts),
    ...claimsProblems(value, facts),
    ...portProblems(value, facts),
  ];
  return [...diagnostics, ...place(problems, toml.document, file)].sort(
    (a, b) => a.line - b.line || a.column - b.column,
  );
}

function hostProblems({baseUrl, mount, webUser}: SiteConfig, {accountNamed}: HostFacts): readonly Problem[] {
  const problems: Problem[] = [];
  if (baseUrl?.startsWith('http:')) {
    problems.push({
      path: ['base_url'],
      message: 'Passwords and cookies of visitors travel in the clear: "base_url" is not https',
      hint: `base_url = "${baseUrl.replace('http:', 'https:')}", once the web server has a certificate`,
    });
  }
  if (mount !== undefined && !mount.includes('{user}')) {
    problems.push({
      path: ['mount'],
      severity: 'warning',
      message: 'Any user can have the mount of any other: there is no {user} in it',
      hint: 'mount = "/{user}_{app}"',
    });
  }
  if (webUser !== undefined && accountNamed(webUser) === undefined) {
    problems.push({
      path: ['web_user'],
      message: `There is no account "${webUser}" on this host`,
      hint: 'the web server runs as www-data on Debian, as apache or nginx on Red Hat: ps -eo user,args',
    });
  }
  return problems;
}

function claimsProblems({claims}: SiteConfig, {stat}: HostFacts): readonly Problem[] {
  if (claims === undefined) return [];
  const found = stat(claims);
  const why =
    found === undefined
      ? 'is not there'
      : (found.mode & 0o170000) !== 0o040000
        ? 'is no directory, or a symbolic link'
        : found.uid !== 0
          ? `belongs to uid ${found.uid}, not to root`
          : (found.mode & 0o7777) !== 0o1777
            ? `has the mode ${(found.mode & 0o7777).toString(8)}, not 1777`
            : undefined;
  if (why === undefined) return [];
  const hint = `install -d -o root -g root -m 1777 ${claims}`;
  return [{path: ['claims'], message: `Ports are not claimed across accounts: ${claims} ${why}`, hint}];
}

function portProblems({ports}: SiteConfig, facts: HostFacts): readonly Problem[] {
  const named = Object.keys(ports.users);
  const strangers = named.filter((name) => facts.accountNamed(name) === undefined);
  const people = new Map(facts.people.map((account) => [account.name, account]));
  for (const name of named) {
    const account = people.get(name) ?? facts.accountNamed(name);
    if (account !== undefined) people.set(name, account);
  }
  const shares = [
    ...[...people.values()].map(({name, uid}) => ({name, uid, ...rangeFor({site: ports, uid, login: name})})),
    // Not there yet, perhaps: the range is spoken for all the same.
    ...strangers.flatMap((name) => {
      const range = ports.users[name];
      return range === undefined ? [] : [{name, uid: -1, range, source: 'site' as const}];
    }),
  ].map((share) => ({...share, own: Object.hasOwn(ports.users, share.name)}));
  return [
    ...strangers.map((name): Problem => {
      return {
        path: ['ports', 'users', name],
        at: 'key',
        message: `There is no account "${name}" on this host`,
        hint: 'getent passwd shows the names; remove the line of somebody who has left',
      };
    }),
    ...overlaps(shares),
    ...ephemeralProblems(shares, ports, facts),
    ...taken(shares, ports, facts),
  ];
}

/** Who may use what. */
interface Share {
  readonly name: string;
  readonly uid: number;
  readonly range: PortRange;
  /** It has a line of its own in the file. */
  readonly own: boolean;
}

/** Nobody reads more lines about what one number brought about. */
const MAX_PAIRS = 10;

function overlaps(shares: readonly Share[]): readonly Problem[] {
  const sorted = shares.toSorted((a, b) => a.range.first - b.range.first);
  const pairs: [Share, Share][] = [];
  sorted.forEach((left, index) => {
    for (const right of sorted.slice(index + 1)) {
      if (right.range.first > left.range.last || pairs.length > MAX_PAIRS) break;
      pairs.push(left.own && !right.own ? [right, left] : [left, right]);
    }
  });
  return pairs.slice(0, MAX_PAIRS).map(([other, mine]): Problem => {
    const both = `${told(mine)} and ${told(other)}`;
    return mine.own
      ? {
          path: ['ports', 'users', mine.name],
          message: `The ranges overlap: ${both}`,
          hint: 'each port to one user',
        }
      : {
          path: ['ports'],
          at: 'key',
          severity: 'warning',
          message: `Two uids have the same range: ${both}`,
          hint: `give one of them another: [ports.users] ${mine.name} = "FIRST-LAST"`,
        };
  });
}

function told({name, range}: Share): string {
  return `${name} ${formatRange(range)}`;
}

/** One finding for each line of the file that brings such ports about. */
function ephemeralProblems(
  shares: readonly Share[],
  {base}: SiteConfig['ports'],
  {ephemeral, reserved}: HostFacts,
): readonly Problem[] {
  const open = shares.filter(({name, range}) => {
    return rangeFor({user: range, uid: 0, login: name, ephemeral, reserved}).warnings.length > 0;
  });
  const [byRule] = base === undefined ? [] : open.filter(({own}) => !own);
  const rule =
    byRule === undefined ? [] : [{path: ['ports', 'base'], text: told(byRule), range: byRule.range}];
  const lines = open.filter(({own}) => own);
  const found = lines.map(({name, range}) => {
    return {path: ['ports', 'users', name], text: formatRange(range), range};
  });
  return [...rule, ...found].map(({path, text, range}): Problem => {
    return {
      path,
      message: `The kernel gives ports of ${text} to outgoing connections: ip_local_port_range is ${formatRange(ephemeral)}`,
      hint: `put them into net.ipv4.ip_local_reserved_ports, in /etc/sysctl.d: ${formatRange(range)}`,
    };
  });
}

/** Listeners in somebody else's range: the port is left out, which is worth knowing. */
function taken(
  shares: readonly Share[],
  ports: SiteConfig['ports'],
  {listeners, loginOf}: HostFacts,
): readonly Problem[] {
  const seen = new Set<number>();
  return listeners.flatMap(({port, uid, address}) => {
    const share = shares.find((each) => each.uid !== uid && within(port, each.range));
    const rule = ports.base === undefined ? 'size' : 'base';
    if (share === undefined || seen.has(port) || (!share.own && ports[rule] === undefined)) return [];
    seen.add(port);
    const who = loginOf(uid) ?? 'somebody';
    return [
      {
        path: share.own ? ['ports', 'users', share.name] : ['ports', rule],
        severity: 'warning',
        message: `Port ${port} in the range of ${told(share)} is taken: ${who} (uid ${uid}) listens on ${address}`,
        hint: 'it is left out as long as that lasts',
      } satisfies Problem,
    ];
  });
}
