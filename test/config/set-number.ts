import test from 'ava';
import fc from 'fast-check';
import {parse} from 'smol-toml';

import {withNumber} from '../../src/config/set-number.ts';

const workers = {key: 'workers', value: 4, beside: 'gunicorn'};
const TABLE = ['programs', 'web'];

const TEXTS: readonly (readonly [what: string, before: string, after: string | undefined])[] = [
  [
    'a number that is there',
    '# mine\n[programs.web]\nworkers = 2  # two\ngunicorn = "a:b"\n',
    '# mine\n[programs.web]\nworkers = 4  # two\ngunicorn = "a:b"\n',
  ],
  [
    'one that is not, behind its neighbour and below its equal sign',
    '[programs.web]\ngunicorn = "a:b" # app\nargs     = []\n\n[programs.queue]\ncommand = "x"\n',
    '[programs.web]\ngunicorn = "a:b" # app\nworkers  = 4\nargs     = []\n\n[programs.queue]\ncommand = "x"\n',
  ],
  [
    'the end of a file',
    '[programs.web]\n  gunicorn   = "a:b"',
    '[programs.web]\n  gunicorn   = "a:b"\n  workers    = 4',
  ],
  ['no blanks', '[programs.web]\ngunicorn="a:b"\n', '[programs.web]\ngunicorn="a:b"\nworkers = 4\n'],
  [
    'quotes',
    '["programs".\'web\']\n"gunicorn" = "a"\n',
    '["programs".\'web\']\n"gunicorn" = "a"\nworkers    = 4\n',
  ],
  [
    'a value of several lines',
    '[programs.web]\ngunicorn = """\na"""\nargs = []\n',
    '[programs.web]\ngunicorn = """\na"""\nworkers  = 4\nargs = []\n',
  ],
  [
    'dotted keys',
    'programs.web.gunicorn = "a:b"\nport = 1\n',
    'programs.web.gunicorn = "a:b"\nprograms.web.workers  = 4\nport = 1\n',
  ],
  [
    'a table in a line',
    'programs = { web = { gunicorn = "a:b" }, q = { workers = 1 } }\n',
    'programs = { web = { gunicorn = "a:b", workers = 4 }, q = { workers = 1 } }\n',
  ],
  ['no such table', '[programs.queue]\ngunicorn = "a"\n', undefined],
  ['no TOML', '[programs.web\n', undefined],
];
for (const [what, before, after] of TEXTS) {
  test(`withNumber() knows ${what}`, (t) => t.is(withNumber(before, TABLE, workers), after));
}

test('withNumber() changes nothing but the number, whatever stands around it', (t) => {
  const line = fc.constantFrom(
    '# note',
    '',
    'threads = 2',
    'args = ["-w", "9"]',
    'env = { workers = "no" } # workers = 1',
  );
  fc.assert(
    fc.property(
      fc.uniqueArray(line),
      fc.uniqueArray(line),
      fc.integer({min: 1, max: 512}),
      (above, below, value) => {
        const before = [
          '[programs.web]',
          ...above,
          'gunicorn = "a:b"',
          ...below.filter((each) => !above.includes(each)),
          '',
        ].join('\n');
        const after = withNumber(before, TABLE, {...workers, value}) ?? '';
        const {programs} = parse(before) as {readonly programs: {readonly web: object}};
        t.deepEqual(parse(after), {programs: {web: {...programs.web, workers: value}}});
        const kept = after.split('\n').filter((each) => !each.startsWith('workers'));
        t.deepEqual(kept, before.split('\n'));
      },
    ),
  );
});
