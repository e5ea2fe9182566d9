import {AppsupError} from '../errors.ts';
import {MAX_HEAD_BYTES} from './protocol.ts';

/** The head of an HTTP answer. Names in lower case; of a repeated one, the last counts. */
export interface AnswerHead {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
}

export interface HttpReader {
  /** Take bytes as they come. @throws AppsupError `PROTOCOL` when they are not HTTP. */
  push(bytes: Buffer): void;
  /** No more bytes will come. @throws AppsupError `PROTOCOL` when the answer is not complete. */
  end(): void;
}

/** Of a chunk's size line; its extensions are nobody's. */
const MAX_SIZE_LINE = 256;

/**
 * Read one HTTP/1.1 answer, by hand: `node:http` would cost the command line 8 ms at every call.
 *
 * Understands what our own server sends: a length, chunks, or a body up to the end of the connection.
 */
export function httpReader({
  onHead,
  onBody,
}: {
  readonly onHead: (head: AnswerHead) => void;
  readonly onBody: (bytes: Buffer) => void;
}): HttpReader {
  let rest: Buffer = Buffer.alloc(0);
  let step: () => boolean = readHead;
  let left = 0;

  return {
    push(bytes) {
      rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes]);
      while (step());
    },
    end() {
      if (step !== readToEnd && step !== readNothing) throw broken('the answer ends in the middle');
    },
  };

  function readHead(): boolean {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0 && rest.length < MAX_HEAD_BYTES) return false;
    if (end < 0 || end > MAX_HEAD_BYTES) throw broken('its head is too long');
    const head = parseHead(rest.toString('latin1', 0, end));
    rest = rest.subarray(end + 4);
    step = bodyOf(head);
    onHead(head);
    return true;
  }

  function bodyOf({headers}: AnswerHead): () => boolean {
    if (headers['transfer-encoding']?.toLowerCase() === 'chunked') return readSize;
    const length = headers['content-length'];
    if (length === undefined) return readToEnd;
    if (!/^\d{1,12}$/.test(length)) throw broken('its length is not a number');
    left = Number(length);
    return left === 0 ? readNothing : readLength;
  }

  function readSize(): boolean {
    const line = takeLine();
    if (line === undefined) return false;
    const size = /^([0-9a-fA-F]{1,8})(;.*)?$/.exec(line)?.[1];
    if (size === undefined) throw broken('a chunk has no size');
    left = Number.parseInt(size, 16);
    step = left === 0 ? readTrailer : readChunk;
    return true;
  }

  function readChunk(): boolean {
    if (!takeBody()) return false;
    step = readChunkEnd;
    return true;
  }

  function readChunkEnd(): boolean {
    const line = takeLine();
    if (line === undefined) return false;
    if (line !== '') throw broken('a chunk is longer than it says');
    step = readSize;
    return true;
  }

  function readTrailer(): boolean {
    const line = takeLine();
    if (line === undefined) return false;
    if (line === '') step = readNothing;
    return true;
  }

  function readLength(): boolean {
    if (!takeBody()) return false;
    step = readNothing;
    return true;
  }

  function readToEnd(): boolean {
    if (rest.length > 0) onBody(rest);
    rest = Buffer.alloc(0);
    return false;
  }

  function readNothing(): boolean {
    rest = Buffer.alloc(0);
    return false;
  }

  /** Hand out at most `left` bytes; true when all of them have come. */
  function takeBody(): boolean {
    const part = rest.subarray(0, left);
    rest = rest.subarray(part.length);
    left -= part.length;
    if (part.length > 0) onBody(part);
    return left === 0;
  }

  function takeLine(): string | undefined {
    const end = rest.indexOf('\r\n');
    if (end < 0 && rest.length > MAX_SIZE_LINE) throw broken('a line of it is too long');
    if (end < 0) return undefined;
    const line = rest.toString('latin1', 0, end);
    rest = rest.subarray(end + 2);
    return line;
  }
}

function parseHead(text: string): AnswerHead {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) throw broken('it does not speak HTTP');
  const headers: Record<string, string> = Object.create(null) as Record<string, string>;
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) throw broken('a header has no name');
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  return {status: Number(status), headers};
}

function broken(detail: string): AppsupError {
  return new AppsupError('PROTOCOL', `Cannot understand the supervisor: ${detail}`, {
    hint: 'appsup daemon restart',
  });
}
