import test from 'ava';
import fc from 'fast-check';

import {httpReader} from '../../src/control/http-reader.ts';
import type {AnswerHead} from '../../src/control/http-reader.ts';
import {isAppsupError} from '../../src/errors.ts';

interface Read {
  readonly head: AnswerHead | undefined;
  readonly body: string;
}

/** Read an answer that comes in the given pieces. */
function read(...pieces: readonly (string | Buffer)[]): Read {
  let head: AnswerHead | undefined;
  const body: Buffer[] = [];
  const reader = httpReader({
    onHead: (found) => (head = found),
    onBody: (bytes) => body.push(Buffer.from(bytes)),
  });
  for (const piece of pieces) reader.push(Buffer.from(piece));
  reader.end();
  return {head, body: Buffer.concat(body).toString()};
}

const GOOD: readonly (readonly [string, string, string])[] = [
  ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello', 'hello'],
  [
    'chunks',
    'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\nTrailer: x\r\n\r\n',
    'hello',
  ],
  ['the end of the connection', 'HTTP/1.0 200 OK\r\n\r\nhello', 'hello'],
  ['no body', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n', ''],
];
for (const [how, answer, body] of GOOD) {
  test(`httpReader() reads a body that is told by ${how}, however it is cut`, (t) => {
    t.is(read(answer).body, body);
    t.is(read(...answer.split('')).body, body);
    fc.assert(
      fc.property(
        fc.integer({min: 0, max: answer.length}),
        fc.integer({min: 0, max: answer.length}),
        (a, b) => {
          const [from, to] = [Math.min(a, b), Math.max(a, b)];
          return read(answer.slice(0, from), answer.slice(from, to), answer.slice(to)).body === body;
        },
      ),
    );
  });
}

test('httpReader() hands out the status and the headers in lower case', (t) => {
  t.deepEqual(
    {...read('HTTP/1.1 409 Conflict\r\nAppsup-Version: 1.2\r\nContent-Length: 0\r\n\r\n').head?.headers},
    {
      'appsup-version': '1.2',
      'content-length': '0',
    },
  );
});

const BAD: readonly (readonly [string, string])[] = [
  ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n\r\n'],
  ['an endless head', `HTTP/1.1 200 OK\r\n${'X: y\r\n'.repeat(5000)}`],
  ['a header without a name', 'HTTP/1.1 200 OK\r\n: x\r\n\r\n'],
  ['a chunk size that is none', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
  ['a chunk longer than it says', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nhello\r\n'],
  ['a length that is none', 'HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n'],
  ['an answer cut in its body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello'],
  ['nothing at all', ''],
];
for (const [what, answer] of BAD) {
  test(`httpReader() refuses ${what}`, (t) => {
    const error = t.throws(() => read(answer));
    t.true(isAppsupError(error) && error.code === 'PROTOCOL');
  });
}

test('httpReader() throws nothing but PROTOCOL, whatever comes', (t) => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({maxLength: 50})), fc.boolean(), (pieces, http) => {
      try {
        read(
          ...(http ? ['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'] : []),
          ...pieces.map((piece) => Buffer.from(piece)),
        );
      } catch (error) {
        if (!isAppsupError(error) || error.code !== 'PROTOCOL') throw error;
      }
    }),
  );
  t.pass();
});
