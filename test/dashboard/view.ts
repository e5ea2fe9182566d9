import test from 'ava';
import fc from 'fast-check';

import {layoutOf} from '../../src/dashboard/layout.ts';
import type {Message} from '../../src/dashboard/model.ts';
import {paintOf} from '../../src/dashboard/palette.ts';
import type {Tone} from '../../src/dashboard/palette.ts';
import {view} from '../../src/dashboard/view.ts';
import {REPORT, after, dashboard, keys, picture} from '../helpers/dashboard.ts';
import {golden} from '../helpers/golden.ts';
import {NOW, appOf, infoOf, processOf} from '../helpers/fake-supervisor.ts';

// The clock in the title is the user's.
process.env['TZ'] = 'UTC';

const KEYS = [
  'down',
  'up',
  'tab',
  'l',
  'space',
  'x',
  'y',
  '/',
  'a',
  'enter',
  'escape',
  '?',
  'f',
  'n',
  'right',
  'G',
];

const message: fc.Arbitrary<Message> = fc.oneof(
  fc.constantFrom(...KEYS).map((key): Message => ({type: 'key', key})),
  fc
    .record({
      x: fc.nat(210),
      y: fc.nat(70),
      kind: fc.constantFrom('click' as const, 'up' as const, 'down' as const),
    })
    .map((at): Message => ({type: 'mouse', ...at})),
  fc
    .record({columns: fc.integer({min: 1, max: 210}), rows: fc.integer({min: 1, max: 70})})
    .map((size): Message => ({type: 'size', size})),
  fc.array(fc.string({unit: 'binary'}), {maxLength: 30}).map((texts): Message => {
    const rows = texts.map((text) => ({from: undefined, text}));
    return {type: 'log', of: 'flasktasks', rows, fresh: false};
  }),
  fc.constant<Message>({type: 'lost', at: NOW}),
  fc.constant<Message>({type: 'status', report: REPORT, at: NOW}),
);

test('view() fills every place of every screen, with nothing that a terminal would obey', (t) => {
  fc.assert(
    fc.property(
      fc.array(message, {maxLength: 30}),
      fc.constantFrom('utf8' as const, 'ascii' as const),
      (messages, charset) => {
        const {model} = after(dashboard(), ...messages);
        const lines = view(model, charset);
        t.is(lines.length, model.size.rows);
        const wanted = charset === 'ascii' ? /^[ -~]$/ : /^[^\p{Cc}\p{Cs}\u{10000}-\u{10ffff}]?$/u;
        for (const cells of lines) {
          t.is(cells.length, model.size.columns);
          t.true(cells.every(({character}) => wanted.test(character)));
        }
      },
    ),
  );
});

test('view() divides every screen between tree and log without a hole', (t) => {
  fc.assert(
    fc.property(fc.integer({min: 8, max: 60}), fc.nat(3), (rows, presses) => {
      const {model} = after(
        dashboard({columns: 80, rows}),
        ...keys(...Array.from({length: presses}, () => 'l')),
      );
      const {tree, log, note} = layoutOf(model);
      const title = log.height === 0 ? 0 : 1;
      t.is(tree.top + tree.height + title + log.height, note);
      t.is(note, rows - 2);
    }),
  );
});

test('view() at 80 x 24', (t) => {
  const rows = [
    {from: 'web', text: '[ERROR] \u001b[31mred\u001b[0m'},
    {from: 'queue', text: 'done 漢字'},
  ];
  const samples = new Map([['flasktasks:web', {cpu: 12.34, memory: 84e6}]]);
  const {model} = after(
    dashboard(),
    {type: 'usage', samples, at: NOW},
    {type: 'log', of: 'flasktasks', rows, fresh: true},
  );
  golden(t, 'view-utf8', picture(model));
  golden(t, 'view-ascii', picture(model, 'ascii'));
});

test('names of apps with an escape sequence are shown, not obeyed', (t) => {
  const app = 'evil\u001b]0;owned\u0007';
  const lines = picture(
    dashboard(undefined, {supervisor: infoOf(), apps: [appOf({app, processes: [processOf({app})]})]}),
  );
  t.true(lines.some((line) => line.includes(String.raw`evil\x1b]0;owned`)));
});

test('what is most important of a program stands below: why not, before where', (t) => {
  const detail = (fields: Parameters<typeof processOf>[0]): string => {
    const report = {supervisor: infoOf(), apps: [appOf({processes: [processOf(fields)]})]};
    return picture(after(dashboard(undefined, report), ...keys('down')).model)[22]?.trim() ?? '';
  };
  t.is(detail({}), 'hello:web  pid 41873  http://127.0.0.1:20140/alice_hello/');
  t.is(detail({state: 'stopped', pid: undefined, reason: 'stopped by you'}), 'hello:web  stopped by you');
  t.is(
    detail({state: 'backoff', pid: undefined, reason: 'exit 3', nextTryAt: NOW + 8000}),
    'hello:web  exit 3; next try in 8 s',
  );
  t.regex(detail({outdated: true}), /its file has changed/);
  t.regex(detail({health: 'unhealthy'}), /health checks/);
  t.regex(detail({lastChangeFailed: 'exit 1'}), /came to nothing: exit 1/);
});

test('wide screens say more than narrow ones', (t) => {
  const heading = (columns: number): string => picture(dashboard({columns, rows: 24}))[1] ?? '';
  t.notRegex(heading(45), /MEM|SINCE/);
  t.regex(heading(60), /CPU +MEM/);
  t.regex(heading(70), /SINCE +RESTARTS +CPU +MEM/);
  t.notRegex(heading(80), /PID/);
  t.regex(heading(120), /PID .* WHERE/);
  t.regex(heading(200), /CPU GRAPH +MEM GRAPH +WHERE/);
});

test('a screen that is too small says what it needs', (t) => {
  t.regex(picture(dashboard({columns: 39, rows: 24}))[0] ?? '', /needs 40 x 8/);
  t.regex(picture(dashboard({columns: 80, rows: 7}))[0] ?? '', /needs 40 x 8/);
});

test('matches of the search stand out, and the one that was jumped to among them', (t) => {
  const rows = [
    {from: undefined, text: 'one error'},
    {from: undefined, text: 'ERROR two errors'},
  ];
  const {model} = after(
    dashboard(),
    {type: 'log', of: 'flasktasks', rows, fresh: true},
    ...keys('/', 'e', 'r', 'r', 'enter'),
  );
  const toned = view(model, 'utf8').map((cells) =>
    cells.flatMap(({character, tone}) => (tone === 'match' || tone === 'here' ? `${tone}:${character}` : [])),
  );
  const {log} = layoutOf(model);
  t.deepEqual(toned[log.top], ['match:e', 'match:r', 'match:r']);
  t.deepEqual(
    toned[log.top + 1],
    ['E', 'R', 'R', 'e', 'r', 'r'].map((character) => `here:${character}`),
  );
});

test('without colours nothing has one, and what is selected can be told all the same', (t) => {
  const tones: readonly Tone[] = [
    'plain',
    'strong',
    'dim',
    'good',
    'care',
    'bad',
    'title',
    'selected',
    'marked',
    'match',
    'here',
    'graph',
  ];
  for (const tone of tones) {
    const {fg, bg} = paintOf(tone, 0);
    t.is(fg ?? bg, undefined, tone);
    for (const {fg: few = 0, bg: ground = 0} of [paintOf(tone, 8)]) t.true(few < 8 && ground < 8, tone);
  }
  for (const tone of ['selected', 'marked', 'match', 'here', 'title'] as const)
    t.notDeepEqual(paintOf(tone, 0), paintOf('plain', 0), tone);
});
