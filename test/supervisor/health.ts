import {setImmediate as turn} from 'node:timers/promises';

import test from 'ava';

import {HealthWatch} from '../../src/supervisor/health.ts';
import type {Verdict} from '../../src/supervisor/health.ts';
import type {ProbeResult} from '../../src/supervisor/probe.ts';
import {FakeClock} from '../helpers/fake-clock.ts';

function setup(answers: readonly (boolean | Error)[]) {
  const clock = new FakeClock();
  const verdicts: Verdict[] = [];
  let asked = 0;
  const watch = new HealthWatch({
    health: {everyMs: 30_000, failures: 3, onUnhealthy: 'restart'},
    clock,
    async check(): Promise<ProbeResult> {
      const answer = answers[asked++] ?? true;
      if (answer instanceof Error) throw answer;
      return answer
        ? {up: true, detail: '/ answers 200'}
        : {up: false, refused: false, detail: '/ answers 503'};
    },
    onVerdict: (verdict) => verdicts.push(verdict),
  });
  const rounds = async (count: number) => {
    for (let i = 0; i < count; i++) {
      clock.advance(30_000);
      await turn();
    }
  };
  return {watch, clock, verdicts, rounds, asked: () => asked};
}

test('HealthWatch calls a program unhealthy after so many bad answers in a row, not before', async (t) => {
  const {verdicts, rounds} = setup([true, false, false, true, false, false, false]);
  await rounds(6);
  t.deepEqual(verdicts, []);
  await rounds(1);
  t.deepEqual(verdicts, [{healthy: false, detail: '/ answers 503', failures: 3}]);
});

test('HealthWatch says so again after as many more, and once when it recovers', async (t) => {
  const {verdicts, rounds} = setup([false, false, false, false, false, false, true, true]);
  await rounds(8);
  t.deepEqual(
    verdicts.map(({healthy}) => healthy),
    [false, false, true],
  );
});

test('HealthWatch counts a check that cannot be made as a bad answer', async (t) => {
  const {verdicts, rounds} = setup([
    new Error('no such file'),
    new Error('no such file'),
    new Error('no such file'),
  ]);
  await rounds(3);
  t.like(verdicts[0], {healthy: false, detail: 'no such file'});
});

test('HealthWatch asks nothing after it was closed', async (t) => {
  const {watch, clock, rounds, asked} = setup([]);
  await rounds(2);
  watch.close();
  await rounds(3);
  t.is(asked(), 2);
  t.is(clock.armed, 0);
});
