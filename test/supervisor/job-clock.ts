import test from 'ava';

import type {JobSpec} from '../../src/core/task-spec.ts';
import {timetable} from '../../src/schedule/cron.ts';
import {JobClock} from '../../src/supervisor/job-clock.ts';
import {emptyBook} from '../../src/supervisor/run-records.ts';
import type {RunBook} from '../../src/supervisor/run-records.ts';
import {FakeClock} from '../helpers/fake-clock.ts';
import {jobSpec} from '../helpers/run-world.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** The wall clock of the fake one can be set. */
class SetClock extends FakeClock {
  shift = 0;
  override wall(): number {
    return super.wall() + this.shift;
  }
}

function setup(book: Partial<RunBook> = {}) {
  const clock = new SetClock();
  const world = {awake: true, boot: 'boot-1', loads: 0};
  const due: string[] = [];
  const notes: Partial<RunBook>[] = [];
  const jobs = new JobClock({
    clock,
    bootId: () => world.boot,
    bookOf: (app, name) => ({...emptyBook(app, name), ...book}),
    note: (_app, _job, fields) => notes.push(fields),
    isAwake: () => world.awake,
    onDue: (app, {name}, trigger) =>
      due.push(`${app}:${name} ${trigger} ${new Date(clock.wall()).toISOString().slice(11, 16)}`),
    async load() {
      world.loads++;
      return timetable;
    },
  });
  const set = async (...specs: readonly Partial<JobSpec>[]) =>
    await jobs.set(
      'tasks',
      specs.map((spec) => jobSpec({timezone: 'UTC', ...spec})),
    );
  return {clock, world, due, notes, jobs, set};
}

// 2025-11-20 00:53:21 UTC: when the fake clock begins.

test('JobClock tells when a job is due, and sleeps in between', async (t) => {
  const {clock, due, set} = setup();
  await set({schedule: '0 * * * *'});
  t.is(clock.armed, 1);
  clock.advance(6 * MINUTE);
  t.deepEqual(due, []);
  clock.advance(MINUTE);
  t.deepEqual(due, ['tasks:tidy schedule 01:00']);
  clock.advance(2 * HOUR);
  t.deepEqual(due.length, 3);
});

test('JobClock without jobs loads nothing and arms nothing', async (t) => {
  const {clock, world, set} = setup();
  await set();
  t.deepEqual([world.loads, clock.armed], [0, 0]);
});

test('JobClock notices within two minutes that the clock was set forward', async (t) => {
  const {clock, due, set} = setup();
  await set({schedule: '0 3 * * *'});
  clock.advance(MINUTE);
  clock.shift = 3 * HOUR;
  clock.advance(2 * MINUTE);
  t.deepEqual(due, ['tasks:tidy schedule 03:55']);
});

test('JobClock does not repeat a job when the clock was set back', async (t) => {
  const {clock, due, set} = setup();
  await set({schedule: '0 1 * * *'});
  clock.advance(10 * MINUTE);
  clock.shift = -30 * MINUTE;
  clock.advance(20 * HOUR);
  t.deepEqual(due, ['tasks:tidy schedule 01:00']);
  clock.advance(5 * HOUR);
  t.deepEqual(due, ['tasks:tidy schedule 01:00', 'tasks:tidy schedule 01:00']);
});

test('JobClock rests while the app is stopped, and what was due meanwhile is left out', async (t) => {
  const {clock, world, due, jobs, set} = setup();
  world.awake = false;
  await set({schedule: '0 * * * *'});
  t.is(clock.armed, 0);
  t.is(jobs.nextAt('tasks', 'tidy'), undefined);
  clock.advance(3 * HOUR);
  world.awake = true;
  jobs.look();
  t.deepEqual(due, []);
  clock.advance(HOUR);
  t.deepEqual(due, ['tasks:tidy schedule 04:00']);
});

for (const [missed, expected] of [
  ['run', ['tasks:tidy missed 00:53']],
  ['skip', []],
] as const) {
  test(`JobClock with missed = "${missed}", after days without a supervisor`, async (t) => {
    const {due, set} = setup({since: Date.UTC(2025, 10, 15), schedule: '0 * * * * UTC'});
    await set({schedule: '0 * * * *', missed});
    t.deepEqual(due, expected);
  });
}

test('JobClock counts a new job, and one with a new schedule, from now', async (t) => {
  const {due, notes, clock, set} = setup({since: Date.UTC(2025, 10, 15), schedule: '30 * * * * UTC'});
  await set({schedule: '0 * * * *'});
  t.deepEqual(due, []);
  t.like(notes, [{since: clock.wall(), schedule: '0 * * * * UTC'}]);
});

test('JobClock runs an @reboot job once after each boot, and not when it is new', async (t) => {
  const isNew = setup();
  await isNew.set({schedule: '@reboot'});
  t.deepEqual(isNew.due, []);

  const {due, jobs, set, clock} = setup({since: 1, schedule: '@reboot UTC', bootId: 'boot-0'});
  await set({schedule: '@reboot'});
  t.deepEqual(due, ['tasks:tidy boot 00:53']);
  jobs.look();
  t.deepEqual([due.length, clock.armed], [1, 0]);
});

test('JobClock spreads jobs by their jitter, the same way each time', async (t) => {
  const times = async (name: string) => {
    const {clock, due, set} = setup();
    await set({name, schedule: '0 1 * * *', jitterMs: 30 * MINUTE});
    clock.advance(HOUR);
    return due.map((line) => line.slice(-5));
  };
  const [first, again, other] = [await times('a'), await times('a'), await times('b')];
  t.deepEqual(first, again);
  t.notDeepEqual(first, other);
  t.true((first[0] ?? '') > '01:00' && (first[0] ?? '') <= '01:30');
});

test('JobClock forgets the jobs of an app that is gone', async (t) => {
  const {clock, due, jobs, set} = setup();
  await set({schedule: '* * * * *'});
  jobs.delete('tasks');
  clock.advance(HOUR);
  t.deepEqual([due, clock.armed], [[], 0]);
});
