/** One request as it stands in the log. */
export interface Entry {
  readonly address: string;
  readonly at: Date;
  readonly method: string;
  /** As it came, query included. */
  readonly target: string;
  readonly version: string;
  /** 499: the visitor left before there was an answer (nginx's number). */
  readonly status: number;
  /** Sent to the visitor, headers included. */
  readonly bytes: number;
  readonly referer: string | undefined;
  readonly agent: string | undefined;
  /** `undefined`: it belonged to no app. */
  readonly app: string | undefined;
  readonly seconds: number;
}

/**
 * A line in the combined format of Apache and nginx, with the app and the seconds behind it.
 *
 * ```
 * 192.0.2.7 - - [21/Nov/2026:05:10:00 +0000] "GET /alice/tasks/ HTTP/1.1" 200 512 "-" "curl/7.88.1" tasks 0.012
 * ```
 *
 * Queries are left out, also those of referers: they carry tokens, and this file is read, sent and kept. So is the name
 * of a user, which we do not know. Everything that a visitor could have made up is escaped as Apache does.
 */
export function accessLine(entry: Entry): string {
  const {address, at, method, target, version, status, bytes, referer, agent, app, seconds} = entry;
  const request = `${quoted(method)} ${quoted(withoutQuery(target))} HTTP/${version}`;
  const from = referer === undefined ? '-' : quoted(withoutQuery(referer));
  const by = agent === undefined ? '-' : quoted(agent);
  return `${address} - - [${moment(at)}] "${request}" ${status} ${bytes} "${from}" "${by}" ${app ?? '-'} ${seconds.toFixed(3)}\n`;
}

/** The part of an address in front of its query and fragment. */
export function withoutQuery(target: string): string {
  const end = target.search(/[?#]/);
  return end === -1 ? target : target.slice(0, end);
}

const LONGEST = 2000;

/** Safe between quotes in a log that terminals will show: `\xHH` for everything that is not printable ASCII. */
export function quoted(text: string): string {
  const short = text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
  // Nearly all are clean, and this runs for each request.
  if (!/[^\x20-\x7e]|["\\]/.test(short)) return short;
  return short.replace(/[^\x20-\x7e]|["\\]/g, (character) =>
    character === '"' || character === '\\'
      ? `\\${character}`
      : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

let lastSecond = Number.NaN;
let lastText = '';

/** `21/Nov/2026:05:10:00 +0000`, local time; made once a second. */
function moment(at: Date): string {
  const second = Math.floor(at.getTime() / 1000);
  if (second === lastSecond) return lastText;
  const two = (value: number) => String(value).padStart(2, '0');
  const offset = -at.getTimezoneOffset();
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}${two(Math.abs(offset) % 60)}`;
  const day = `${two(at.getDate())}/${MONTHS[at.getMonth()]}/${at.getFullYear()}`;
  lastText = `${day}:${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())} ${zone}`;
  lastSecond = second;
  return lastText;
}

/** A write for each request would cost as much as a tenth of it. */
const GATHER_MS = 100;
const GATHER_CHARACTERS = 16_384;

/** Gathers lines for a moment and writes them together; sleeps while there are none. */
export class LineWriter {
  readonly #write: (text: string) => void;
  #pending = '';
  #timer: NodeJS.Timeout | undefined;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  add(line: string): void {
    this.#pending += line;
    if (this.#pending.length >= GATHER_CHARACTERS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), GATHER_MS);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const text = this.#pending;
    this.#pending = '';
    if (text !== '') this.#write(text);
  }
}
