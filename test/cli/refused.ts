import test from 'ava';
import fc from 'fast-check';

import {refusedBy} from '../../src/cli/refused.ts';

const SENTENCES: readonly [string, string | undefined][] = [
  [
    'exit 1: redis.exceptions.ConnectionError: Error 111 connecting to localhost:6379. Connection refused.',
    'tcp://127.0.0.1:6379',
  ],
  ['exit 1: Error: connect ECONNREFUSED 127.0.0.1:5672', 'tcp://127.0.0.1:5672'],
  [
    'exit 1: psycopg2.OperationalError: connection to server at "db.example.ac.uk" (192.0.2.7), port 5432 failed: Connection refused',
    'tcp://db.example.ac.uk:5432',
  ],
  ['exit 1: ConnectionRefusedError: [Errno 111] Connection refused', undefined],
  ['exit 1: Timeout connecting to localhost:6379', undefined],
  ['exit 1: KeyError', undefined],
];

for (const [sentence, address] of SENTENCES)
  test(`refusedBy() reads ${address ?? 'no address'} in: ${sentence}`, (t) => {
    t.is(refusedBy(sentence), address);
  });

test('refusedBy() gives nothing that ends a TOML string', (t) => {
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), (host) => {
      const address = refusedBy(`connecting to ${host}:1 refused`);
      return address === undefined || /^tcp:\/\/[\w.-]+:\d{1,5}$/.test(address);
    }),
  );
  t.pass();
});
