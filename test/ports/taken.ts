import test from 'ava';

import {describeHolder, foreignLoopback6, portHolder} from '../../src/ports/taken.ts';
import type {Listener} from '../../src/system/proc-net.ts';

const OWN = 4_000_001;
const listener = (address: string, uid: number, port = 20_140): Listener => ({
  family: address.includes(':') ? 6 : 4,
  address,
  port,
  uid,
  inode: 1,
});

test('portHolder() finds a listener on any address of either family', (t) => {
  for (const address of ['127.0.0.1', '0.0.0.0', '10.0.0.7', '::1', '::', '::ffff:127.0.0.1']) {
    t.is(portHolder(20_140, OWN, [listener(address, OWN)])?.address, address);
  }
  t.is(portHolder(20_141, OWN, [listener('0.0.0.0', OWN)]), undefined);
});

test('portHolder() names somebody else before ourselves', (t) => {
  const holder = portHolder(20_140, OWN, [listener('127.0.0.1', OWN), listener('::1', 0)]);
  t.like(holder, {uid: 0, user: 'root', address: '::1', ours: false});
});

test('portHolder() names the address that the front end connects to', (t) => {
  t.is(portHolder(20_140, OWN, [listener('::1', OWN), listener('127.0.0.1', OWN)])?.address, '127.0.0.1');
});

test("foreignLoopback6() finds another user's [::1] beside our 127.0.0.1, and not our own", (t) => {
  const ours = listener('127.0.0.1', OWN);
  t.like(foreignLoopback6(20_140, OWN, [ours, listener('::1', 0)]), {uid: 0, address: '::1'});
  t.like(foreignLoopback6(20_140, OWN, [ours, listener('::', 0)]), {uid: 0, address: '::'});
  t.is(foreignLoopback6(20_140, OWN, [ours, listener('::1', OWN)]), undefined);
  t.is(foreignLoopback6(20_140, OWN, [listener('127.0.0.1', 0), listener('::1', 0, 20_141)]), undefined);
});

test('describeHolder() gives the name and the uid', (t) => {
  const holder = {port: 20_140, uid: 1007, user: 'bob', address: '127.0.0.1', ours: false};
  t.is(describeHolder(holder), 'bob (uid 1007), listening on 127.0.0.1');
  t.is(describeHolder({...holder, user: 'uid 1007'}), 'uid 1007, listening on 127.0.0.1');
  t.is(describeHolder({...holder, ours: true}), 'you, listening on 127.0.0.1');
});
