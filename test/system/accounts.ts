import test from 'ava';

import {accountNamed, allAccounts, firstPersonUid, isPerson, parsePasswd} from '../../src/system/accounts.ts';

test('parsePasswd() reads names, numbers and homes, and leaves out what is no entry', (t) => {
  const text = [
    'alice:x:1000:1001:Alice,,,:/home/alice:/bin/bash',
    '+nis:x:::::',
    'bad name:x:1:1::/:',
    'no-home:x:1:1:::',
    'half:x:1',
    'minus:x:-1:0::/:',
    '',
  ].join('\n');
  t.deepEqual(parsePasswd(text), [{name: 'alice', uid: 1000, gid: 1001, home: '/home/alice'}]);
});

test('firstPersonUid() follows login.defs', (t) => {
  t.is(firstPersonUid('# UID_MIN 5\nUID_MIN\t\t  500\nSYS_UID_MIN 100\n'), 500);
  t.is(firstPersonUid(''), 1000);
});

test('isPerson() knows nobody', (t) => {
  t.deepEqual(
    [999, 1000, 65_534, 1_234_567, 4_294_967_294].map((uid) => isPerson({uid}, 1000)),
    [false, true, false, true, false],
  );
});

test('accountNamed() and allAccounts() know root, and no name that looks like an option', (t) => {
  t.like(accountNamed('root'), {name: 'root', uid: 0, gid: 0});
  t.true(allAccounts().some(({uid}) => uid === 0));
  t.is(accountNamed('--version'), undefined);
  t.is(accountNamed('0'), undefined);
});
