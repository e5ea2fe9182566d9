import test from 'ava';

import {DELIVERED, undelivered} from '../../src/notify/delivery.ts';
import type {Delivery} from '../../src/notify/delivery.ts';
import {ATTEMPT_MS, MOST_WAITING, Outbox, RETRY_MS} from '../../src/notify/outbox.ts';
import {FakeClock} from '../helpers/fake-clock.ts';

function setup() {
  const clock = new FakeClock();
  const lines: string[] = [];
  const log = (_level: string, message: string, facts: Readonly<Record<string, unknown>>) =>
    void lines.push([message, facts['subject'], facts['reason']].filter(Boolean).join(': '));
  return {clock, lines, outbox: new Outbox({name: 'mail', clock, log})};
}

/** Promises of the outbox have had their turn. */
const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

test('Outbox delivers one message after the other, in their order', async (t) => {
  const {outbox, lines} = setup();
  const begun: string[] = [];
  const ends: (() => void)[] = [];
  for (const subject of ['a', 'b', 'c']) {
    outbox.put({
      subject,
      async send() {
        begun.push(subject);
        return await new Promise<Delivery>((resolve) => ends.push(() => resolve(DELIVERED)));
      },
    });
  }
  await settled();
  t.deepEqual(begun, ['a']);
  for (let end = ends.shift(); end !== undefined; end = ends.shift()) {
    end();
    await settled();
  }
  t.deepEqual(lines, ['told: a', 'told: b', 'told: c']);
});

test('Outbox tries again what may pass, so often and no more', async (t) => {
  const {outbox, clock, lines} = setup();
  let attempts = 0;
  outbox.put({subject: 'a', send: async () => undelivered(`no connection ${++attempts}`, true)});
  await settled();
  for (const wait of RETRY_MS) {
    const before = attempts;
    clock.advance(wait - 1);
    await settled();
    t.is(attempts, before);
    clock.advance(1);
    await settled();
    t.is(attempts, before + 1);
  }
  clock.advance(3_600_000);
  await settled();
  t.is(attempts, 1 + RETRY_MS.length);
  t.is(clock.armed, 0);
  t.deepEqual(
    lines,
    [1, 2, 3].map((count) => `a message could not be delivered: a: no connection ${count}`),
  );
});

test('Outbox does not try again what was refused for good, or what threw', async (t) => {
  const {outbox, clock, lines} = setup();
  outbox.put({subject: 'a', send: async () => undelivered('answered 404')});
  outbox.put({subject: 'b', send: async () => await Promise.reject(new Error('a mistake'))});
  await settled();
  t.deepEqual(lines, [
    'a message could not be delivered: a: answered 404',
    'a message could not be delivered: b: a mistake',
  ]);
  t.is(clock.armed, 0);
});

test('Outbox goes on after a message that never ends', async (t) => {
  const {outbox, clock, lines} = setup();
  outbox.put({subject: 'a', send: async () => await new Promise<Delivery>(() => {})});
  outbox.put({subject: 'b', send: async () => DELIVERED});
  clock.advance(ATTEMPT_MS);
  await settled();
  t.deepEqual(lines, [
    `a message could not be delivered: a: not done within ${ATTEMPT_MS / 1000} s`,
    'told: b',
  ]);
});

test('Outbox keeps a bounded number, and drops the oldest', async (t) => {
  const {outbox, lines} = setup();
  const begun: number[] = [];
  for (let at = 0; at < MOST_WAITING + 4; at++) {
    outbox.put({
      subject: String(at),
      async send() {
        begun.push(at);
        return at === 0 ? await new Promise<Delivery>(() => {}) : DELIVERED;
      },
    });
  }
  await settled();
  t.deepEqual(begun, [0]);
  t.deepEqual(
    lines,
    [1, 2, 3].map((at) => `a message is dropped: too many wait: ${at}`),
  );
});
