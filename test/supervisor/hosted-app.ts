import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {ProgramSpec} from '../../src/core/program-spec.ts';
import {AppsupError} from '../../src/errors.ts';
import {act} from '../../src/supervisor/act.ts';
import {DesiredStates} from '../../src/supervisor/desired.ts';
import {HostedApp} from '../../src/supervisor/hosted-app.ts';
import type {Unit} from '../../src/supervisor/unit.ts';
import {FakeClock} from '../helpers/fake-clock.ts';
import {FakeRunner} from '../helpers/fake-runner.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

/** An app of which nothing is known yet but its name, and what was wished of it earlier. */
function setup(t: ExecutionContext, programs: readonly ProgramSpec[], wishes?: string) {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-'));
  t.teardown(() => rmSync(directory, {recursive: true}));
  const file = path.join(directory, 'tasks.json');
  if (wishes !== undefined) writeFileSync(file, wishes);
  const garbage: string[] = [];
  const clock = new FakeClock();
  const runner = new FakeRunner({clock, app: appSpec(programs)});
  const app = new HostedApp({
    name: 'tasks',
    file: '/tasks.toml',
    clock,
    runner,
    desired: new DesiredStates({paths: {desired: directory}, onGarbage: (name) => garbage.push(name)}),
    onChange: () => undefined,
    onHealth: () => undefined,
    bind: () => undefined,
    hasVisitors: () => false,
  });
  const advance = async (ms: number) => {
    await turn();
    clock.advance(ms);
    await turn();
  };
  const take = () => {
    app.take(appSpec(programs), 'h');
    return [...app.units.values()];
  };
  return {
    /** From now on nothing can be remembered. */
    breakDisk: () => {
      rmSync(file, {force: true});
      mkdirSync(file);
    },
    app,
    advance,
    take,
    runner,
    garbage,
    wished: () => JSON.parse(readFileSync(file, 'utf8')) as unknown,
  };
}

test('HostedApp does not wait for ever for a stop that somebody else undoes meanwhile', async (t) => {
  const {app, advance, take, runner} = setup(t, [programSpec({stopMs: 5000})]);
  runner.mortal = ['SIGKILL'];
  const units = take();
  app.start(units);
  await advance(1000);
  app.wishStopped(units);
  const stopped = app.halt(units);
  app.start(units);
  await advance(5000);
  await stopped;
  await advance(0);
  t.deepEqual(
    units.map(({state}) => state.id),
    ['starting'],
  );
});

test('HostedApp remembers that all of an app is to be stopped, also when its broken file left it without units', async (t) => {
  const {app, wished, take} = setup(t, [programSpec()], '{"version":1,"processes":{"web":"running"}}');
  app.wishStopped([], true);
  t.deepEqual(wished(), {version: 1, processes: {web: 'stopped'}});
  t.is(app.desired({app: 'tasks', program: 'web', process: 'web', index: 0}), 'stopped');
  // Once its file is mended, nothing starts.
  t.deepEqual(
    take().map(({state}) => state.id),
    ['stopped'],
  );
});

test('HostedApp takes what runs for wished when the file of its wishes is damaged', (t) => {
  const {app, take, garbage, wished} = setup(t, [programSpec()], '{"version":1,"proc');
  t.is(garbage.length, 1);
  const [unit] = take();
  if (unit === undefined) throw new Error('no unit');
  t.is(app.desired(unit.id), 'stopped');
  app.rememberWish(unit);
  t.is(app.desired(unit.id), 'running');
  t.deepEqual(wished(), {version: 1, processes: {web: 'running'}});
});

test('HostedApp does not take what runs for wished when it was to be stopped', (t) => {
  const {app, take} = setup(t, [programSpec()], '{"version":1,"processes":{"web":"stopped"}}');
  const [unit] = take();
  if (unit === undefined) throw new Error('no unit');
  app.rememberWish(unit);
  t.is(app.desired(unit.id), 'stopped');
});

test('HostedApp rests where an earlier supervisor saw the work done, also of a program whose file is read later', async (t) => {
  const once = programSpec({name: 'migrate', restart: 'on-failure', listen: 'none'});
  const {app, advance, take} = setup(t, [once, programSpec()]);
  const done = {bootId: 'b', at: 5, exit: {code: 0, signal: undefined}};
  app.rememberDone('migrate', done);
  // It always runs, by now.
  app.rememberDone('web', done);
  const [migrate, web] = take();
  t.like(migrate, {state: {id: 'exited', exit: done.exit}, since: 5});
  t.is(web?.state.id, 'stopped');
  // The user's word counts more.
  app.start([migrate as Unit]);
  await advance(0);
  t.is(migrate?.state.id, 'starting');
});

for (const wait of [true, false]) {
  const how = wait ? 'and waited for' : 'and not waited for';
  test(`a stop that is asked for ${how} is refused on a full disk, and nothing is stopped`, async (t) => {
    const {app, advance, take, breakDisk} = setup(t, [programSpec()]);
    const units = take();
    app.start(units);
    await advance(1000);
    breakDisk();
    const request = {action: 'stop', targets: ['tasks'], wait} as const;
    const error = await t.throwsAsync(act({app, units, whole: true}, request), {instanceOf: AppsupError});
    t.is(error.code, 'DISK');
    await advance(0);
    t.is(units[0]?.state.id, 'running');
  });
}
