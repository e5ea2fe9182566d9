import {socketKey} from '../core/names.ts';
import {AppsupError} from '../errors.ts';
import type {PortRange} from '../system/proc-net.ts';
import {changeBook, readBook} from './book-file.ts';
import type {BookPaths} from './book-file.ts';
import {isHolder, isLeasable} from './book.ts';
import type {Book, Lease, Retired} from './book.ts';
import {claimPort, dropClaim} from './claims.ts';
import {choosePort} from './choose.ts';

export interface LeaseRequest {
  readonly paths: BookPaths;
  readonly app: string;
  readonly range: PortRange;
  /** Ports that apps have in their files, for example a fixed one of an app that was never started. */
  readonly taken?: Iterable<number> | undefined;
  /** The site's directory of claims across accounts. */
  readonly claims?: string | undefined;
}

/** A lease, and what the user should know about how it was found. */
export interface Leased extends Lease {
  /** One sentence each, without a final period. */
  readonly warnings: readonly string[];
}

/**
 * The port of an app: the one it has, for ever the same, or a free one of the range.
 *
 * An app that was removed and comes back gets its old port again, if that is still free.
 *
 * @throws AppsupError `PORTS_EXHAUSTED` with what is on each port, `BAD_NAME`, `DISK`, `TIMEOUT`, `VERSION_MISMATCH`.
 */
export async function leasePort(request: LeaseRequest): Promise<Leased> {
  const settled = settledLease(request, (lease) => !lease.fixed);
  if (settled !== undefined) return settled;
  return await change(request, async (book) => {
    const lease = leaseIn(book, request.app);
    if (lease === undefined) return await allocate(book, request);
    const warnings = claimWarnings(request, lease.port);
    // Its file named the port once and does not any more: it stays, now as ours to move.
    if (lease.fixed) return {...withLease(book, {...lease, fixed: false}), warnings};
    return {book, lease, warnings};
  });
}

/**
 * Another free port for an app that has one.
 *
 * The old one is kept from other apps for as long as the range has free ports: a front end may still send visitors there.
 *
 * @throws AppsupError `NO_SUCH_APP` when it has none, `USAGE` when its own file names the port, and as {@link leasePort}.
 */
export async function movePort(request: LeaseRequest): Promise<Leased> {
  return await change(request, async (book) => {
    const lease = leaseIn(book, request.app);
    if (lease === undefined) {
      throw new AppsupError('NO_SUCH_APP', `Cannot move the port of "${request.app}": it has none`, {
        hint: 'see them all: appsup ports',
      });
    }
    if (lease.fixed) {
      throw new AppsupError(
        'USAGE',
        `Cannot move the port of "${request.app}": its file says port = ${lease.port}`,
        {
          hint: `change or remove that line: appsup edit ${request.app}`,
        },
      );
    }
    return await allocate(withoutLease(book, lease, 'moved'), request, [[lease.port, 'what it has now']]);
  });
}

/**
 * Write down the port that an app's own file names, so that no other app is given it.
 *
 * @throws AppsupError `PORT_RANGE` for a port below 1024 or above 65535, `PORT_TAKEN` when another app of this user has it.
 */
export async function adoptPort(
  request: Omit<LeaseRequest, 'range' | 'taken'> & {readonly port: number},
): Promise<Leased> {
  const {app, port} = request;
  if (!isLeasable(port)) {
    throw new AppsupError(
      'PORT_RANGE',
      `Cannot use port ${port} for "${app}": it has to be between 1024 and 65535`,
      {
        hint: `remove the line port = ${port}, and a free one is found: appsup edit ${app}`,
        details: {port},
      },
    );
  }
  const settled = settledLease(request, (lease) => lease.fixed && lease.port === port);
  if (settled !== undefined) return settled;
  return await change(request, async (book) => {
    const other = book.leases.find((lease) => lease.port === port && lease.app !== app);
    if (other !== undefined) {
      throw new AppsupError(
        'PORT_TAKEN',
        `Cannot use port ${port} for "${app}": it is leased to "${other.app}"`,
        {
          hint: `choose another one in its file: appsup edit ${app}; or move the other app: appsup ports move ${other.app}`,
          details: {port, app: other.app},
        },
      );
    }
    const warnings = claimWarnings(request, port);
    const lease = leaseIn(book, app);
    if (lease?.port === port && lease.fixed) return {book, lease, warnings};
    const rest = lease === undefined || lease.port === port ? book : withoutLease(book, lease, 'moved');
    return {
      ...withLease(rest, {app, port, since: lease?.port === port ? lease.since : Date.now(), fixed: true}),
      warnings,
    };
  });
}

/** Give an app's port back; `undefined` when it had none. */
export async function releasePort(
  request: Pick<LeaseRequest, 'paths' | 'app' | 'claims'>,
): Promise<Leased | undefined> {
  const {result, warnings} = await changeBook(request.paths, async (book) => {
    const lease = leaseIn(book, request.app);
    return {book: lease === undefined ? book : withoutLease(book, lease, 'released'), result: lease};
  });
  if (result === undefined) return undefined;
  // After the book was written: a claim without a lease harms nobody, a lease without a claim might.
  if (request.claims !== undefined) dropClaim(request.claims, result.port);
  return {...result, warnings};
}

/** The app's lease, `undefined` when it has none. Reads only. */
export function leaseOf(paths: BookPaths, app: string): Lease | undefined {
  return leaseIn(readBook(paths).book, app);
}

/** The ports of an app's named sockets, by name. Reads only. */
export function namedLeases(paths: BookPaths, app: string): ReadonlyMap<string, number> {
  const prefix = socketKey(app, '');
  return new Map(
    leases(paths)
      .filter((lease) => lease.app.startsWith(prefix))
      .map((lease) => [lease.app.slice(prefix.length), lease.port]),
  );
}

/** All leases of this user and host, by port. Reads only. */
export function leases(paths: BookPaths): readonly Lease[] {
  return readBook(paths).book.leases.toSorted((a, b) => a.port - b.port);
}

/** A lease that is as it should be takes no lock and no write: apps have to start on a full disk, too. */
function settledLease(
  {paths, app, claims}: Pick<LeaseRequest, 'paths' | 'app' | 'claims'>,
  holds: (lease: Lease) => boolean,
): Leased | undefined {
  const {book, warnings} = readBook(paths);
  const lease = leaseIn(book, app);
  // After damage, the file is to be written again.
  if (lease === undefined || !holds(lease) || warnings.length > 0) return undefined;
  return {...lease, warnings: claimWarnings({app, claims}, lease.port)};
}

interface Decision {
  readonly book: Book;
  readonly lease: Lease;
  readonly warnings: readonly string[];
}

async function change(
  {paths, app}: Pick<LeaseRequest, 'paths' | 'app'>,
  decide: (book: Book) => Promise<Decision>,
): Promise<Leased> {
  if (!isHolder(app)) {
    throw new AppsupError(
      'BAD_NAME',
      `Cannot lease a port for ${JSON.stringify(app)}: that is no name of an app`,
      {
        hint: 'a name has letters, digits, - and _, and begins with a letter or digit',
      },
    );
  }
  const {result, warnings} = await changeBook(paths, async (found) => {
    const decision = await decide(found);
    return {book: decision.book, result: decision};
  });
  return {...result.lease, warnings: [...warnings, ...result.warnings]};
}

async function allocate(
  book: Book,
  {app, range, taken = [], claims}: LeaseRequest,
  kept: readonly (readonly [number, string])[] = [],
): Promise<Decision> {
  const inFiles = [...taken].map((port) => [port, 'in the file of an app'] as const);
  const {port, warnings} = await choosePort({
    app,
    range,
    book,
    taken: new Map([...inFiles, ...kept]),
    claims,
  });
  return {...withLease(book, {app, port, since: Date.now(), fixed: false}), warnings};
}

function claimWarnings({app, claims}: Pick<LeaseRequest, 'app' | 'claims'>, port: number): readonly string[] {
  if (claims === undefined) return [];
  const claim = claimPort(claims, port);
  switch (claim.id) {
    case 'ours':
      return [];
    case 'unusable':
      return [`Port ${port} of "${app}" is not claimed: ${claim.why}`];
    case 'taken':
      return [`Port ${port} of "${app}" is claimed by uid ${claim.uid}, too: one of you has to move it`];
  }
}

function leaseIn(book: Book, app: string): Lease | undefined {
  return book.leases.find((lease) => lease.app === app);
}

function withLease(book: Book, lease: Lease): {readonly book: Book; readonly lease: Lease} {
  return {
    book: {
      leases: [...book.leases.filter(({app}) => app !== lease.app), lease],
      retired: book.retired.filter(({port}) => port !== lease.port),
    },
    lease,
  };
}

function withoutLease(book: Book, {app, port}: Lease, why: Retired['why']): Book {
  return {
    leases: book.leases.filter((lease) => lease.app !== app),
    retired: [...book.retired, {app, port, at: Date.now(), why}],
  };
}
