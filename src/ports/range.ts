import {AppsupError} from '../errors.ts';
import type {PortRange} from '../system/proc-net.ts';

/** The administrator's word on ports: `[ports]` of `/etc/appsup/site.toml`. */
export interface SitePorts {
  /** First port of the first slot. @defaultValue 20_000 */
  readonly base?: number | undefined;
  /** Ports per user. @defaultValue 20 */
  readonly size?: number | undefined;
  /** Ranges of single users, by login name. */
  readonly users?: Readonly<Record<string, PortRange>> | undefined;
}

export interface RangeQuestion {
  readonly site?: SitePorts | undefined;
  /** `ports` of the user's own config. */
  readonly user?: PortRange | undefined;
  readonly uid: number;
  /** Login name, to be looked up in the site's list. */
  readonly login: string;
  /** What the kernel gives to outgoing connections; `undefined`: not known, so nothing is warned of. */
  readonly ephemeral?: PortRange | undefined;
  /** What was taken out of it again. */
  readonly reserved?: readonly PortRange[] | undefined;
}

export interface RangeAnswer {
  readonly range: PortRange;
  /** Who said so. */
  readonly source: 'site' | 'user' | 'default';
  /** One sentence each, without a final period. */
  readonly warnings: readonly string[];
}

/** Slots end below Linux's ephemeral ports, which begin at 32768. */
const LAST_SLOT_PORT = 32_767;
/** Debian's and Red Hat's first uid of a person. */
const FIRST_UID = 1000;

/**
 * The ports of one user: the site's own entry for the login name, else the user's config, else the slot of the uid.
 *
 * A slot is `base + size × ((uid − 1000) mod slots)`: consecutive uids never meet, unlike with a hash; scattered ones
 * (a directory service) may, so it is a proposal, and the allocation looks before it takes. A site that sets a
 * base or a size decides for everybody: then the user's own range does not count.
 *
 * @throws AppsupError `PORT_RANGE` for ports below 1024 or above 65535, or a range with its ends swapped.
 */
export function rangeFor(question: RangeQuestion): RangeAnswer {
  const {range, source} = choose(question);
  checkRange(range, source);
  return {range, source, warnings: warningsFor(range, question)};
}

function choose({site, user, uid, login}: RangeQuestion): Omit<RangeAnswer, 'warnings'> {
  const users = site?.users;
  const own = users !== undefined && Object.hasOwn(users, login) ? users[login] : undefined;
  if (own !== undefined) return {range: own, source: 'site'};
  if (site?.base !== undefined || site?.size !== undefined) return {range: slotOf(uid, site), source: 'site'};
  if (user !== undefined) return {range: user, source: 'user'};
  return {range: slotOf(uid, {}), source: 'default'};
}

function slotOf(uid: number, {base = 20_000, size = 20}: Pick<SitePorts, 'base' | 'size'>): PortRange {
  // A site that begins above the ephemeral ports wants to be there: it has up to the last port.
  const end = base > LAST_SLOT_PORT ? 65_535 : LAST_SLOT_PORT;
  const slots = Math.max(1, Math.floor((end - base + 1) / size));
  // System accounts have uids below 1000: `%` alone would give them a negative slot.
  const slot = (((uid - FIRST_UID) % slots) + slots) % slots;
  const first = base + size * slot;
  return {first, last: first + size - 1};
}

const WHERE: Readonly<Record<RangeAnswer['source'], string>> = {
  site: 'the site file',
  user: 'your config',
  default: 'the default',
};

function checkRange({first, last}: PortRange, source: RangeAnswer['source']): void {
  const fail = (why: string) => {
    throw new AppsupError('PORT_RANGE', `Cannot use the ports ${first}-${last} of ${WHERE[source]}: ${why}`, {
      hint:
        source === 'site'
          ? 'ask the administrators to mend /etc/appsup/site.toml'
          : 'set ports = "20140-20159"',
      details: {first, last, source},
    });
  };
  if (!Number.isInteger(first) || !Number.isInteger(last)) fail('a port is a whole number');
  if (first > last) fail('the first one is above the last one');
  if (first < 1024) fail('ports below 1024 belong to root');
  if (last > 65_535) fail('the highest port is 65535');
}

function warningsFor(range: PortRange, {ephemeral, reserved = []}: RangeQuestion): readonly string[] {
  if (ephemeral === undefined) return [];
  const open = portsOf(range).filter(
    (port) => within(port, ephemeral) && !reserved.some((part) => within(port, part)),
  );
  const [first] = open;
  if (first === undefined) return [];
  const which = open.length === 1 ? `port ${first}` : `ports ${first}-${open.at(-1)}`;
  return [
    `The kernel may give ${which} of your range ${formatRange(range)} to anybody's outgoing connection ` +
      `(ip_local_port_range ${formatRange(ephemeral)}): ask the administrators to put them into ip_local_reserved_ports`,
  ];
}

/** `"20140-20159"` → `{first: 20140, last: 20159}`; `undefined` for anything else, whatever the numbers are. */
export function parseRange(text: string): PortRange | undefined {
  const [, first, last] = /^\s*(\d{1,5})\s*-\s*(\d{1,5})\s*$/.exec(text) ?? [];
  return first === undefined ? undefined : {first: Number(first), last: Number(last)};
}

/** `20140-20159`. */
export function formatRange({first, last}: PortRange): string {
  return `${first}-${last}`;
}

/** Every port of a range, ascending. */
export function portsOf({first, last}: PortRange): readonly number[] {
  return Array.from({length: Math.max(0, last - first + 1)}, (_, index) => first + index);
}

/** True when the port is in the range, ends included. */
export function within(port: number, {first, last}: PortRange): boolean {
  return port >= first && port <= last;
}

/**
 * Ports that programs expect to find somebody else on: never leased by ourselves, though a config may name one.
 *
 * Of /etc/services and common practice; 4045 to 10080 are also those that browsers refuse to open
 * (Fetch standard, "bad port"), which would break the local address.
 */
const WELL_KNOWN: ReadonlySet<number> = new Set([
  ...[
    1433, 1521, 1719, 1720, 1723, 2049, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 3659, 4045, 4190, 5060,
    5061,
  ],
  ...[
    5432, 5672, 6000, 6379, 6443, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 9200, 10_080, 10_250,
    11_211,
  ],
  ...[20_048, 22_125, 22_128, 22_273, 24_224, 24_554, 25_565, 26_379, 27_017, 27_374, 30_865],
]);

/** True for a port that some well-known service is looked for on, e.g. 27017 (MongoDB). */
export function isWellKnown(port: number): boolean {
  return WELL_KNOWN.has(port);
}
