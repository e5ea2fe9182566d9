import {setImmediate as turn} from 'node:timers/promises';

import test from 'ava';

import {Needs} from '../../src/supervisor/needs.ts';
import {FakeClock} from '../helpers/fake-clock.ts';

const database = {host: '127.0.0.1', port: 5432};
const queue = {host: '::1', port: 6379};

function setup() {
  const clock = new FakeClock();
  const up = new Set<number>();
  const state = {answers: 0, asked: 0};
  const needs = new Needs({
    clock,
    onAnswer: () => state.answers++,
    async ask({port}) {
      state.asked++;
      return up.has(port) ? {up: true, detail: ''} : {up: false, refused: true, detail: 'refused'};
    },
  });
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 250) {
      clock.advance(250);
      await turn();
    }
  };
  return {clock, needs, up, state, pass};
}

test('Needs names what is missing, an IPv6 address in brackets', async (t) => {
  const {needs} = setup();
  t.is(needs.missing([]), undefined);
  t.is(needs.missing([database, queue]), 'tcp://127.0.0.1:5432');
  t.is(needs.missing([queue]), 'tcp://[::1]:6379');
});

test('Needs tells when an endpoint that is awaited answers, within two seconds of that', async (t) => {
  const {needs, up, state, pass} = setup();
  needs.await([database]);
  await pass(60_000);
  t.is(state.answers, 0);
  up.add(5432);
  await pass(2250);
  t.is(state.answers, 1);
  t.is(needs.missing([database]), undefined);
});

test('Needs asks less and less often, and nothing when nobody waits', async (t) => {
  const {clock, needs, state, pass} = setup();
  needs.await([database]);
  needs.await([database]);
  await pass(60_000);
  t.true(state.asked <= 35, String(state.asked));
  needs.rest();
  const before = state.asked;
  await pass(10_000);
  t.is(state.asked, before);
  t.is(clock.armed, 0);
});

test('Needs does not believe an old answer', async (t) => {
  const {needs, up, pass} = setup();
  up.add(5432);
  needs.await([database]);
  await pass(250);
  t.is(needs.missing([database]), undefined);
  await pass(6000);
  t.is(needs.missing([database]), 'tcp://127.0.0.1:5432');
});
