import test from 'ava';

import {KEPT, remembered, summed} from '../../src/dashboard/history.ts';
import {Sampler} from '../../src/dashboard/sampler.ts';
import {sparkline} from '../../src/dashboard/spark.ts';

test('sparkline() has its newest figure on the right, and a gap where nothing was measured', (t) => {
  const figures = [0, 25, undefined, 50, 100];
  t.is(sparkline(figures, {width: 7, least: 10, charset: 'utf8'}), '  ▁▂ ▄█');
  t.is(sparkline(figures, {width: 3, least: 10, charset: 'ascii'}), ' =@');
});

test('sparkline() stays low where there is next to nothing', (t) => {
  t.is(sparkline([0.1, 0.4, 0], {width: 3, least: 10, charset: 'utf8'}), '▁▁▁');
});

test('remembered() keeps the last figures, leaves gaps, and forgets who has gone', (t) => {
  const sample = (cpu: number) => new Map([['a:web', {cpu, memory: 10}]]);
  let usage = remembered(new Map(), ['a:web', 'a:queue'], sample(1));
  t.deepEqual(usage.get('a:queue'), {cpu: [undefined], memory: [undefined]});
  for (let at = 0; at < KEPT + 5; at++) usage = remembered(usage, ['a:web'], sample(at));
  t.is(usage.get('a:web')?.cpu.length, KEPT);
  t.is(usage.get('a:web')?.cpu.at(-1), KEPT + 4);
  t.false(usage.has('a:queue'));
});

test('summed() adds up what was measured at the same time', (t) => {
  const of = (...cpu: readonly (number | undefined)[]) => ({cpu, memory: []});
  t.deepEqual(summed([of(1, 2, 3), of(10, undefined), of()]).cpu, [1, 12, 3]);
  t.deepEqual(summed([of(undefined), of(undefined)]).cpu, [undefined]);
  t.deepEqual(summed([]).cpu, []);
});

test('Sampler tells percent of a core since its last look, with children that came and without those that went', (t) => {
  const times = new Map<number, ReadonlyMap<number, number>>();
  const sampler = new Sampler((pid) => ({cpuMs: times.get(pid) ?? new Map(), memory: 7}));
  times.set(
    1,
    new Map([
      [1, 1000],
      [2, 500],
    ]),
  );
  t.deepEqual(sampler.look([1], 0), new Map([[1, {cpu: undefined, memory: 7}]]));
  times.set(
    1,
    new Map([
      [1, 1100],
      [3, 300],
    ]),
  );
  t.deepEqual(sampler.look([1], 2000), new Map([[1, {cpu: 20, memory: 7}]]));
  t.deepEqual(sampler.look([1, 9], 4000).get(9), {cpu: undefined, memory: 7});
});
