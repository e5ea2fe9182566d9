import test from 'ava';

import {charsetOf, obstacleTo} from '../../src/cli/commands/top.ts';
import {homeWith} from '../helpers/cli.ts';

const TERMINAL = {input: true, output: true, columns: 80, rows: 24, term: 'xterm-256color'};

test('obstacleTo() is none for a terminal, also for one that tells no size', (t) => {
  t.is(obstacleTo(TERMINAL), undefined);
  t.is(obstacleTo({...TERMINAL, columns: 0, rows: 0}), undefined);
  t.is(obstacleTo({...TERMINAL, columns: 40, rows: 8}), undefined);
});

const OBSTACLES: readonly (readonly [Partial<Parameters<typeof obstacleTo>[0]>, RegExp])[] = [
  [{output: false}, /without a terminal/],
  [{input: false}, /without a terminal/],
  [{term: 'dumb'}, /TERM=dumb/],
  [{term: ''}, /TERM=\)/],
  [{term: undefined}, /TERM=\)/],
  [{columns: 20}, /in 20 x 24: it needs 40 columns/],
  [{rows: 7}, /in 80 x 7/],
];

for (const [fields, message] of OBSTACLES) {
  test(`obstacleTo() names ${JSON.stringify(fields)}`, (t) => {
    t.regex(obstacleTo({...TERMINAL, ...fields}) ?? '', message);
  });
}

test('charsetOf() takes the first variable that is set, as setlocale(3)', (t) => {
  t.is(charsetOf({LANG: 'en_GB.UTF-8'}), 'utf8');
  t.is(charsetOf({LANG: 'de_DE.utf8', LC_ALL: ''}), 'utf8');
  t.is(charsetOf({LANG: 'en_GB.UTF-8', LC_ALL: 'C'}), 'ascii');
  t.is(charsetOf({LANG: 'C', LC_CTYPE: 'C.UTF-8'}), 'utf8');
  t.is(charsetOf({}), 'ascii');
});

test('appsup top without a terminal is appsup status, and says so', async (t) => {
  const home = await homeWith(t, {});
  const ran = await home.appsup('top');
  t.regex(ran.stdout, /^APP +PROGRAM +STATE/);
  t.regex(ran.stderr, /^! no dashboard without a terminal: this is appsup status$/m);
  t.is(ran.code, 0);
});

test('appsup top --json is appsup status --json', async (t) => {
  const home = await homeWith(t, {});
  const [top, status] = [await home.appsup('top', '--json'), await home.appsup('status', '--json')];
  t.is(top.stdout, status.stdout);
  t.is(top.stderr, '');
});

test('appsup top without a supervisor and a terminal exits as appsup status does', async (t) => {
  const home = await homeWith(t);
  const ran = await home.appsup('top');
  t.is(ran.code, 3);
  t.regex(ran.stderr, /no supervisor is running/);
});
