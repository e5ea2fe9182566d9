import test from 'ava';
import fc from 'fast-check';

import {merged, since, stamped} from '../../src/logs/merge.ts';

const at = (second: number, text = ''): string =>
  `2026-11-21T00:00:${String(second).padStart(2, '0')}Z ${text}`.trim();

test('merged() orders lines of several logs by their times', (t) => {
  const lines = merged([stamped('a', [at(1), at(5)]), stamped('b', [at(2), at(3)])]);
  t.deepEqual(
    lines.map(({source}) => source),
    ['a', 'b', 'b', 'a'],
  );
});

test('a traceback stays with its first line', (t) => {
  const lines = merged([
    stamped('a', [at(1, 'ERROR'), 'Traceback', '  File', 'KeyError']),
    stamped('b', [at(0), at(1), at(2)]),
  ]);
  t.deepEqual(
    lines.map(({source, text}) => `${source} ${text.split(' ').at(-1) ?? ''}`),
    [
      'b 2026-11-21T00:00:00Z',
      'a ERROR',
      'a Traceback',
      'a File',
      'a KeyError',
      'b 2026-11-21T00:00:01Z',
      'b 2026-11-21T00:00:02Z',
    ],
  );
});

test('logs without times follow each other', (t) => {
  t.deepEqual(
    merged([stamped('a', ['1', '2']), stamped('b', ['3'])]).map(({text}) => text),
    ['1', '2', '3'],
  );
});

test('merged() keeps every line, and the order of every log', (t) => {
  const log = fc.array(
    fc.oneof(
      fc.integer({min: 0, max: 59}).map((second) => at(second)),
      fc.string(),
    ),
  );
  fc.assert(
    fc.property(fc.array(log, {maxLength: 4}), (logs) => {
      const lines = merged(logs.map((texts, source) => stamped(source, texts)));
      logs.forEach((texts, source) =>
        t.deepEqual(
          lines.filter((line) => line.source === source).map(({text}) => text),
          texts,
        ),
      );
    }),
  );
});

test('since() leaves out what is older, and keeps what has no time', (t) => {
  const lines = [...stamped('a', [at(1), 'more', at(5)]), ...stamped('b', ['no time'])];
  t.deepEqual(
    since(lines, Date.UTC(2026, 10, 21, 0, 0, 4)).map(({text}) => text),
    [at(5), 'no time'],
  );
});
