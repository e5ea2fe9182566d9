import test from 'ava';
import fc from 'fast-check';

import {isAppsupError} from '../../src/errors.ts';
import {
  parseAct,
  parseChallenge,
  parseEnvelope,
  parseReload,
  parseShutdown,
  parseSignal,
  parseStatus,
  statusQuery,
} from '../../src/control/protocol.ts';

test('parseAct() takes an action and its targets, and waits unless told not to', (t) => {
  t.deepEqual(parseAct({action: 'start', targets: ['a', 'b:web', 'c:queue_00', 'd:*', 'all']}), {
    action: 'start',
    targets: ['a', 'b:web', 'c:queue_00', 'd:*', 'all'],
    wait: true,
  });
  t.false(parseAct({action: 'stop', targets: ['a'], wait: false}).wait);
  t.true(parseAct({action: 'stop', targets: ['a'], surplus: true}).surplus);
});

const REFUSED: readonly (readonly [string, () => unknown, RegExp])[] = [
  ['no object', () => parseAct(['start']), /expected a JSON object/],
  [
    'an unknown action',
    () => parseAct({action: 'jump', targets: ['a']}),
    /"start", "stop" or "restart", got "jump"/,
  ],
  ['an unknown field', () => parseAct({action: 'stop', targets: ['a'], force: true}), /got "force"/],
  [
    'no signal of Linux',
    () => parseSignal({signal: 'SIGTERM', targets: ['a']}),
    /"signal" to be a name such as "TERM" or "USR1", got "SIGTERM"/,
  ],
  ['a signal for nobody', () => parseSignal({signal: 'TERM', targets: []}), /"targets" to name something/],
  ['no targets', () => parseAct({action: 'stop', targets: []}), /"targets" to name something/],
  ['a target that is a path', () => parseAct({action: 'stop', targets: ['../x']}), /got "..\/x"/],
  ['a target with a line break', () => parseReload({apps: ['a\nb']}), /got "a\\nb"/],
  ['too many targets', () => parseReload({apps: Array.from({length: 1001}, () => 'a')}), /at most 1000/],
  [
    'wait that is no boolean',
    () => parseAct({action: 'stop', targets: ['a'], wait: 1}),
    /"wait" to be true or false/,
  ],
  ['a shutdown that does not say', () => parseShutdown({}), /"stopApps" to be true or false, got nothing/],
  [
    'a question that a visitor might ask by chance',
    () => parseChallenge({app: 'a', question: 'short', answer: 'x', timeoutMs: 1000}),
    /"question" to be 16 to 128 letters/,
  ],
  [
    'a field that is two',
    () =>
      parseChallenge({
        app: 'a',
        question: 'q'.repeat(32),
        answer: 'x',
        timeoutMs: 1,
        headers: [['X-A', '1\r\nX-B: 2']],
      }),
    /pairs such as \["X-Name", "value"\]/,
  ],
  [
    'more fields than anybody needs',
    () =>
      parseChallenge({
        app: 'a',
        question: 'q'.repeat(32),
        answer: 'x',
        timeoutMs: 1,
        headers: Array.from({length: 17}, () => ['a', 'b']),
      }),
    /at most 16 fields/,
  ],
  [
    'a question to a program',
    () => parseChallenge({app: 'a:web', question: 'q'.repeat(32), answer: 'x', timeoutMs: 1000}),
    /"app" to name an app/,
  ],
  [
    'a challenge that takes an hour',
    () => parseChallenge({app: 'a', question: 'q'.repeat(32), answer: 'x', timeoutMs: 3_600_000}),
    /"timeoutMs" to be from 1 to 60000/,
  ],
  [
    'an answer that takes an hour',
    () => parseChallenge({app: 'a', question: 'q'.repeat(32), answer: 'x', timeoutMs: 1, pauseMs: 3_600_000}),
    /"pauseMs" to be from 0 to 10000/,
  ],
  [
    'an answer that is a book',
    () => parseChallenge({app: 'a', question: 'q'.repeat(32), answer: 'x'.repeat(1025), timeoutMs: 1}),
    /at most 1024 characters/,
  ],
  ['an unknown query', () => parseStatus(new URLSearchParams('apps=a')), /"app" or "memory" in the query/],
];
for (const [what, parse, message] of REFUSED) {
  test(`the door refuses ${what}`, (t) => {
    const error = t.throws(parse, {message});
    t.true(isAppsupError(error) && error.code === 'PROTOCOL');
  });
}

test('statusQuery() and parseStatus() are each other’s reverse', (t) => {
  const request = {targets: ['a', 'b:web'], memory: true};
  t.deepEqual(parseStatus(new URLSearchParams(statusQuery(request))), request);
  t.is(statusQuery({targets: [], memory: false}), '');
});

test('the parsers throw nothing but PROTOCOL, whatever they are given', (t) => {
  const parsers = [
    parseAct,
    parseChallenge,
    parseReload,
    parseShutdown,
    (value: unknown) => parseEnvelope(JSON.stringify(value) ?? ''),
  ];
  fc.assert(
    fc.property(fc.anything(), fc.constantFrom(...parsers), (value, parse) => {
      try {
        parse(value);
      } catch (error) {
        if (!isAppsupError(error) || error.code !== 'PROTOCOL') throw error;
      }
    }),
  );
  t.pass();
});

test('parseEnvelope() refuses what is neither event, result nor error', (t) => {
  for (const text of ['', '7', '{}', '{"error":"x"}', '{"error":{"code":1}}', '<html>']) {
    t.throws(() => parseEnvelope(text), {message: /Cannot/});
  }
});
