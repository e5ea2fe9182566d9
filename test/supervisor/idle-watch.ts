import test from 'ava';

import {IdleWatch} from '../../src/supervisor/idle-watch.ts';
import {FakeClock} from '../helpers/fake-clock.ts';

function setup() {
  const clock = new FakeClock();
  const world = {
    looks: [] as number[],
    visitors: false,
    idle: 0,
    next: undefined as (() => void) | undefined,
  };
  const watch = new IdleWatch({
    clock,
    idleMs: 4000,
    nextVisitor: (call) => (world.next = call),
    hasVisitors(withinMs) {
      world.looks.push(withinMs);
      return world.visitors;
    },
    onIdle: () => world.idle++,
  });
  return {clock, world, watch};
}

test('IdleWatch tells after four quiet quarters, with one look in each', (t) => {
  const {clock, world} = setup();
  clock.advance(3999);
  t.deepEqual([world.idle, world.looks], [0, [1000, 1000, 1000]]);
  clock.advance(1);
  t.is(world.idle, 1);
});

test('IdleWatch begins anew after a visitor, whether he was seen to come or to be there', (t) => {
  const {clock, world} = setup();
  clock.advance(3000);
  world.next?.();
  clock.advance(4000);
  t.is(world.idle, 0);
  world.visitors = true;
  clock.advance(10_000);
  t.is(world.idle, 0);
  world.visitors = false;
  clock.advance(4000);
  t.is(world.idle, 1);
});

test('IdleWatch does not look where a visitor was seen to come', (t) => {
  const {clock, world} = setup();
  world.next?.();
  clock.advance(1000);
  t.deepEqual(world.looks, []);
});

test('IdleWatch tells again while nothing comes of it, and nothing once it is closed', (t) => {
  const {clock, world, watch} = setup();
  clock.advance(5000);
  t.is(world.idle, 2);
  watch.close();
  clock.advance(10_000);
  t.is(world.idle, 2);
});
