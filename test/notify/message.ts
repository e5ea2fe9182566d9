import test from 'ava';

import {bootMessage, messageAbout} from '../../src/notify/message.ts';
import type {Words} from '../../src/notify/message.ts';
import {isWanted} from '../../src/notify/news.ts';
import type {News, ProcessNews} from '../../src/notify/news.ts';

const AT = new Date(2026, 10, 20, 14, 2, 11).getTime();
const NEWS: ProcessNews = {
  notice: 'fatal',
  at: AT,
  app: 'spectral',
  process: 'queue',
  state: 'fatal',
  reason: 'exit 1: KeyError: hunter2222',
  since: undefined,
};
const WORDS: Words = {
  reason: 'from status',
  lines: ['  File "a.py", line 3', 'KeyError: hunter2222'],
  secrets: ['hunter2222'],
};

test('messageAbout() says what, when, the last lines, and what to type; secrets are hidden', (t) => {
  const {subject, text} = messageAbout({news: NEWS, held: undefined}, WORDS, 'eco');
  t.is(subject, 'appsup eco: spectral:queue is given up: exit 1: KeyError: ***');
  t.is(
    text,
    `spectral:queue is given up: exit 1: KeyError: ***
2026-11-20 14:02:11 on eco

Its last lines:
    File "a.py", line 3
  KeyError: ***

Next: appsup logs spectral:queue
      appsup restart spectral:queue    when it is mended: it is not tried any more
`,
  );
});

test('messageAbout() says how much was held back', (t) => {
  const held = {counts: {fatal: 2, recovered: 1}, since: AT - 60_000};
  const {text, facts} = messageAbout({news: NEWS, held}, WORDS, 'eco');
  t.regex(text, /^Held back since 2026-11-20 14:01:11: 2 x fatal, 1 x recovered$/m);
  t.is(facts.held, 3);
});

const HEADLINES: readonly (readonly [Partial<ProcessNews>, string])[] = [
  [{state: 'backoff'}, 'spectral:queue keeps failing: exit 1: KeyError: ***'],
  [{state: 'starting', reason: undefined}, 'spectral:queue keeps failing: from status'],
  [
    {notice: 'unhealthy', state: 'running', reason: 'GET / answered 500'},
    'spectral:queue fails its health checks: GET / answered 500',
  ],
  [
    {notice: 'recovered', state: 'running', reason: undefined, since: AT - 12 * 60_000},
    'spectral:queue runs again, after 12 min',
  ],
  [
    {notice: 'recovered', state: 'running', reason: undefined, since: AT - 7000},
    'spectral:queue runs again, after 7 s',
  ],
];
for (const [fields, headline] of HEADLINES) {
  test(`messageAbout() says "${headline}"`, (t) => {
    const {text, subject} = messageAbout({news: {...NEWS, ...fields}, held: undefined}, WORDS, 'eco');
    t.is(text.split('\n')[0], headline);
    t.is(subject, `appsup eco: ${headline}`);
    t.regex(text, /^Next: /m);
  });
}

test('messageAbout() lets nothing of a program into a header or a terminal', (t) => {
  const reason = 'exit 1: \u001b[31mred\u001b[0m\r\nBcc: mallory@example.com\u0000\u202e';
  const {subject, text, facts} = messageAbout(
    {news: {...NEWS, reason}, held: undefined},
    {...WORDS, lines: ['a\u0007\nb']},
    'eco',
  );
  t.is(subject, 'appsup eco: spectral:queue is given up: exit 1: red Bcc: mallory@example.com\uFFFD\uFFFD');
  t.regex(text, /^ {2}a\uFFFD b$/m);
  // oxlint-disable-next-line no-control-regex
  t.notRegex(JSON.stringify(facts) + text, /[\u0000-\u0009\u000b-\u001f]/);
});

test('messageAbout() is short, whatever a program prints', (t) => {
  const long = 'x'.repeat(100_000);
  const {subject, text} = messageAbout(
    {news: {...NEWS, reason: long}, held: undefined},
    {...WORDS, lines: Array.from({length: 12}, () => long)},
    'eco',
  );
  t.is(subject.length, 180);
  t.true(text.length < 6000);
});

test('bootMessage() says that all is up', (t) => {
  const {subject, text} = bootMessage(
    {notice: 'boot', at: AT, running: ['a:web', 'b:web'], missing: []},
    () => WORDS,
    'eco',
  );
  t.is(subject, 'appsup eco: after the boot, all 2 programs are up');
  t.regex(text, /^Up:\n {2}a:web\n {2}b:web$/m);
});

test('bootMessage() says what is not up, and why', (t) => {
  const words = (name: string): Words => ({
    reason: `${name} waits for hunter2222`,
    lines: [],
    secrets: ['hunter2222'],
  });
  const {subject, text, facts} = bootMessage(
    {notice: 'boot', at: AT, running: ['a:web'], missing: ['b:web']},
    words,
    'eco',
  );
  t.is(subject, 'appsup eco: after the boot, 1 of 2 programs is not up: b:web');
  t.regex(text, /^Not up:\n {2}b:web {2}b:web waits for \*\*\*$/m);
  t.deepEqual([facts.running, facts.missing], [['a:web'], ['b:web']]);
});

test('isWanted() goes by the notice, and what is missing after a boot is for whoever hears of fatal', (t) => {
  const boot = (missing: readonly string[]): News => ({notice: 'boot', at: AT, running: ['a:web'], missing});
  t.true(isWanted(NEWS, ['fatal']));
  t.false(isWanted(NEWS, ['recovered', 'boot']));
  t.true(isWanted(boot([]), ['boot']));
  t.false(isWanted(boot([]), ['fatal']));
  t.true(isWanted(boot(['b:web']), ['fatal']));
  t.false(isWanted(boot(['b:web']), ['recovered']));
});
