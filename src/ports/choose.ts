import net from 'node:net';

import {AppsupError, systemCode} from '../errors.ts';
import type {PortRange} from '../system/proc-net.ts';
import {listeners, userName} from '../system/proc-net.ts';
import type {Book, Retired} from './book.ts';
import {claimPort} from './claims.ts';
import {formatRange, isWellKnown, portsOf, within} from './range.ts';
import {describeHolder, portHolder} from './taken.ts';

export interface Choice {
  readonly port: number;
  readonly warnings: readonly string[];
}

interface Question {
  readonly app: string;
  readonly range: PortRange;
  readonly book: Book;
  /** Ports that are not to be given, each with the reason. */
  readonly taken: ReadonlyMap<number, string>;
  readonly claims: string | undefined;
}

/**
 * A port of the range that nobody has: not leased, not named in a file, not well known, not listened on by anybody
 * on any address, bindable now, and not claimed by another account.
 *
 * First the one that this app had before it was removed, then those that no app ever had, then the others, those that
 * were given back longest ago first.
 *
 * @throws AppsupError `PORTS_EXHAUSTED` with what is on each port.
 */
export async function choosePort(question: Question): Promise<Choice> {
  const {app, range, book, claims} = question;
  const table = listeners();
  const refused: {readonly port: number; readonly why: string}[] = [];
  const warnings = new Set<string>();
  for (const {port, retired} of candidates(app, range, book)) {
    const holder = portHolder(port, undefined, table);
    const why =
      whyKept(port, question) ??
      (holder === undefined ? await whyNotBindable(port) : describeHolder(holder)) ??
      (claims === undefined ? undefined : whyClaimed(claims, port, warnings));
    if (why !== undefined) {
      refused.push({port, why});
      continue;
    }
    if (retired !== undefined && retired.app !== app) {
      warnings.add(
        `Port ${port} was "${retired.app}"'s before: make sure that no front end sends its visitors there any more`,
      );
    }
    return {port, warnings: [...warnings]};
  }
  throw exhausted(app, range, refused);
}

function candidates(
  app: string,
  range: PortRange,
  book: Book,
): readonly {readonly port: number; readonly retired: Retired | undefined}[] {
  const retired = book.retired.filter(({port}) => within(port, range)).toSorted((a, b) => a.at - b.at);
  // A port that was moved away from was in somebody's way: it is not what the app wants back.
  const own = retired.filter((old) => old.app === app && old.why !== 'moved').toReversed();
  const others = retired.filter((old) => !own.includes(old));
  const used = new Set(retired.map(({port}) => port));
  const fresh = portsOf(range).filter((port) => !used.has(port));
  return [
    ...own.map((old) => ({port: old.port, retired: old})),
    ...fresh.map((port) => ({port, retired: undefined})),
    ...others.map((old) => ({port: old.port, retired: old})),
  ];
}

function whyKept(port: number, {book, taken}: Question): string | undefined {
  const lease = book.leases.find((other) => other.port === port);
  if (lease !== undefined) return `leased to "${lease.app}"`;
  return taken.get(port) ?? (isWellKnown(port) ? 'known for another service' : undefined);
}

/**
 * The kernel's own answer, for this moment: an outgoing connection of anybody occupies a port without being in the
 * table of listeners. Node binds with SO_REUSEADDR, as servers do: else a connection in TIME_WAIT would say no.
 */
async function whyNotBindable(port: number): Promise<string | undefined> {
  return await new Promise((resolve, reject) => {
    const server = net.createServer((socket) => socket.destroy());
    server.once('error', (error) => {
      const code = systemCode(error);
      if (code === 'EADDRINUSE') resolve('in use, for example by a connection');
      else if (code === 'EACCES') resolve('not allowed');
      else reject(error);
    });
    server.listen({host: '127.0.0.1', port, exclusive: true}, () => server.close(() => resolve(undefined)));
  });
}

function whyClaimed(directory: string, port: number, warnings: Set<string>): string | undefined {
  const claim = claimPort(directory, port);
  switch (claim.id) {
    case 'ours':
      return undefined;
    case 'taken':
      return `claimed by ${userName(claim.uid)} (uid ${claim.uid})`;
    case 'unusable':
      warnings.add(`Ports that other users leased cannot be told: ${claim.why}`);
      return undefined;
  }
}

/** Enough to see what is going on; the rest is in the details. */
const SHOWN = 6;

function exhausted(
  app: string,
  range: PortRange,
  refused: readonly {readonly port: number; readonly why: string}[],
): AppsupError {
  const byPort = refused.toSorted((a, b) => a.port - b.port);
  const shown = byPort.slice(0, SHOWN).map(({port, why}) => `${port} ${why}`);
  const more = byPort.length > SHOWN ? `; and ${byPort.length - SHOWN} more` : '';
  return new AppsupError(
    'PORTS_EXHAUSTED',
    `Cannot lease a port for "${app}": none of ${formatRange(range)} is free: ${shown.join('; ')}${more}`,
    {
      hint: 'give one back: appsup ports; or set a larger range in config.toml: ports = "FIRST-LAST"',
      details: {app, first: range.first, last: range.last, ports: byPort},
    },
  );
}
