import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {RunStatus} from '../../src/control/api.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import type {StepSpec} from '../../src/core/task-spec.ts';
import {pathsFor} from '../../src/system/paths.ts';
import type {Run, StepOutcome} from '../../src/supervisor/run.ts';
import {RunBooks, parseBook} from '../../src/supervisor/run-records.ts';
import {Runs} from '../../src/supervisor/runs.ts';
import {withResolvers} from '../../src/supervisor/with-resolvers.ts';
import {timetable} from '../../src/schedule/cron.ts';
import {FakeClock} from '../helpers/fake-clock.ts';
import {jobSpec, stepSpec} from '../helpers/run-world.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';
import {told} from '../helpers/launch-start.ts';

const GOOD: StepOutcome = {ok: true, skipped: false, note: undefined};
const BAD: Extract<StepOutcome, {ok: false}> = {
  ok: false,
  result: 'failed',
  code: 3,
  reason: 'exit 3',
  output: ['last words'],
};

const TASK = {
  name: 'update',
  work: {kind: 'steps', steps: [stepSpec('a'), stepSpec('b'), stepSpec('c')]},
  stop: false,
  finish: undefined,
  confirm: undefined,
  directory: '/',
  timeoutMs: 1000,
  env: {},
} as const;

interface World {
  readonly home: string;
  readonly clock: FakeClock;
  readonly runs: Runs;
  readonly books: RunBooks;
  /** Steps that wait for the test to end them, by name. */
  readonly doing: Map<string, (outcome: StepOutcome) => void>;
  readonly steps: string[];
  readonly events: string[];
  /** Of the own log. */
  readonly lines: string[];
  readonly app: AppSpec;
}

/** Runs whose steps end when the test says so; with a home, another supervisor's after the first. */
function setup(
  t: ExecutionContext,
  app: Partial<AppSpec> = {tasks: [TASK], jobs: [jobSpec()]},
  {home = '', boot = 'boot-1', undo = [] as readonly StepSpec[], load = async () => timetable} = {},
): World {
  const place = home === '' ? mkdtempSync(path.join(tmpdir(), 'runs-')) : home;
  if (home === '') t.teardown(() => rmSync(place, {recursive: true}));
  const clock = new FakeClock();
  const paths = pathsFor({HOME: place});
  const books = new RunBooks(paths);
  const spec = appSpec([programSpec()], app);
  const doing: World['doing'] = new Map();
  const [steps, events, lines]: [string[], string[], string[]] = [[], [], []];
  const runs = new Runs({
    clock,
    paths,
    books,
    bootId: () => boot,
    appOf: () => ({spec, awake: true}),
    isAwake: () => true,
    planOf: (_app, {work}) => ({steps: work.kind === 'steps' ? work.steps : [], undo}),
    load,
    onLogs: () => {},
    onEvent: ({name, phase, result}) => events.push(`${name} ${phase} ${result}`),
    log: (_level, message) => lines.push(message),
    doer: {
      async do(run: Run, {name}, signal) {
        steps.push(name);
        const {promise, resolve} = withResolvers<StepOutcome>();
        doing.set(name, resolve);
        signal.addEventListener('abort', () => resolve({...BAD, result: 'cancelled', reason: 'cancelled'}));
        run.change({});
        return await promise;
      },
    },
  });
  return {home: place, clock, runs, books, doing, steps, events, lines, app: spec};
}

/** Everything that can go on without the test has gone on. */
const settled = async (): Promise<void> => await new Promise((resolve) => setImmediate(resolve));

async function end({doing}: World, name: string, outcome: StepOutcome = GOOD): Promise<void> {
  await settled();
  doing.get(name)?.(outcome);
  doing.delete(name);
  await settled();
}

const run = async ({runs}: World, name = 'update', more = {}): Promise<RunStatus> =>
  await runs.run({app: 'tasks', name, ...more}, () => {});
const states = ({steps}: RunStatus) => steps.map(({state}) => state);

test('a run does its steps one after the other', async (t) => {
  const world = setup(t);
  const done = run(world);
  await settled();
  t.deepEqual(world.steps, ['a']);
  await end(world, 'a');
  t.deepEqual(world.steps, ['a', 'b']);
  await end(world, 'b', {ok: true, skipped: true, note: 'nothing new'});
  await end(world, 'c');
  const status = await done;
  t.like(status, {result: 'done', kind: 'task', trigger: 'user', code: undefined});
  t.deepEqual(states(status), ['done', 'skipped', 'done']);
  t.is(status.steps[1]?.note, 'nothing new');
  t.deepEqual(world.events, ['update begun running', 'update ended done']);
  t.like(world.books.read('tasks', 'update'), {current: undefined, past: [{result: 'done'}]});
});

test('the first failing step ends a run, and --resume goes on with it', async (t) => {
  const world = setup(t);
  const first = run(world);
  await end(world, 'a');
  await end(world, 'b', BAD);
  const status = await first;
  t.like(status, {result: 'failed', code: 3, reason: 'exit 3', output: ['last words']});
  t.deepEqual(states(status), ['done', 'failed', 'waiting']);

  const again = run(world, 'update', {resume: true});
  await end(world, 'b');
  await end(world, 'c');
  t.deepEqual(states(await again), ['done', 'done', 'done']);
  t.deepEqual(world.steps, ['a', 'b', 'b', 'c']);
  t.deepEqual(told(await t.throwsAsync(run(world, 'update', {resume: true}))).slice(0, 2), [
    'NOT_FOUND',
    'Cannot resume "update" of tasks: its last run did not fail',
  ]);
});

test('a run whose steps before the failed one have changed is not resumed', async (t) => {
  const world = setup(t);
  const first = run(world);
  await end(world, 'a');
  await end(world, 'b', BAD);
  await first;
  const changed = {...TASK, work: {kind: 'steps', steps: [stepSpec('x'), stepSpec('b')]}} as const;
  const later = setup(t, {tasks: [changed]}, {home: world.home});
  t.regex((await t.throwsAsync(run(later, 'update', {resume: true}))).message, /its steps have changed$/);
});

test('what failed is undone, and then not resumed', async (t) => {
  const world = setup(t, {tasks: [TASK]}, {undo: [stepSpec('back-1'), stepSpec('back-2')]});
  const done = run(world);
  await end(world, 'a', BAD);
  await end(world, 'back-1', {...BAD, reason: 'no way back'});
  await end(world, 'back-2');
  const status = await done;
  t.like(status, {result: 'failed', code: 3, reason: 'exit 3; to undo it failed as well: no way back'});
  t.deepEqual(
    status.undo.map(({state}) => state),
    ['failed', 'done'],
  );
  t.regex(
    (await t.throwsAsync(run(world, 'update', {resume: true}))).message,
    /what its last run did was undone$/,
  );
});

test('a second task of the app, and a second run of a job, are told who runs', async (t) => {
  const world = setup(t, {tasks: [TASK, {...TASK, name: 'reset'}], jobs: [jobSpec()]});
  const first = run(world);
  await settled();
  world.clock.advance(12_000);
  t.deepEqual(told(await t.throwsAsync(run(world, 'reset'))), [
    'RUN_BUSY',
    'Cannot run "reset": "update" of tasks runs since 12 s (step 1 of 3: a)',
    'wait for it, or end it: appsup run tasks update --cancel',
  ]);
  t.deepEqual(world.runs.cancel({app: 'tasks', name: 'update'}), {cancelled: true});
  t.like(await first, {result: 'cancelled'});
  t.deepEqual(world.runs.cancel({app: 'tasks', name: 'update'}), {cancelled: false});
  void run(world, 'tidy');
  await settled();
  t.is(told(await t.throwsAsync(run(world, 'tidy')))[0], 'RUN_BUSY');
  await end(world, 'tidy');
});

test('a task that has to be confirmed does nothing until it is', async (t) => {
  const world = setup(t, {tasks: [{...TASK, confirm: 'tasks'}]});
  for (const confirm of [undefined, 'Tasks', '']) {
    const error = await t.throwsAsync(run(world, 'update', confirm === undefined ? {} : {confirm}));
    t.is(told(error)[0], 'NOT_CONFIRMED');
  }
  t.deepEqual(world.steps, []);
  t.deepEqual(states(await run(world, 'update', {dryRun: true})), ['waiting', 'waiting', 'waiting']);
  void run(world, 'update', {confirm: 'tasks'});
  await settled();
  t.deepEqual(world.steps, ['a']);
});

test('an unknown name is told with the nearest one', async (t) => {
  const world = setup(t);
  t.deepEqual(told(await t.throwsAsync(run(world, 'updaet'))), [
    'NO_SUCH_RUN',
    'Cannot run "updaet": tasks has no task or job of that name',
    'did you mean "update"?',
  ]);
});

test('a job that fails is tried again', async (t) => {
  const world = setup(t, {jobs: [jobSpec({retries: 2, retryMs: 5000})]});
  const done = run(world, 'tidy');
  await end(world, 'tidy', BAD);
  t.deepEqual(world.steps, ['tidy']);
  world.clock.advance(5000);
  await end(world, 'tidy');
  t.like(await done, {result: 'done', attempt: 2, code: undefined, reason: undefined, output: []});
});

for (const [overlap, after] of [
  ['skip', ['tidy']],
  ['queue', ['tidy', 'tidy']],
] as const) {
  test(`a job with overlap = "${overlap}" that is due three times while it runs`, async (t) => {
    const job = jobSpec({schedule: '* * * * *', overlap});
    const world = setup(t, {jobs: [job]});
    await world.runs.set(world.app);
    world.clock.advance(3 * 60_000);
    await settled();
    t.deepEqual(world.steps, ['tidy']);
    await end(world, 'tidy');
    t.deepEqual(world.steps, after);
  });
}

test('a job with overlap = "kill" that is due while it runs ends the old run first', async (t) => {
  const world = setup(t, {jobs: [jobSpec({schedule: '* * * * *', overlap: 'kill'})]});
  await world.runs.set(world.app);
  world.clock.advance(60_000);
  await settled();
  world.clock.advance(60_000);
  await settled();
  await settled();
  t.deepEqual(world.steps, ['tidy', 'tidy']);
  t.like(world.books.read('tasks', 'tidy').past, [{result: 'cancelled'}]);
});

test('a job that is due while a task of its app runs waits for the end of the task, also over a change of supervisors', async (t) => {
  const spec = {tasks: [TASK], jobs: [jobSpec({schedule: '* * * * *'})]};
  const world = setup(t, spec);
  await world.runs.set(world.app);
  const task = run(world);
  await settled();
  world.clock.advance(60_000);
  await settled();
  t.deepEqual(world.steps, ['a']);
  t.like(world.runs.jobs([{spec: world.app, awake: true}]), {jobs: [{reason: 'it waits for another run'}]});

  const later = setup(t, spec, {home: world.home});
  later.runs.resumeUnfinished();
  await settled();
  t.deepEqual(later.steps, ['a']);
  for (const step of ['a', 'b', 'c']) await end(later, step);
  t.deepEqual(later.steps, ['a', 'b', 'c', 'tidy']);

  await end(world, 'a', BAD);
  await task;
});

test('a later supervisor goes on with the step that was under way', async (t) => {
  const world = setup(t);
  void run(world);
  await end(world, 'a');
  const later = setup(t, {tasks: [TASK]}, {home: world.home});
  later.runs.resumeUnfinished();
  await end(later, 'b');
  await end(later, 'c');
  t.deepEqual(later.steps, ['b', 'c']);
  t.like(later.books.read('tasks', 'update').past, [{result: 'done'}]);
});

test('a run that was under way when the host went down is told, and may be resumed', async (t) => {
  const world = setup(t);
  void run(world);
  await end(world, 'a');
  const later = setup(t, {tasks: [TASK]}, {home: world.home, boot: 'boot-2'});
  later.runs.resumeUnfinished();
  await settled();
  t.deepEqual([later.steps, later.events], [[], ['update ended interrupted']]);
  void run(later, 'update', {resume: true});
  await settled();
  t.deepEqual(later.steps, ['b']);
});

test('when the supervisor is told to end, its runs are ended as interrupted', async (t) => {
  const world = setup(t);
  const done = run(world);
  await settled();
  await world.runs.end();
  t.not((await done).result, 'done');
  t.is(told(await t.throwsAsync(run(world)))[0], 'SUPERVISOR_GONE');
});

test('ten runs are kept, and their logs', async (t) => {
  const world = setup(t);
  const directory = path.join(pathsFor({HOME: world.home}).logs, 'tasks/runs');
  for (let count = 0; count < 12; count++) {
    const done = run(world, 'tidy');
    await settled();
    writeFileSync(world.books.read('tasks', 'tidy').current?.log ?? '', 'text');
    await end(world, 'tidy');
    await done;
  }
  t.is(world.books.read('tasks', 'tidy').past.length, 10);
  t.is(readdirSync(directory).length, 10);
});

for (const text of [
  '',
  '{',
  'null',
  '[]',
  '{"version":1}',
  '{"version":1,"app":"../x","name":"a","past":[],"hashes":{}}',
]) {
  test(`parseBook() makes nothing of ${JSON.stringify(text)}`, (t) => {
    t.is(parseBook(text), undefined);
  });
}

test('parseBook() leaves out a run of another form', (t) => {
  const book = parseBook(
    '{"version":1,"app":"a","name":"b","past":[],"hashes":{},"current":{"steps":[1],"undo":[],"plan":{"steps":[],"undo":[]}}}',
  );
  t.like(book, {app: 'a', current: undefined});
});

test('an update that took away the reader of schedules is told in the log, and ends no supervisor', async (t) => {
  let there = false;
  const load = async () => {
    if (there) return timetable;
    throw Object.assign(new Error("Cannot find module './cron.cjs'"), {code: 'MODULE_NOT_FOUND'});
  };
  const {runs, app, lines} = setup(t, {jobs: [jobSpec({schedule: '0 3 * * *'})]}, {load});
  const nextAt = () => runs.jobs([{spec: app, awake: true}]).jobs[0]?.nextAt;
  await runs.set(app);
  t.deepEqual(lines, ["its jobs are not run: Cannot find module './cron.cjs'"]);
  t.is(nextAt(), undefined);
  there = true;
  await runs.set(app);
  t.not(nextAt(), undefined);
});
