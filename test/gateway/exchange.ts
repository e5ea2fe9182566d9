import test from 'ava';

import {Silence, lostRace, statusOfFailure} from '../../src/gateway/exchange.ts';
import type {Exchange} from '../../src/gateway/exchange.ts';

const failed = (code?: string): Error => Object.assign(new Error('x'), code === undefined ? {} : {code});

test('statusOfFailure() tells an app that is down from one that is silent and one that is broken', (t) => {
  for (const code of ['ECONNREFUSED', 'ENOENT']) t.is(statusOfFailure(failed(code)), 503);
  for (const error of [new Silence(), failed('ERR_UPSTREAM_UPGRADE_TIMEOUT')])
    t.is(statusOfFailure(error), 504);
  for (const code of ['ECONNRESET', 'HPE_INVALID_CONSTANT', undefined])
    t.is(statusOfFailure(failed(code)), 502);
});

test('lostRace() holds once, for a kept connection that was cut at once and before any answer', (t) => {
  const lost = {retried: false, answered: false, outgoing: {reusedSocket: true}, sentAt: 1000} as Exchange;
  const now = 1500;
  for (const code of ['ECONNRESET', 'EPIPE']) t.true(lostRace(lost, failed(code), now));
  t.false(lostRace(lost, failed('ETIMEDOUT'), now));
  t.false(lostRace(lost, failed('ECONNRESET'), 31_000), 'a worker that was killed in its work');
  t.false(lostRace({...lost, retried: true}, failed('ECONNRESET'), now));
  t.false(lostRace({...lost, answered: true}, failed('ECONNRESET'), now));
  t.false(lostRace({...lost, outgoing: {reusedSocket: false}} as Exchange, failed('ECONNRESET'), now));
});
