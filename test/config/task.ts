import test from 'ava';

import type {TaskSpec} from '../../src/core/task-spec.ts';
import {GUNICORN, advice, findings, specOf, web} from '../helpers/read-app.ts';

/** An app with one task, whose lines begin at line 5. */
const task = (...lines: readonly string[]): string => web(GUNICORN, '[tasks.x]', ...lines);

function taskOf(...lines: readonly string[]): TaskSpec {
  const [found] = specOf(task(...lines)).tasks;
  if (found === undefined) throw new Error('no task');
  return found;
}

const STEP = {
  kind: 'command',
  directory: '/srv/x',
  timeoutMs: 3_600_000,
  unless: undefined,
  ifChanged: [],
  withoutPython: false,
} as const;

test('readTask() fills every default in', (t) => {
  t.deepEqual(taskOf('steps = ["git pull --ff-only", ["sh", "-c", "a b"]]'), {
    name: 'x',
    work: {
      kind: 'steps',
      steps: [
        {name: 'git pull --ff-only', action: {...STEP, argv: ['git', 'pull', '--ff-only']}},
        {name: "sh -c 'a b'", action: {...STEP, argv: ['sh', '-c', 'a b']}},
      ],
    },
    stop: false,
    finish: undefined,
    confirm: undefined,
    directory: '/srv/x',
    timeoutMs: 3_600_000,
    env: {},
  });
});

test('readTask() reads steps as tables', (t) => {
  const {work, ...rest} = taskOf(
    'steps = [',
    '  { run = "npm ci", name = "packages", directory = "web", timeout = "5m", if_changed = ["package-lock.json"] },',
    '  { run = "make", unless = "test -e made" },',
    '  { restart = "web" },',
    ']',
    'then = "reload"',
    'directory = "front"',
    'timeout = "10m"',
  );
  t.like(rest, {finish: 'reload', directory: '/srv/x/front', timeoutMs: 600_000});
  t.deepEqual(work.kind === 'steps' && work.steps, [
    {
      name: 'packages',
      action: {
        ...STEP,
        argv: ['npm', 'ci'],
        directory: '/srv/x/front/web',
        timeoutMs: 300_000,
        ifChanged: ['/srv/x/front/web/package-lock.json'],
      },
    },
    {
      name: 'make',
      action: {
        ...STEP,
        argv: ['make'],
        directory: '/srv/x/front',
        timeoutMs: 600_000,
        unless: ['test', '-e', 'made'],
      },
    },
    {name: 'restart web', action: {kind: 'restart', programs: ['web']}},
  ]);
});

for (const [lines, expected] of [
  [
    ['recipe = "update"'],
    {
      work: {
        kind: 'update',
        requirements: '/srv/x/requirements.txt',
        migrate: [],
        build: [],
        health: undefined,
      },
      stop: false,
    },
  ],
  [
    ['recipe = "rebuild-venv"', 'packages = "gunicorn gevent"'],
    {work: {kind: 'rebuild-venv', packages: ['gunicorn', 'gevent'], basePython: 'python3', check: undefined}},
  ],
  [
    ['recipe = "reset-database"', 'database = "alice_db"'],
    {
      work: {kind: 'reset-database', database: 'alice_db', dropdb: ['--if-exists'], createdb: []},
      stop: true,
      confirm: 'alice_db',
    },
  ],
  [
    ['recipe = "build"', 'build = ["npm run build"]', 'output = "front/dist"'],
    {work: {kind: 'build', output: '/srv/x/front/dist', link: '/srv/x/public', keep: 3}},
  ],
] as const) {
  test(`readTask() reads ${lines.join(', ')}`, (t) => {
    t.like(taskOf(...lines), expected);
  });
}

for (const [what, lines, expected] of [
  [
    'nothing to do',
    ['stop = true'],
    '4:8 "x" has nothing to do | add: steps = ["..."], or recipe = "update"',
  ],
  [
    'two things to do',
    ['steps = ["a"]', 'recipe = "update"'],
    '6:1 "x" has both "steps" and "recipe" | keep one of them',
  ],
  ['no steps', ['steps = []'], '5:9 "steps" is empty | add: steps = ["..."]'],
  [
    'one text for steps',
    ['steps = "a"'],
    '5:9 Expected "steps" to be a list of commands: ["flask db upgrade"]: got "a" | ',
  ],
  [
    'a number for a step',
    ['steps = ["a", 7]'],
    '5:15 Expected "steps" to be a command in quotes, a list of its words, or a table with run: got 7 | ',
  ],
  [
    'a step with an open quote',
    ['steps = ["a", "b \'c"]'],
    '5:18 Cannot split "steps" into words: the \' is not closed | ',
  ],
  [
    'a step with a misspelt key',
    ['steps = [{ rnu = "a", run = "b" }]'],
    '5:12 Unknown key "rnu": did you mean "run"? | ',
  ],
  [
    'a step without a command',
    ['steps = [{ name = "a" }]'],
    '5:10 Expected a step to have either "run" or "restart" | as { run = "flask db upgrade" }',
  ],
  [
    'a step that restarts nobody',
    ['steps = [{ restart = "wbe" }]'],
    '5:22 No program of this app is called "wbe" | its programs: web',
  ],
  [
    'a bad duration of a step',
    ['steps = [{ run = "a", timeout = "5" }]'],
    '5:33 Expected "timeout" to be a duration with its unit (ms, s, m, h, d), as "10m": got "5" | ',
  ],
  [
    'a key of another recipe',
    ['recipe = "update"', 'database = "x"'],
    '6:1 "database" means nothing here: it is for the recipe "reset-database" | remove it',
  ],
  [
    'stop and then',
    ['steps = ["a"]', 'stop = true', 'then = "restart"'],
    '7:1 "then" has no use with stop = true: what was stopped is started at the end | remove one of them',
  ],
  [
    'no database',
    ['recipe = "reset-database"'],
    '4:8 "x" does not say which database | add: database = "alice_backscope_db"',
  ],
  [
    'an option for a database',
    ['recipe = "reset-database"', 'database = "--force"'],
    '6:12 Cannot use "--force" as the name of a database | add: database = "alice_backscope_db"',
  ],
  [
    'code for a check',
    ['recipe = "rebuild-venv"', 'check = "os;x"'],
    '6:9 Expected "check" to be module:name: got "os;x" | as "wsgi:application"',
  ],
  [
    'a link to itself',
    ['recipe = "build"', 'build = ["x"]', 'link = "dist"'],
    '7:8 "link" and "output" are the same | the link points to what was built: name another one',
  ],
] as const) {
  test(`readTask() refuses ${what}`, (t) => {
    t.deepEqual(advice(task(...lines)), [expected]);
  });
}

test('a task is not called as a job or program', (t) => {
  t.deepEqual(findings(web(GUNICORN, '[tasks.web]', 'steps = ["a"]')), ['4:8 "web" is a program already']);
  const both = web(
    GUNICORN,
    '[jobs.x]',
    'schedule = "@daily"',
    'command = "a"',
    '[tasks.x]',
    'steps = ["a"]',
  );
  t.deepEqual(findings(both), ['7:8 "x" is a job already']);
});
