import test from 'ava';
import fc from 'fast-check';

import {LineWriter, accessLine, quoted, withoutQuery} from '../../src/gateway/access-log.ts';

const ENTRY = {
  address: '192.0.2.7',
  at: new Date('2026-11-21T05:10:00Z'),
  method: 'GET',
  target: '/alice/tasks/',
  version: '1.1',
  status: 200,
  bytes: 512,
  referer: undefined,
  agent: 'curl/7.88.1',
  app: 'tasks',
  seconds: 0.0123,
};

test('accessLine() is the combined format, with the app and the seconds behind it', (t) => {
  const line = accessLine(ENTRY);
  t.regex(
    line,
    /^192\.0\.2\.7 - - \[2[01]\/Nov\/2026:\d\d:\d\d:00 [+-]\d{4}\] "GET \/alice\/tasks\/ HTTP\/1\.1" 200 512 "-" "curl\/7\.88\.1" tasks 0\.012\n$/,
  );
});

test('accessLine() leaves out queries, where tokens are', (t) => {
  const line = accessLine({
    ...ENTRY,
    target: '/alice/tasks/?token=secret',
    referer: 'https://x/y?token=secret#secret',
  });
  t.notRegex(line, /secret/);
  t.true(line.includes('"GET /alice/tasks/ HTTP/1.1"') && line.includes('"https://x/y"'));
  t.is(withoutQuery('/a#b?c'), '/a');
});

test('no visitor can make a second line, or move a terminal’s cursor', (t) => {
  t.is(quoted('a"b\\c\x1b[2J\n\xe9'), 'a\\"b\\\\c\\x1b[2J\\x0a\\xe9');
  t.is(quoted('x'.repeat(5000)).length, 2003);
  fc.assert(
    fc.property(fc.string({unit: 'binary'}), fc.string({unit: 'binary'}), (agent, target) => {
      const line = accessLine({...ENTRY, agent, target});
      t.is(line.search(/[^\x20-\x7e]/), line.length - 1);
    }),
  );
});

test('LineWriter gathers lines, and writes them when there are many or a moment has passed', async (t) => {
  const written: string[] = [];
  let wrote: () => void = () => undefined;
  const next = async () => await new Promise<void>((resolve) => (wrote = resolve));
  const lines = new LineWriter((text) => {
    written.push(text);
    wrote();
  });
  lines.add('a\n');
  lines.add('b\n');
  t.deepEqual(written, []);
  await next();
  t.deepEqual(written, ['a\nb\n']);
  lines.add('x'.repeat(20_000));
  t.is(written.length, 2);
  lines.flush();
  t.is(written.length, 2);
});
