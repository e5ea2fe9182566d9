import test from 'ava';

import type {JobSpec} from '../../src/core/task-spec.ts';
import {GUNICORN, advice, findings, specOf, web} from '../helpers/read-app.ts';

/** An app with one job, whose lines begin at line 5. */
const job = (...lines: readonly string[]): string => web(GUNICORN, '[jobs.tidy]', ...lines);

function jobOf(...lines: readonly string[]): JobSpec {
  const [found] = specOf(job(...lines)).jobs;
  if (found === undefined) throw new Error('no job');
  return found;
}

test('readJob() fills every default in', (t) => {
  t.deepEqual(jobOf('schedule = "@daily"', 'command = "python tidy.py --all"'), {
    name: 'tidy',
    schedule: '0 0 * * *',
    timezone: undefined,
    jitterMs: 0,
    overlap: 'skip',
    missed: 'run',
    retries: 0,
    retryMs: 10_000,
    step: {
      name: 'python tidy.py --all',
      action: {
        kind: 'command',
        argv: ['python', 'tidy.py', '--all'],
        directory: '/srv/x',
        timeoutMs: 86_400_000,
        unless: undefined,
        ifChanged: [],
        withoutPython: false,
      },
    },
    env: {},
  });
});

test('readJob() takes what is said', (t) => {
  const spec = jobOf(
    'schedule = "*/5 9-17 * * mon-fri"',
    'command = ["~/bin/tidy", "a b"]',
    'timezone = "Europe/London"',
    'jitter = "30s"',
    'overlap = "queue"',
    'missed = "skip"',
    'timeout = "10m"',
    'retries = 2',
    'retry_after = "1m"',
    'directory = "scripts"',
    'env = { A = "b" }',
  );
  t.like(spec, {
    schedule: '*/5 9-17 * * 1-5',
    timezone: 'Europe/London',
    jitterMs: 30_000,
    overlap: 'queue',
    missed: 'skip',
    retries: 2,
  });
  t.like(spec, {retryMs: 60_000, env: {A: 'b'}, step: {name: "/home/alice/bin/tidy 'a b'"}});
  t.like(spec.step.action, {
    argv: ['/home/alice/bin/tidy', 'a b'],
    timeoutMs: 600_000,
    directory: '/srv/x/scripts',
  });
});

test('readJob() takes a restart, and @reboot', (t) => {
  const spec = jobOf('schedule = "@reboot"', 'restart = "web"');
  t.like(spec, {
    schedule: '@reboot',
    step: {name: 'restart web', action: {kind: 'restart', programs: ['web']}},
  });
});

for (const [what, lines, expected] of [
  [
    'a schedule that never comes',
    ['schedule = "0 0 30 2 *"', 'command = "x"'],
    '5:12 Cannot use the schedule "0 0 30 2 *": it never comes: no feb has a day 30 | the last field is the day of the week',
  ],
  [
    'four fields',
    ['schedule = "* * * *"', 'command = "x"'],
    '5:12 Cannot use the schedule "* * * *": it has 4 fields | minute, hour, day of the month, month, day of the week: "30 3 * * *" is each day at 03:30; with a sixth field in front for seconds',
  ],
  [
    'a wrong hour',
    ['schedule = "0 24 * * *"', 'command = "x"'],
    '5:12 Cannot use the schedule "0 24 * * *": its hour is "24" | 0 to 23, *, */5, 1-5, 1,3,5',
  ],
  ['no schedule', ['command = "x"'], '4:1 "schedule" is missing | add: schedule = "30 3 * * *"'],
  [
    'nothing to do',
    ['schedule = "@daily"'],
    '4:7 "tidy" has nothing to do | add: command = "...", or restart = "web"',
  ],
  [
    'two things to do',
    ['schedule = "@daily"', 'command = "x"', 'restart = "web"'],
    '7:1 "tidy" has both "command" and "restart" | keep one of them',
  ],
  [
    'an unknown program',
    ['schedule = "@daily"', 'restart = "wbe"'],
    '6:11 No program of this app is called "wbe" | its programs: web',
  ],
  [
    'an unknown zone',
    ['schedule = "@daily"', 'command = "x"', 'timezone = "Europe/Londn"'],
    '7:12 Expected "timezone" to be a name of the time zone database: got "Europe/Londn" | as "Europe/London" or "UTC"',
  ],
  [
    'a misspelt key',
    ['schedule = "@daily"', 'comand = "x"', 'command = "x"'],
    '6:1 Unknown key "comand": did you mean "command"? | ',
  ],
] as const) {
  test(`readJob() refuses ${what}`, (t) => {
    t.deepEqual(advice(job(...lines)), [expected]);
  });
}

test('a job is not called as a program or a process of one', (t) => {
  const lines = ['schedule = "@daily"', 'command = "x"'];
  t.deepEqual(findings(web(GUNICORN, '[jobs.web]', ...lines)), ['4:7 "web" is a program already']);
  t.deepEqual(findings(web(GUNICORN, '[jobs.web_00]', ...lines)), ['4:7 "web_00" is a program already']);
  t.deepEqual(findings(web(GUNICORN, '[jobs."a b"]', ...lines)), ['4:7 Cannot use "a b" as a job\'s name']);
});
