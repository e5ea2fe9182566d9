import type {PrefixMode, StaticSpec} from '../../core/spec.ts';
import type {Upstream} from '../upstream.ts';
import type {Door} from './visit.ts';

/** What is verified: an app, and the way to it that visitors take. */
export interface Subject {
  readonly app: string;
  /** As the app knows it. */
  readonly mount: string;
  readonly prefix: PrefixMode;
  readonly upstream: Upstream;
  readonly statics: readonly StaticSpec[];
  /** Paths below the mount that reach the app although `/` is static. */
  readonly passes: readonly string[];
  readonly bodyLimitBytes: number;
  /** How long the front end may wait for an answer, as the app's file has it. */
  readonly timeoutMs: number;
  /** Whether answers have to be passed on as they are made. */
  readonly streaming: boolean;
  /** Whether what serves the app can speak WebSocket at all. */
  readonly webSockets: boolean;
  /** Where to connect. */
  readonly door: Door;
  /** What visitors see: `https://eco.example.ac.uk/alice_tasks/`. */
  readonly url: URL;
  /** When the administrators were asked; `undefined`: never, as far as this host knows. */
  readonly requestedAt: string | undefined;
  /** Somebody else who listens on the app's port at another address: `bob (uid 1007), listening on ::1`. */
  readonly intruder: string | undefined;
}

/** The mount as visitors type it, without a slash at its end. */
export function publicMount({url}: Subject): string {
  return url.pathname.replace(/\/$/, '');
}

/** Below the mount, where requests reach the app. */
function passed({statics, passes}: Subject): string {
  return statics.some(({path}) => path === '/') ? (passes[0] ?? '') : '';
}

/** Path of a question as a visitor sends it. */
export function askedPath(subject: Subject, question: string): string {
  return `${publicMount(subject)}${passed(subject)}/${question}`;
}

/** The same as the app has to get it. */
export function expectedPath(subject: Subject, question: string): string {
  return `${subject.prefix === 'strip' ? '' : subject.mount}${passed(subject)}/${question}`;
}

/** True for an address that visitors get to as they got here; a front end for a test has a port of its own. */
export function isPublic({url, door}: Subject, led: URL): boolean {
  const ports = [url.port, ...('port' in door ? [String(door.port)] : [])];
  return led.protocol === url.protocol && led.hostname === url.hostname && ports.includes(led.port);
}
