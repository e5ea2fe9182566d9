import {spawn} from 'node:child_process';
import type {ChildProcessWithoutNullStreams} from 'node:child_process';
import {chmodSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {systemProc} from '../../src/system/proc.ts';
import {Load, ROOT, alive, killQuietly, until} from '../helpers/rig.ts';
import type {Rig} from '../helpers/rig.ts';
import {rigFor} from '../helpers/rig-for.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

const APPSUP = path.join(ROOT, 'bin/appsup');
const SECRET = 'correct horse battery';

/** A worker that has a secret, a computed value and a mask of its own. */
async function defineTool(rig: Rig): Promise<string> {
  const toml = `env_file = ".env"
env = { REVISION = { run = "echo abc123" }, LANG = "C" }
[programs.web]
command = "sleep 600"
listen = "none"
umask = "0027"
[programs.queue]
command = "sh loop.sh"
listen = "none"
env = { ROLE = "queue" }
`;
  const {directory} = await rig.define('tool', toml, {
    '.env': `API_KEY=${SECRET}\n`,
    'loop.sh': 'sleep 600\necho end\n',
  });
  return directory;
}

/** A command that the test talks to while it runs. */
class Conversation {
  readonly child: ChildProcessWithoutNullStreams;
  output = '';
  readonly ended: Promise<number | NodeJS.Signals | null>;

  constructor(rig: Rig, argv: readonly string[]) {
    const [program = '', ...args] = argv;
    this.child = spawn(program, args, {env: rig.env, cwd: rig.home});
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.ended = new Promise((resolve) =>
      this.child.once('close', (code, signal) => resolve(signal ?? code)),
    );
  }

  async says(text: string): Promise<void> {
    await until(() => this.output.includes(text), `"${text}", got: ${this.output}`);
  }
}

test('«exec» runs a command in the place of a program, with no supervisor and no secret in a command line', async (t) => {
  const rig = rigFor(t);
  const directory = await defineTool(rig);
  const script = `import json, os, sys
parents = [open("/proc/%d/cmdline" % pid).read() for pid in (os.getpid(), os.getppid())]
mask = os.umask(0)
print(json.dumps({"env": dict(os.environ), "cwd": os.getcwd(), "mask": mask, "argv": parents, "args": sys.argv[1:]}))
`;
  writeFileSync(path.join(directory, 'look.py'), script);
  const said = await rig.ok('exec', 'tool', 'python', 'look.py', '--json', '--help', '--', '-x');
  const {env, cwd, mask, argv, args} = JSON.parse(said) as {
    readonly env: Readonly<Record<string, string>>;
    readonly cwd: string;
    readonly mask: number;
    readonly argv: readonly string[];
    readonly args: readonly string[];
  };
  t.deepEqual(args, ['--json', '--help', '--', '-x']);
  t.deepEqual(
    [env['API_KEY'], env['REVISION'], env['LANG'], env['APPSUP_PROCESS']],
    [SECRET, 'abc123', 'C', 'web'],
  );
  t.is(env['APPSUP_MARK'], undefined);
  t.is(cwd, directory);
  t.is(mask, 0o027);
  t.is(argv.length, 2);
  t.false(argv.some((line) => line.includes(SECRET)));
  t.is(rig.supervisorPid(), undefined);
  t.is(await rig.ok('exec', 'tool:queue', '--', 'sh', '-c', 'echo $ROLE'), 'queue\n');
});

test('«exec» ends as its command does', async (t) => {
  const rig = rigFor(t);
  const directory = await defineTool(rig);
  writeFileSync(path.join(directory, 'plain.txt'), 'no program');
  chmodSync(path.join(directory, 'plain.txt'), 0o644);
  const codes: readonly (readonly [readonly string[], number])[] = [
    [['true'], 0],
    [['sh', '-c', 'exit 37'], 37],
    [['no-such-command'], 127],
    [['./plain.txt'], 126],
    [[], 2],
  ];
  for (const [argv, code] of codes)
    t.is((await rig.appsup('exec', 'tool', ...argv)).code, code, argv.join(' '));
  const missing = await rig.appsup('exec', '--json', 'tool', 'no-such-command');
  t.like(JSON.parse(missing.stdout), {ok: false, error: {code: 'NOT_FOUND'}});
  for (const signal of ['TERM', 'KILL', 'INT'] as const) {
    const talk = new Conversation(rig, [
      process.execPath,
      APPSUP,
      'exec',
      'tool',
      'sh',
      '-c',
      `kill -${signal} $$`,
    ]);
    t.is(await talk.ended, `SIG${signal}`);
  }
});

test('«exec» passes signals on, and its command is none of the app: a stop does not end it', async (t) => {
  const rig = rigFor(t);
  await defineTool(rig);
  await rig.ok('start', 'tool');
  const loop = 'trap "echo heard; exit 7" TERM; echo ready; while :; do sleep 0.1; done';
  const talk = new Conversation(rig, [process.execPath, APPSUP, 'exec', 'tool', 'sh', '-c', loop]);
  await talk.says('ready');
  await rig.ok('stop', 'tool');
  t.is(talk.child.exitCode, null);
  talk.child.kill('SIGTERM');
  t.is(await talk.ended, 7);
  t.is(talk.output, 'ready\nheard\n');
});

testWith(
  ['script'],
  '«exec» hands its terminal on: Ctrl-C is the command’s, and without a command there is a shell',
  async (t) => {
    const rig = rigFor(t);
    await defineTool(rig);
    const atTerminal = (line: string): Conversation =>
      new Conversation(rig, [
        toolPath('script'),
        '-qec',
        `exec ${process.execPath} ${APPSUP} exec tool ${line}`,
        '/dev/null',
      ]);
    const keys = atTerminal(
      `sh -c 'trap "echo heard; exit 9" INT; test -t 0 && echo ready; while :; do sleep 0.1; done'`,
    );
    await keys.says('ready');
    keys.child.stdin.write('\u0003');
    t.is(await keys.ended, 9);
    t.regex(keys.output, /heard/);
    const shell = atTerminal('');
    await shell.says('(tool:web)');
    shell.child.stdin.write('echo [$REVISION]; exit 5\r');
    t.is(await shell.ended, 5);
    t.regex(shell.output, /\[abc123\]/);
  },
);

testWith(['gunicorn'], '«signal» reaches the main process of what runs, and changes no wish', async (t) => {
  const rig = rigFor(t);
  await rig.defineGunicorn('web', 'start_time = "100ms"\n');
  await rig.ok('start', 'web');
  const pid = await rig.pid('web');
  const workers = (): number => systemProc.children(pid).length;
  await until(() => workers() === 2, 'two workers');
  t.is(await rig.ok('signal', 'ttin', 'web'), `web:web  TTIN sent to pid ${pid}\n`);
  await until(() => workers() === 3, 'a third worker');
  t.is(await rig.pid('web'), pid);

  const {code, stderr} = await rig.appsup('signal', '9', 'web:web');
  t.is(code, 0);
  t.is(
    stderr,
    '! if web:web ends by KILL, it is started again; to stop it and keep it stopped: appsup stop web:web\n',
  );
  await until(async () => ((await rig.process('web')).pid ?? pid) !== pid, 'another process');
  await until(async () => (await rig.process('web')).state === 'running', 'that it runs');

  await rig.ok('stop', 'web');
  t.is((await rig.appsup('signal', 'TERM', 'web:web')).code, 7);
  t.is((await rig.appsup('signal', 'TERM', 'all')).code, 7);
});

test('«signal» says that a shell passes nothing on, and --group does', async (t) => {
  const rig = rigFor(t);
  await defineTool(rig);
  await rig.ok('start', 'tool');
  const shell = await rig.pid('tool', 'queue');
  await until(() => systemProc.children(shell).length === 1, 'what the shell runs');
  const [child = 0] = systemProc.children(shell);
  const alone = await rig.appsup('signal', 'CONT', 'tool:queue');
  t.regex(alone.stderr, /its main process is a shell, .*: appsup signal --group CONT tool:queue/);
  t.true(alive(child));
  t.is((await rig.appsup('signal', '--group', 'KILL', 'tool:queue')).code, 0);
  await until(() => !alive(child) && !alive(shell), 'the end of both');
  killQuietly(child);
});

testWith(['script'], '«open» shows the address with $BROWSER at a terminal that has a display', async (t) => {
  const rig = rigFor(t);
  const {port} = await rig.define('tool', 'prefix = "strip"\n[programs.web]\ncommand = "serve"\n', {
    browse: '#!/bin/sh\necho "$@" > shown.tmp && mv shown.tmp shown\n',
  });
  const shown = path.join(rig.home, 'shown');
  const line = `DISPLAY=:0 BROWSER="${rig.home}/tool/browse --new" exec ${process.execPath} ${APPSUP} open tool`;
  const talk = new Conversation(rig, [toolPath('script'), '-qec', line, '/dev/null']);
  t.is(await talk.ended, 0);
  await until(() => existsSync(shown), 'the browser');
  t.is(readFileSync(shown, 'utf8'), `--new http://127.0.0.1:${port}/\n`);
  t.is(talk.output, `http://127.0.0.1:${port}/\r\n`);
});

test('«--no-wait» returns once the wish is kept, and «--timeout» ends with 124 and says what goes on', async (t) => {
  const rig = rigFor(t);
  const slow = 'listen = "none"\nstart_time = "30s"\nstop_timeout = "3s"\n';
  await rig.define('tool', `[programs.work]\ncommand = "sh deaf.sh"\n${slow}`, {
    'deaf.sh': 'trap "" TERM\nwhile :; do sleep 0.2; done\n',
  });
  const [begun] = lines(await rig.ok('start', 'tool', '--no-wait', '--json'));
  t.like(begun, {process: 'work', ok: true, state: 'starting', pending: true, readyMs: null});
  const {desired, state} = await rig.process('tool', 'work');
  t.deepEqual([desired, state], ['running', 'starting']);

  const started = await rig.appsup('start', 'tool', '--timeout', '50ms');
  t.is(started.code, 124);
  t.regex(started.stderr, /^Cannot wait any longer: not done within 0\.05 s; tool:work is starting\n/);

  const stopped = await rig.appsup('stop', 'all', '--timeout', '100ms', '--json');
  t.is(stopped.code, 124);
  const {error} = JSON.parse(stopped.stdout) as {readonly error: {readonly pending: readonly unknown[]}};
  t.like(error.pending, [{app: 'tool', process: 'work', state: 'stopping'}]);
  t.is((await rig.appsup('stop', 'tool')).code, 0);
  t.is((await rig.process('tool', 'work')).state, 'stopped');
});

testWith(
  ['gunicorn'],
  '«reload --no-wait» rehearses all the same, and status tells of a version that failed',
  async (t) => {
    const rig = rigFor(t);
    const {directory} = await rig.defineGunicorn('web');
    await rig.ok('start', 'web');
    const pid = await rig.pid('web');
    writeFileSync(path.join(directory, 'wsgi.py'), 'import nowhere\n');
    const [begun] = lines(await rig.ok('reload', 'web', '--no-wait', '--json'));
    t.like(begun, {process: 'web', pending: true, pid});
    await until(
      async () => /nowhere/.test((await rig.process('web')).lastChangeFailed ?? ''),
      'that status tells',
    );
    t.is(await rig.pid('web'), pid);
  },
);

function lines(stdout: string): readonly Readonly<Record<string, unknown>>[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
}

testWith(
  ['gunicorn'],
  '«scale» gives a server other workers with no request dropped, and its file keeps it',
  async (t) => {
    const rig = rigFor(t);
    const {port} = await rig.defineGunicorn('web', '# as many as there are cores\n');
    await rig.ok('start', 'web');
    const load = new Load(port, '/web/', 4);
    await load.answers(20);
    t.regex(
      await rig.ok('scale', 'web:web=4'),
      /^web:web {2}workers 2 -> 4 .*\n {2}web:web {2}new version ready/,
    );
    await load.answers(20);
    await load.stop();
    t.deepEqual(load.failures, []);
    const master = await rig.pid('web');
    await until(() => systemProc.children(master).length === 4, 'four workers');
    t.regex(
      readFileSync(path.join(rig.paths.apps, 'web.toml'), 'utf8'),
      /^workers = 4\n# as many as there are cores$/m,
    );
    t.regex(await rig.ok('show', 'web'), /^workers +=? ?4|workers.*= 4/m);
  },
);

test('«scale» runs a command more often and less often, and leaves alone what goes on', async (t) => {
  const rig = rigFor(t);
  await rig.define(
    'jobs',
    '[programs.queue]\ncommand = "sleep 600"\nlisten = "none"\nstart_time = "100ms"\n',
  );
  await rig.ok('start', 'jobs');
  const first = await rig.pid('jobs', 'queue');
  const copies = async (): Promise<readonly string[]> =>
    (await rig.app('jobs')).processes.map(({process, state}) => `${process} ${state}`);

  await rig.ok('scale', 'jobs:queue=2');
  t.deepEqual(await copies(), ['queue_00 running', 'queue_01 running']);
  t.false(alive(first));
  const kept = await rig.pid('jobs', 'queue_00');
  await rig.ok('scale', 'jobs:queue=3');
  t.deepEqual(await copies(), ['queue_00 running', 'queue_01 running', 'queue_02 running']);
  const [line] = lines(await rig.ok('scale', 'jobs:queue=2', '--json'));
  t.like(line, {app: 'jobs', program: 'queue', ok: true, key: 'numprocs', from: 3, to: 2});
  t.deepEqual(await copies(), ['queue_00 running', 'queue_01 running']);
  t.is(await rig.pid('jobs', 'queue_00'), kept);

  await rig.ok('daemon', 'restart');
  t.deepEqual(await copies(), ['queue_00 running', 'queue_01 running']);
  await rig.ok('stop', 'jobs');
  t.regex(await rig.ok('scale', 'jobs:queue=1'), /from its next start on/);
  t.deepEqual(await copies(), ['queue stopped']);
});
