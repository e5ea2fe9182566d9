import test from 'ava';
import fc from 'fast-check';

import {momentOf} from '../../src/logs/moment.ts';

const UTC = Date.UTC(2026, 10, 21, 1, 33, 16);
const LOCAL = new Date(2026, 10, 21, 1, 33, 16).getTime();

const STAMPED: readonly (readonly [string, string, number])[] = [
  ['gunicorn', '[2026-11-21 01:33:16 +0000] [4711] [INFO] Booting worker', UTC],
  ['gunicorn in another zone', '[2026-11-21 02:33:16 +0100] [4711] [INFO] x', UTC],
  ['ISO 8601', '2026-11-21T01:33:16.250Z listening', UTC + 250],
  ['ISO 8601 with an offset', '2026-11-20T20:03:16-05:30 x', UTC],
  ['Python logging', '2026-11-21 01:33:16,123 INFO x', LOCAL + 123],
  ['microseconds', '2026-11-21 01:33:16.123456 x', LOCAL + 123],
  ['Apache', '127.0.0.1 - - [21/Nov/2026:01:33:16 +0000] "GET / HTTP/1.1" 200 5', UTC],
  ['Django', '[21/Nov/2026 01:33:16] "GET / HTTP/1.1" 200 5', LOCAL],
  ['uWSGI', '[pid: 7|app: 0|req: 1/1] 127.0.0.1 () {28 vars} [Sat Nov 21 01:33:16 2026] GET /', LOCAL],
  ['JSON in Python', '{"message":"x","asctime":"2026-11-21 01:33:16,123"}', LOCAL + 123],
  ['JSON whose time stands last', `{"message":"${'x'.repeat(900)}","timestamp":"2026-11-21T01:33:16Z"}`, UTC],
  ['pino', `{"level":30,"time":${UTC + 5},"msg":"x"}`, UTC + 5],
  ['JSON with seconds', `{"ts":${UTC / 1000}.25}`, UTC + 250],
  ['JSON with nanoseconds', `{"ts":${UTC}000000}`, UTC],
  ['JSON', '{"level":"info","time":"2026-11-21T01:33:16Z","msg":"x"}', UTC],
];
for (const [whose, line, moment] of STAMPED) {
  test(`momentOf() reads the time of ${whose}`, (t) => t.is(momentOf(line), moment));
}

for (const line of [
  '',
  'INFO:root:x',
  '  File "x.py", line 3',
  'GET "[21/Nov/2026:01:33:16 +0000]"',
  '2026-13-41 01:33:16',
  '2026-11-21',
  '{"time":"2026-11-21T01:33:16Z"',
  '{"time":7,"ts":null,"at":{}}',
  '{"message":"{\\"time\\":\\"2026-11-21T01:33:16Z\\"}"}',
]) {
  test(`momentOf() reads no time in «${line}»`, (t) => t.is(momentOf(line), undefined));
}

test('momentOf() is a number or nothing, whatever the line', (t) => {
  fc.assert(
    fc.property(fc.string({unit: fc.constantFrom(...'[]{}":-/ 0123456789TZNov+.,'.split(''))}), (line) => {
      const moment = momentOf(line);
      return moment === undefined || Number.isFinite(moment);
    }),
  );
  t.pass();
});
