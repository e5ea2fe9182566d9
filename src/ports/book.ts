import {isName, isSocketKey} from '../core/names.ts';

/** A port given to one app, until the app is removed or its port is moved. */
export interface Lease {
  /** The app's name; for a named socket of it `eco:metrics`. */
  readonly app: string;
  readonly port: number;
  /** When it was given; milliseconds since 1970. */
  readonly since: number;
  /** True when the app's own file names the port. */
  readonly fixed: boolean;
}

/**
 * A port that an app had once.
 *
 * A front end may still send the old mount's visitors there, so it is given to another app only when nothing else is left.
 */
export interface Retired {
  readonly app: string;
  readonly port: number;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** `found`: in a file of the app's, after the leases themselves were lost. */
  readonly why: 'moved' | 'released' | 'found';
}

/** What is in `ports.json`. No port occurs twice, no app has two leases. */
export interface Book {
  readonly leases: readonly Lease[];
  readonly retired: readonly Retired[];
}

export const EMPTY_BOOK: Book = {leases: [], retired: []};

/** The version that this program writes; it reads no later one. */
const BOOK_VERSION = 1;

/** The file's text: JSON with one lease per line, so that {@link salvage} finds them in what is left of a damaged file. */
export function formatBook({leases, retired}: Book): string {
  const leaseLines = leases.map(
    ({app, port, since, fixed}) => `    ${JSON.stringify(app)}: ${JSON.stringify({port, since, fixed})}`,
  );
  const retiredLines = retired.map(({app, port, at, why}) => `    ${JSON.stringify({app, port, at, why})}`);
  return `{
  "version": ${BOOK_VERSION},
  "leases": {${block(leaseLines)}},
  "retired": [${block(retiredLines)}]
}
`;
}

function block(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `\n${lines.join(',\n')}\n  `;
}

/** The book in a text, `'newer'` when a later version of appsup wrote it, `undefined` when it is damaged in any way. */
export function parseBook(text: string): Book | 'newer' | undefined {
  const data = parseJson(text);
  if (!isRecord(data)) return undefined;
  if (typeof data['version'] === 'number' && data['version'] > BOOK_VERSION) return 'newer';
  const {version, leases, retired} = data;
  if (version !== BOOK_VERSION || !isRecord(leases) || !Array.isArray(retired)) return undefined;
  const book = {
    leases: Object.entries(leases).map(([app, lease]) => leaseFrom(app, lease)),
    retired: retired.map(retiredFrom),
  };
  return isWhole(book) && isConsistent(book) ? book : undefined;
}

/** Every lease that can still be read in a damaged text, the first one of each app and of each port. */
export function salvage(text: string): readonly Lease[] {
  const found: Lease[] = [];
  for (const [, app = '', lease = ''] of text.matchAll(/"([A-Za-z0-9_.:-]{1,96})":\s*(\{"port":[^{}]*\})/g)) {
    const parsed = leaseFrom(app, parseJson(lease));
    if (parsed !== undefined && !found.some((other) => other.app === app || other.port === parsed.port)) {
      found.push(parsed);
    }
  }
  return found;
}

/** True for what may be listened on without root. */
export function isLeasable(port: number): boolean {
  return Number.isInteger(port) && port >= 1024 && port <= 65_535;
}

/** True for who may have a port: an app, or a named socket of one. */
export function isHolder(text: string): boolean {
  return isName(text) || isSocketKey(text);
}

function leaseFrom(app: string, data: unknown): Lease | undefined {
  if (!isHolder(app) || !isRecord(data)) return undefined;
  const {port, since, fixed} = data;
  if (!isPort(port) || !isMoment(since) || typeof fixed !== 'boolean') return undefined;
  return {app, port, since, fixed};
}

function retiredFrom(data: unknown): Retired | undefined {
  if (!isRecord(data)) return undefined;
  const {app, port, at, why} = data;
  if (typeof app !== 'string' || !isHolder(app) || !isPort(port) || !isMoment(at)) return undefined;
  return why === 'moved' || why === 'released' || why === 'found' ? {app, port, at, why} : undefined;
}

function isWhole(book: {
  readonly leases: readonly (Lease | undefined)[];
  readonly retired: readonly (Retired | undefined)[];
}): book is Book {
  return ![...book.leases, ...book.retired].includes(undefined);
}

function isConsistent({leases, retired}: Book): boolean {
  const ports = [...leases, ...retired].map(({port}) => port);
  return new Set(ports).size === ports.length;
}

function isPort(value: unknown): value is number {
  return typeof value === 'number' && isLeasable(value);
}

function isMoment(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
