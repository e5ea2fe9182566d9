import test from 'ava';

import {LimitWatch, MEASURE_MS} from '../../src/supervisor/limit-watch.ts';
import type {Limits} from '../../src/core/program-spec.ts';
import {FakeClock} from '../helpers/fake-clock.ts';
import {programSpec} from '../helpers/spec.ts';

function setup(limits: Partial<Limits>, options: {readonly ageMs?: number; readonly random?: number} = {}) {
  const clock = new FakeClock();
  const reached: string[] = [];
  const memory = {bytes: 0};
  const watch = new LimitWatch({
    limits: {...programSpec().limits, ...limits},
    clock,
    ageMs: options.ageMs ?? 0,
    memory: () => memory.bytes,
    random: () => options.random ?? 0,
    onLimit: (why) => reached.push(why),
  });
  return {watch, clock, memory, reached};
}

test('LimitWatch arms no timer for a program without limits', (t) => {
  t.is(setup({}).clock.armed, 0);
});

test('LimitWatch names the memory that is used and the limit', (t) => {
  const {clock, memory, reached} = setup({memoryBytes: 500_000_000});
  memory.bytes = 499_000_000;
  clock.advance(MEASURE_MS);
  t.deepEqual(reached, []);
  memory.bytes = 612_000_000;
  clock.advance(MEASURE_MS);
  t.deepEqual(reached, ['it uses 612 MB of memory, its limit is 500 MB']);
});

test('LimitWatch counts the age that an adopted process has already, and adds the jitter', (t) => {
  const {clock, reached} = setup(
    {lifetimeMs: 60_000, lifetimeJitterMs: 10_000},
    {ageMs: 20_000, random: 0.5},
  );
  clock.advance(44_999);
  t.deepEqual(reached, []);
  clock.advance(1);
  t.deepEqual(reached, ['it reached its lifetime']);
});

test('LimitWatch is silent after it was closed', (t) => {
  const {watch, clock, memory, reached} = setup({memoryBytes: 1, lifetimeMs: 5});
  memory.bytes = 2;
  watch.close();
  clock.advance(MEASURE_MS * 3);
  t.deepEqual(reached, []);
});
