import {setImmediate as turn} from 'node:timers/promises';

import test from 'ava';

import type {ProgramSpec} from '../../src/core/program-spec.ts';
import {Unit} from '../../src/supervisor/unit.ts';
import {FakeClock} from '../helpers/fake-clock.ts';
import {FakeRunner} from '../helpers/fake-runner.ts';
import type {FakeProcess} from '../helpers/fake-runner.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

const probed: Partial<ProgramSpec> = {
  listen: 'socket',
  readiness: {kind: 'http', path: '/', host: undefined, status: undefined, timeoutMs: 5000},
};

function setup(changes: Partial<ProgramSpec> = {}) {
  const spec = programSpec(changes);
  const clock = new FakeClock();
  const runner = new FakeRunner({clock, app: appSpec([spec])});
  const states: string[] = [];
  const unit = new Unit({
    id: {app: 'tasks', program: 'web', process: 'web', index: 0},
    spec,
    clock,
    runner,
    onHealth: () => undefined,
    onChange: ({state}) => {
      if (states.at(-1) !== state.id) states.push(state.id);
    },
  });
  /** Let everything that is due now happen, then move the clock. */
  const advance = async (ms: number) => {
    await turn();
    clock.advance(ms);
    await turn();
  };
  const process = (index: number): FakeProcess => runner.spawned[index] as FakeProcess;
  return {unit, clock, runner, states, advance, process};
}

test('Unit is running once it stayed up for its start time, without a probe', async (t) => {
  const {unit, advance, states} = setup();
  unit.send({type: 'start'});
  await advance(999);
  t.is(unit.state.id, 'starting');
  await advance(1);
  t.deepEqual(states, ['starting', 'running']);
});

test('Unit is running when its probe is answered, not before', async (t) => {
  const {unit, advance, process} = setup(probed);
  unit.send({type: 'start'});
  await advance(30_000);
  t.is(unit.state.id, 'starting');
  process(0).answer();
  await advance(0);
  t.is(unit.state.id, 'running');
  t.is(unit.readyMs, 30_000);
});

test('Unit stops a process that does not get ready in time, says so and tries again', async (t) => {
  const {unit, advance, process} = setup({...probed, readyMs: 5000});
  unit.send({type: 'start'});
  await advance(5000);
  t.deepEqual(process(0).signals, ['SIGTERM']);
  await advance(0);
  t.like(unit.state, {id: 'backoff', why: 'not ready within 5 s'});
});

test('Unit tells what a process answered that did not get ready, not its farewell', async (t) => {
  const {unit, runner, advance} = setup({...probed, readyMs: 5000});
  runner.refuses = '/ answers 503';
  runner.words = ['Shutting down: Master'];
  unit.send({type: 'start'});
  await advance(5000);
  await advance(0);
  t.like(unit.state, {id: 'backoff', why: 'not ready within 5 s: / answers 503'});
  t.is(unit.lastFailure?.reason, 'not ready within 5 s: / answers 503');
});

test('Unit kills the tree when the process ignores its stop signal', async (t) => {
  const {unit, runner, advance, process} = setup({stopMs: 10_000});
  runner.mortal = ['SIGKILL'];
  unit.send({type: 'start'});
  await advance(1000);
  unit.send({type: 'stop'});
  await advance(9999);
  t.deepEqual(process(0).signals, ['SIGTERM']);
  await advance(1);
  t.deepEqual(process(0).signals, ['SIGTERM', 'SIGKILL']);
  await advance(100);
  t.is(unit.state.id, 'stopped');
});

test('Unit sends the stop signal that its program names', async (t) => {
  const {unit, runner, advance, process} = setup({stopSignal: 'INT'});
  runner.mortal = ['SIGINT', 'SIGKILL'];
  unit.send({type: 'start'});
  await advance(1000);
  unit.send({type: 'stop'});
  await advance(0);
  t.deepEqual(process(0).signals, ['SIGINT']);
  t.is(unit.state.id, 'stopped');
});

test('Unit starts a process that had been running again at once, and counts it', async (t) => {
  const {unit, runner, advance, process} = setup();
  unit.send({type: 'start'});
  await advance(20_000);
  process(0).exit(1);
  await advance(0);
  t.is(runner.spawned.length, 2);
  t.is(unit.restarts, 1);
});

test('Unit tells the last words of a process that failed', async (t) => {
  const {unit, runner, advance, process} = setup();
  runner.words = ['Traceback', "KeyError: 'DATABASE_URL'"];
  unit.send({type: 'start'});
  await advance(0);
  process(0).exit(3);
  await advance(0);
  t.like(unit.state, {id: 'backoff', why: "exit 3: KeyError: 'DATABASE_URL'"});
  t.deepEqual(unit.lastFailure?.output, runner.words);
});

test('Unit says why nothing could be started', async (t) => {
  const {unit, runner, advance} = setup();
  runner.refusal = new Error('no interpreter');
  unit.send({type: 'start'});
  await advance(0);
  t.like(unit.state, {id: 'backoff', tries: 1, why: 'no interpreter'});
  runner.refusal = undefined;
  await advance(1000);
  t.is(unit.state.id, 'starting');
});

test('Unit replaces the process only after the new one answered, then stops the old one', async (t) => {
  const {unit, advance, process} = setup(probed);
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  unit.send({type: 'restart'});
  await advance(3000);
  t.deepEqual(process(0).signals, []);
  t.is(unit.main, process(0).started);
  process(1).answer();
  await advance(0);
  t.is(unit.main, process(1).started);
  t.deepEqual(process(0).signals, ['SIGTERM']);
  await advance(0);
  t.deepEqual(unit.leaving, []);
  t.is(unit.restarts, 0);
});

test('Unit keeps the old process when the new one fails, and remembers why', async (t) => {
  const {unit, runner, advance, process} = setup(probed);
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  runner.words = ['SyntaxError: invalid syntax'];
  unit.send({type: 'restart'});
  await advance(0);
  process(1).exit(3);
  await advance(0);
  t.is(unit.state.id, 'running');
  t.is(unit.main, process(0).started);
  t.deepEqual(process(0).signals, []);
  t.is(unit.lastChangeFailed?.reason, 'exit 3: SyntaxError: invalid syntax');
});

test('Unit gives a new version the time to get ready that its own file says', async (t) => {
  const {unit, advance, process} = setup({...probed, readyMs: 60_000});
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  unit.spec = programSpec({...probed, readyMs: 6000});
  unit.send({type: 'restart'});
  await advance(5999);
  t.like(unit.state, {id: 'running', change: {phase: 'proving'}});
  t.deepEqual(process(1).signals, []);
  await advance(1);
  t.deepEqual(process(1).signals, ['SIGKILL']);
  t.is(unit.lastChangeFailed?.reason, 'not ready within 6 s');
});

test('Unit stops, then starts, when the socket cannot be shared', async (t) => {
  const {unit, runner, advance, process, states} = setup(probed);
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  runner.shares = false;
  unit.send({type: 'restart'});
  await advance(0);
  t.false(process(0).alive);
  t.is(runner.spawned.length, 2);
  t.deepEqual(states, ['starting', 'running', 'stopping', 'starting']);
});

test('Unit lets a candidate take over when the old process dies while it is being proven', async (t) => {
  const {unit, advance, process} = setup(probed);
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  unit.send({type: 'restart'});
  await advance(0);
  process(0).exit(1);
  await advance(0);
  t.is(unit.main, process(1).started);
  process(1).answer();
  await advance(0);
  t.is(unit.state.id, 'running');
});

test('Unit kills what a start brings that was called off meanwhile', async (t) => {
  const {unit, advance, process} = setup();
  unit.send({type: 'start'});
  unit.send({type: 'stop'});
  await advance(0);
  await advance(0);
  t.false(process(0).alive);
  t.is(unit.state.id, 'stopped');
});

test('Unit arms one timer at most, and none when nothing is awaited', async (t) => {
  const {unit, clock, advance} = setup();
  unit.send({type: 'start'});
  await advance(1000);
  t.is(clock.armed, 1);
  await advance(10_000);
  t.is(clock.armed, 0);
});

test('Unit replaces an unhealthy program without a gap, and counts it', async (t) => {
  const {unit, runner, advance, process} = setup({
    ...probed,
    health: {everyMs: 10_000, failures: 2, onUnhealthy: 'restart'},
  });
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  runner.health = {up: false, refused: false, detail: '/ answers 503'};
  await advance(10_000);
  t.is(runner.spawned.length, 1);
  await advance(10_000);
  await advance(0);
  t.is(runner.spawned.length, 2);
  t.deepEqual(process(0).signals, []);
  process(1).answer();
  await advance(0);
  t.deepEqual(process(0).signals, ['SIGTERM']);
  t.is(unit.restarts, 1);
  t.is(unit.lastReplaced, 'unhealthy: / answers 503');
});

test('Unit only reports an unhealthy program when it was told to', async (t) => {
  const {unit, runner, advance, process} = setup({
    ...probed,
    health: {everyMs: 1000, failures: 1, onUnhealthy: 'report'},
  });
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  runner.health = {up: false, refused: false, detail: 'no answer'};
  await advance(1000);
  await advance(1000);
  t.is(runner.spawned.length, 1);
  t.like(unit.verdict, {healthy: false, detail: 'no answer'});
});

test('Unit never gives up after a boot, until its process has lasted or the user says something', async (t) => {
  const {unit, runner, advance} = setup({giveUp: 2});
  unit.patient = true;
  runner.refusal = new Error('database refused');
  unit.send({type: 'start'});
  for (let i = 0; i < 8; i++) await advance(60_000);
  t.is(unit.state.id, 'backoff');
  unit.forget();
  for (let i = 0; i < 2; i++) await advance(60_000);
  t.is(unit.state.id, 'fatal');
});

test('Unit waits at most 20 seconds between two tries after a boot, unless its first wait is to be longer', async (t) => {
  for (const [backoffMs, longest] of [
    [1000, 20_000],
    [45_000, 45_000],
  ] as const) {
    const {unit, runner, clock, advance} = setup({backoffMs, backoffCapMs: 60_000});
    unit.patient = true;
    runner.refusal = new Error('database refused');
    unit.send({type: 'start'});
    const waits: number[] = [];
    for (let i = 0; i < 8; i++) {
      await advance(0);
      const {state} = unit;
      if (state.id === 'backoff') waits.push(state.until - clock.monotonic());
      await advance(waits.at(-1) ?? 0);
    }
    t.is(Math.max(...waits), longest);
  }
});

test('Unit reloads only what another process has proven', async (t) => {
  const {unit, runner, advance, process} = setup(probed);
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  runner.words = ['SyntaxError: invalid syntax'];
  const failed = unit.reload('SIGHUP');
  await advance(0);
  process(1).exit(3);
  await advance(0);
  t.is((await failed)?.reason, 'SyntaxError: invalid syntax');
  t.deepEqual(process(0).signals, []);

  const reloaded = unit.reload('SIGHUP');
  await advance(0);
  process(2).answer();
  await advance(0);
  t.deepEqual(process(0).signals, ['SIGHUP']);
  process(0).answer();
  t.is(await reloaded, undefined);
  await advance(0);
  t.is(unit.main, process(0).started);
  t.deepEqual(process(2).signals, ['SIGTERM']);
  t.deepEqual(unit.leaving, []);
});

test('Unit gives a process up that cannot be asked (no inotify instance is left), and ends nothing else', async (t) => {
  const {unit, advance, runner} = setup({...probed, giveUp: 1});
  runner.unaskable = Object.assign(new Error('EMFILE: too many open files, watch'), {code: 'EMFILE'});
  unit.send({type: 'start'});
  await advance(60_000);
  await advance(0);
  t.deepEqual(unit.state, {
    id: 'fatal',
    why: 'not ready within 60 s: it cannot be asked: EMFILE: too many open files, watch',
  });
});

test('Unit tells whoever reloads it that the process cannot be asked (no inotify instance is left)', async (t) => {
  const {unit, advance, process, runner} = setup(probed);
  unit.send({type: 'start'});
  await advance(0);
  process(0).answer();
  await advance(0);
  runner.unaskable = Object.assign(new Error('EMFILE: too many open files, watch'), {code: 'EMFILE'});
  const outcome = await unit.reload('SIGHUP');
  t.is(outcome?.reason, 'it cannot be asked: EMFILE: too many open files, watch');
  t.deepEqual(process(0).signals, []);
});
