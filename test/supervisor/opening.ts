import test from 'ava';
import fc from 'fast-check';

import {MAX_OPENING_BYTES, readHead, readOpening} from '../../src/supervisor/opening.ts';
import type {Opening} from '../../src/supervisor/opening.ts';
import {uwsgiPacket} from '../helpers/uwsgi-packet.ts';

const PACKET = uwsgiPacket({REQUEST_METHOD: 'GET', REQUEST_URI: '/x?y=1', PATH_INFO: '/x'});

const TABLE: readonly (readonly [what: string, bytes: string | Buffer, opening: Opening])[] = [
  ['nothing yet', '', {id: 'more'}],
  ['half a request line', 'GET /x?y', {id: 'more'}],
  ['a request line', 'GET /x?y=1 HTTP/1.1\r\nHost: a\r\n\r\n', {id: 'request', target: '/x?y=1'}],
  ['a request line of HTTP/1.0', 'M-SEARCH * HTTP/1.0\n', {id: 'request', target: '*'}],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\n', {id: 'other'}],
  ['a TLS hello', Buffer.from([0x16, 3, 1, 0, 10, 10]), {id: 'other'}],
  ['a line without an end', 'A'.repeat(MAX_OPENING_BYTES), {id: 'other'}],
  ['half a uwsgi packet', PACKET.subarray(0, 9), {id: 'more'}],
  ['a uwsgi packet', PACKET, {id: 'request', target: '/x?y=1'}],
  ['a uwsgi packet without an address', uwsgiPacket({PATH_INFO: '/x'}), {id: 'other'}],
  ['a uwsgi packet that lies about its parts', Buffer.from([0, 2, 0, 0, 255, 255]), {id: 'other'}],
];
for (const [what, bytes, opening] of TABLE) {
  test(`readOpening() of ${what} is ${JSON.stringify(opening)}`, (t) => {
    t.deepEqual(readOpening(Buffer.from(bytes)), opening);
  });
}

test('readOpening() says the same in whatever parts a request comes, and never throws', (t) => {
  fc.assert(
    fc.property(fc.nat(PACKET.length), (cut) => {
      const {id} = readOpening(PACKET.subarray(0, cut));
      t.is(id, cut < PACKET.length ? 'more' : 'request');
    }),
  );
  fc.assert(fc.property(fc.uint8Array({maxLength: 300}), (bytes) => void readOpening(Buffer.from(bytes))));
  t.pass();
});

const HEADS: readonly (readonly [what: string, bytes: string | Buffer, head: string | undefined])[] = [
  ['half a head', 'GET / HTTP/1.1\r\nHost: a\r\n', undefined],
  ['a head', 'GET / HTTP/1.1\r\nHost: a\r\n\r\nbody\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a'],
  ['half a uwsgi packet', PACKET.subarray(0, 9), undefined],
  ['a uwsgi packet', PACKET, 'uwsgi\r\nREQUEST_METHOD: GET\r\nREQUEST_URI: /x?y=1\r\nPATH_INFO: /x'],
  ['a uwsgi packet that lies about its parts', Buffer.from([0, 2, 0, 0, 255, 255]), 'uwsgi'],
];
for (const [what, bytes, head] of HEADS) {
  test(`readHead() of ${what} is ${JSON.stringify(head)}`, (t) => {
    t.is(readHead(Buffer.from(bytes)), head);
  });
}
