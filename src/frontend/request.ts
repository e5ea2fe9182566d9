import {isBelow, isPlainPath} from '../core/names.ts';
import type {PrefixMode} from '../core/spec.ts';
import {isAppsupError} from '../errors.ts';
import {checkValues, FRONT_ENDS} from './snippet.ts';
import type {FrontEnd} from './snippet.ts';
import type {Upstream} from './upstream.ts';

/**
 * What a user asks of the administrators for one app, as data: `<state>/requests/<app>.json`.
 *
 * An administrator's `appsup admin collect` reads the files of all users as root, so this text is somebody else's word:
 * see {@link parseRequest}.
 */
export interface PublishedRequest {
  readonly version: 1;
  /** Login name of the owner. */
  readonly user: string;
  /** Name of the host that runs the app. */
  readonly host: string;
  readonly app: string;
  /** `/alice_tasks`; `''` is the root of the site. */
  readonly mount: string;
  readonly prefix: PrefixMode;
  readonly upstream: Upstream;
  /** Files that the front end serves by itself: URL path below the mount, absolute directory. */
  readonly statics: readonly {readonly path: string; readonly directory: string}[];
  /** File of the static directory `/` that is served where no file is. @defaultValue none */
  readonly fallback?: string;
  /** Paths below the mount that go to the app although `/` is static. @defaultValue none */
  readonly passes?: readonly string[];
  /** Largest request body. */
  readonly bodyLimitMb: number;
  /** Until the front end gives up on an answer. */
  readonly timeoutS: number;
  /** One line that visitors read while nobody answers; the front end's writers quote it. @defaultValue the app's name */
  readonly maintenance?: string;
  /** @defaultValue false */
  readonly streaming?: boolean;
  /** `2026-11-20`: the day on which it was asked, in the user's calendar. */
  readonly date: string;
  /** The form that the user was shown. */
  readonly front: FrontEnd;
  /** The lines as they were sent; for the user's own eyes, never for a server. */
  readonly text?: string;
}

/** How much of it is read. */
export interface RequestLimits {
  readonly bytes: number;
  /** Entries of each list. */
  readonly entries: number;
}

export const REQUEST_LIMITS: RequestLimits = {bytes: 64 * 1024, entries: 32};

/** A request, or why it is none: a clause such as `"port" may not be 80`. It may hold the writer's text: print it with care. */
export type ParsedRequest =
  | {readonly ok: true; readonly request: PublishedRequest}
  | {readonly ok: false; readonly problem: string};

/**
 * The text of a request, keys always in the same order.
 *
 * @throws Error for what {@link parseRequest} would not take: then a check is missing at the caller's.
 */
export function serializeRequest(request: PublishedRequest): string {
  const text = `${JSON.stringify(request, [...KEYS, ...UPSTREAM_KEYS, ...STATIC_KEYS], 2)}\n`;
  const parsed = parseRequest(text);
  if (!parsed.ok) throw new Error(`no request: ${parsed.problem}`);
  return text;
}

/**
 * Read a request as the word of an adversary: short, UTF-8, JSON, exactly the known keys, and each value one that may
 * stand in a server's configuration.
 *
 * What comes back is built anew from checked values. The writers of the snippets make the configuration from it; nothing of
 * the file's own text reaches a server.
 */
export function parseRequest(text: string | Uint8Array, limits = REQUEST_LIMITS): ParsedRequest {
  try {
    return {ok: true, request: read(valueOf(text, limits), limits)};
  } catch (error) {
    if (error instanceof Refused) return {ok: false, problem: error.message};
    throw error;
  }
}

class Refused extends Error {}

function valueOf(text: string | Uint8Array, {bytes}: RequestLimits): unknown {
  const raw = typeof text === 'string' ? Buffer.from(text) : text;
  if (raw.byteLength > bytes) throw new Refused(`it has ${raw.byteLength} bytes, at most ${bytes} are read`);
  let decoded: string;
  try {
    decoded = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(raw);
  } catch {
    throw new Refused('it is not UTF-8');
  }
  try {
    return JSON.parse(decoded) as unknown;
  } catch {
    // V8 quotes the text in its message, which is nobody's to repeat.
    throw new Refused('it is not JSON');
  }
}

const KEYS = [
  'version',
  'user',
  'host',
  'app',
  'mount',
  'prefix',
  'upstream',
  'statics',
  'fallback',
  'passes',
  'bodyLimitMb',
  'timeoutS',
  'maintenance',
  'streaming',
  'date',
  'front',
  'text',
] as const;
const UPSTREAM_KEYS = ['protocol', 'kind', 'port', 'path'] as const;
const STATIC_KEYS = ['path', 'directory'] as const;

function read(value: unknown, limits: RequestLimits): PublishedRequest {
  const field = fieldsOf('the request', value, KEYS);
  // First: of another version, nothing else can be judged.
  if (field('version') !== 1)
    throw new Refused(`version ${show(field('version'))} is not known here, only 1`);
  const [fallback, passes, maintenance] = [field('fallback'), field('passes'), field('maintenance')];
  const [streaming, text] = [field('streaming'), field('text')];
  const request: PublishedRequest = {
    version: 1,
    user: textOf('user', field('user')),
    host: textOf('host', field('host')),
    app: textOf('app', field('app')),
    mount: textOf('mount', field('mount')),
    prefix: choiceOf('prefix', field('prefix'), ['keep', 'strip', 'none']),
    upstream: upstreamOf(field('upstream')),
    statics: staticsOf(field('statics'), limits),
    ...(fallback === undefined ? {} : {fallback: fallbackOf(fallback)}),
    ...(passes === undefined ? {} : {passes: passesOf(passes, limits)}),
    bodyLimitMb: numberOf('bodyLimitMb', field('bodyLimitMb')),
    timeoutS: numberOf('timeoutS', field('timeoutS')),
    ...(maintenance === undefined ? {} : {maintenance: sentenceOf(maintenance)}),
    ...(streaming === undefined ? {} : {streaming: flagOf('streaming', streaming)}),
    date: dateOf(field('date')),
    front: choiceOf('front', field('front'), FRONT_ENDS),
    ...(text === undefined ? {} : {text: textOf('text', text)}),
  };
  judge(request);
  return request;
}

/** By the rules of the snippets themselves: one place says what may stand in a configuration. */
function judge(request: PublishedRequest): void {
  const {upstream, ...input} = request;
  try {
    checkValues(request);
  } catch (error) {
    if (!isAppsupError(error) || error.code !== 'BAD_NAME') throw error;
    const name = String(error.details['value']);
    const values: Readonly<Record<string, unknown>> = {...input, ...upstream};
    throw new Refused(`"${name}" may not be ${show(values[name])}`);
  }
}

function upstreamOf(value: unknown): Upstream {
  const field = fieldsOf('"upstream"', value, UPSTREAM_KEYS);
  const protocol = choiceOf('protocol', field('protocol'), ['http', 'uwsgi']);
  const kind = choiceOf('kind', field('kind'), ['tcp', 'unix']);
  const [spare, wanted] = kind === 'tcp' ? (['path', 'port'] as const) : (['port', 'path'] as const);
  if (field(spare) !== undefined) throw new Refused(`"${spare}" and "${wanted}" exclude each other`);
  return kind === 'tcp'
    ? {protocol, kind, port: numberOf('port', field('port'))}
    : {protocol, kind, path: pathOf('path', field('path'), 107)};
}

function staticsOf(value: unknown, limits: RequestLimits): PublishedRequest['statics'] {
  return listOf('statics', value, limits).map((each) => {
    const field = fieldsOf('an entry of "statics"', each, STATIC_KEYS);
    const below = textOf('path', field('path'));
    if (below !== '/' && !isBelow(below)) throw new Refused(`"path" may not be ${show(below)}`);
    return {path: below, directory: pathOf('directory', field('directory'), 1000)};
  });
}

function passesOf(value: unknown, limits: RequestLimits): readonly string[] {
  return listOf('passes', value, limits).map((each) => {
    const below = textOf('passes', each);
    if (!isBelow(below)) throw new Refused(`"passes" may not have ${show(below)}`);
    return below;
  });
}

function listOf(name: string, value: unknown, {entries}: RequestLimits): readonly unknown[] {
  if (!Array.isArray(value)) throw new Refused(`"${name}" may not be ${show(value)}`);
  if (value.length > entries)
    throw new Refused(`"${name}" has ${value.length} entries, at most ${entries} are read`);
  return value;
}

function fallbackOf(value: unknown): string {
  const text = textOf('fallback', value);
  if (!isBelow(`/${text}`)) throw new Refused(`"fallback" may not be ${show(text)}`);
  return text;
}

/** One line of any letters, which the writers turn into text that no server reads as anything else. */
function sentenceOf(value: unknown): string {
  const text = textOf('maintenance', value);
  if (text.length === 0 || text.length > 500 || /[\p{Cc}\p{Cs}\u2028\u2029]/u.test(text))
    throw new Refused(`"maintenance" may not be ${show(text)}`);
  return text;
}

function flagOf(name: string, value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Refused(`"${name}" may not be ${show(value)}`);
  return value;
}

/** An absolute path as it is: no `.`, `..` or doubled slash in it. */
function pathOf(name: string, value: unknown, bytes: number): string {
  const text = textOf(name, value);
  if (!isPlainPath(text) || text.length > bytes) throw new Refused(`"${name}" may not be ${show(text)}`);
  return text;
}

/** A day of the calendar: not 31 November. */
function dateOf(value: unknown): string {
  const text = textOf('date', value);
  const at = new Date(`${text}T00:00:00Z`);
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== text)
    throw new Refused(`"date" may not be ${show(text)}`);
  return text;
}

/** Only keys of the text itself count, whatever objects inherit; one more than the known ones is a mistake or a trick. */
function fieldsOf<Key extends string>(
  what: string,
  value: unknown,
  known: readonly Key[],
): (name: Key) => unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Refused(`${what} may not be ${show(value)}`);
  const own = new Map<string, unknown>(Object.entries(value));
  for (const key of own.keys()) {
    if (!known.some((name) => name === key)) throw new Refused(`the key ${show(key)} is not known`);
  }
  return (name) => own.get(name);
}

function textOf(name: string, value: unknown): string {
  if (typeof value !== 'string') throw new Refused(`"${name}" may not be ${show(value)}`);
  return value;
}

function numberOf(name: string, value: unknown): number {
  if (typeof value !== 'number') throw new Refused(`"${name}" may not be ${show(value)}`);
  return value;
}

function choiceOf<Choice extends string>(name: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found === undefined) throw new Refused(`"${name}" may not be ${show(value)}`);
  return found;
}

const LONGEST_SHOWN = 60;

/** In one line of ASCII, short: it is shown to an administrator, and written by somebody else. */
function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'a table';
  if (typeof value !== 'string') return JSON.stringify(value);
  const cut = value.length > LONGEST_SHOWN ? '...' : '';
  const escaped = JSON.stringify(value.slice(0, LONGEST_SHOWN)).replace(
    /[^\x20-\x7e]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${escaped}${cut}`;
}
