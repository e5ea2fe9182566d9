import test from 'ava';

import type {JobStatus, RunStatus} from '../../src/control/api.ts';
import {AppsupError} from '../../src/errors.ts';
import {homeWith} from '../helpers/cli.ts';

const STEP = {
  name: 'flask db upgrade',
  state: 'done',
  startedAt: 1000,
  ms: 800,
  code: undefined,
  note: undefined,
} as const;

function statusOf(fields: Partial<RunStatus> = {}): RunStatus {
  return {
    app: 'hello',
    name: 'update',
    kind: 'task',
    trigger: 'user',
    result: 'done',
    startedAt: Date.UTC(2020, 10, 21, 3),
    ms: 800,
    attempt: 1,
    steps: [STEP],
    undo: [],
    code: undefined,
    reason: undefined,
    output: [],
    log: '/logs/update.log',
    stopped: [],
    ...fields,
  };
}

const JOB: JobStatus = {
  app: 'hello',
  job: 'tidy',
  schedule: '0 3 * * *',
  timezone: 'UTC',
  nextAt: Date.UTC(2030, 10, 22, 3),
  reason: undefined,
  running: undefined,
  last: statusOf({name: 'tidy', kind: 'job'}),
};

test('«appsup jobs» shows when each is due and how it ended', async (t) => {
  const failed = statusOf({
    name: 'late',
    kind: 'job',
    result: 'timeout',
    reason: 'it took longer than 5 s and was ended',
    ms: 5000,
  });
  const home = await homeWith(t, {
    jobs: async () => ({
      jobs: [
        JOB,
        {
          ...JOB,
          job: 'late',
          timezone: undefined,
          nextAt: undefined,
          reason: 'the app is stopped',
          last: failed,
        },
      ],
    }),
  });
  const {stdout, stderr, code} = await home.appsup('jobs');
  t.is(code, 0);
  t.deepEqual(stdout.split('\n').slice(0, 3), [
    'APP    JOB   SCHEDULE         NEXT                LAST              TOOK   RESULT',
    'hello  tidy  0 3 * * * (UTC)  2030-11-22 03:00    2020-11-21 03:00  0.8 s  done',
    'hello  late  0 3 * * *        the app is stopped  2020-11-21 03:00  5.0 s  it took longer than 5 s and was ended',
  ]);
  t.is(stderr, '! hello:late timeout: all that it printed is in /logs/update.log\n');
  const [first] = (await home.appsup('jobs', '--json')).json() as readonly Record<string, unknown>[];
  t.like(first, {job: 'tidy', running: null, reason: null});
});

test('«appsup run» prints each step as it ends', async (t) => {
  const home = await homeWith(t, {
    async run(request, onProgress) {
      const event = {
        type: 'run',
        at: 1,
        app: 'hello',
        name: 'update',
        kind: 'task',
        result: 'running',
        reason: undefined,
      } as const;
      const steps = [
        {...STEP, name: 'git pull --ff-only', note: '3f2a91c -> 7501d33'},
        {...STEP, state: 'skipped', note: 'nothing new'},
      ] as const;
      for (const [index, step] of steps.entries())
        onProgress({...event, phase: 'step', step: {...step, place: index + 1, count: 2}});
      return statusOf({
        steps: request.dryRun === true ? steps.map((step) => ({...step, note: undefined})) : steps,
      });
    },
  });
  const {stdout, code} = await home.appsup('run', 'hello', 'update');
  t.deepEqual(
    [code, stdout],
    [
      0,
      ' 1/2  git pull --ff-only  0.8 s    3f2a91c -> 7501d33\n 2/2  flask db upgrade    skipped  nothing new\ndone  update of hello in 0.8 s\n',
    ],
  );
  t.regex(
    (await home.appsup('run', 'hello', 'update', '--dry-run')).stdout,
    /^1\/2 {2}git pull --ff-only\n2\/2 {2}flask db upgrade\n$/,
  );
  const lines = (await home.appsup('run', 'hello', 'update', '--json')).json();
  t.like(lines[1], {place: 2, count: 2, step: {state: 'skipped'}});
  t.like(lines[2], {ok: true, result: 'done'});
});

test('«appsup run» of a step that fails says which, what it printed and how to go on, and ends with its code', async (t) => {
  const failed = statusOf({
    result: 'failed',
    code: 4,
    reason: 'exit 4',
    output: ['relation "x" does not exist'],
    steps: [{...STEP, state: 'failed', code: 4}],
    stopped: ['web'],
  });
  const home = await homeWith(t, {run: async () => failed});
  const {stdout, stderr, code} = await home.appsup('run', 'hello', 'update');
  t.is(code, 4);
  t.is(stdout, '');
  t.deepEqual(stderr.trimEnd().split('\n'), [
    'Cannot finish "update" of hello: failed at step 1 of 1, flask db upgrade: exit 4',
    '  relation "x" does not exist',
    '! hello is left stopped (web)',
    '! when it is put right: appsup run hello update --resume',
    '! all that it printed: appsup logs hello:update, or /logs/update.log',
  ]);
});

test('«appsup run» of a task that has to be confirmed does not go on without a tty', async (t) => {
  const asked: (string | undefined)[] = [];
  const home = await homeWith(t, {
    async run({dryRun, confirm}) {
      if (dryRun === true) return statusOf();
      asked.push(confirm);
      if (confirm === 'hello') return statusOf();
      throw new AppsupError('NOT_CONFIRMED', 'Cannot run "update" of hello: it was not confirmed', {
        details: {confirm: 'hello'},
      });
    },
  });
  const refused = await home.appsup('run', 'hello', 'update');
  t.deepEqual([refused.code, refused.stderr], [1, 'Cannot run "update" of hello: it was not confirmed\n']);
  t.is((await home.appsup('run', 'hello', 'update', '--confirm', 'hello')).code, 2);
  t.is((await home.appsup('run', 'hello', 'update', '--yes', '--confirm', 'hello')).code, 0);
  t.deepEqual(asked, [undefined, 'hello']);
});

test('«appsup run --cancel» ends what runs', async (t) => {
  const home = await homeWith(t, {cancel: async ({name}) => ({cancelled: name === 'update'})});
  t.is((await home.appsup('run', 'hello', 'update', '--cancel')).stdout, 'hello:update is being ended\n');
  t.is((await home.appsup('run', 'hello', 'other', '--cancel')).stdout, 'hello:other does not run\n');
});
