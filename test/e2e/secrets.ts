import {spawn} from 'node:child_process';
import {createHash, randomBytes} from 'node:crypto';
import {chmodSync, existsSync, lstatSync, readdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {systemProc} from '../../src/system/proc.ts';
import {alive, get, Rig, until} from '../helpers/rig.ts';
import {testWith, toolPath} from '../helpers/tools.ts';
import {run} from '../helpers/run.ts';

/** Random, so that nothing else on this machine looks like it. */
const random = (bytes: number) => randomBytes(bytes).toString('hex');

interface Vault {
  readonly rig: Rig;
  readonly port: number;
  readonly directory: string;
  /** What the app has in its environment, from the env file. */
  readonly values: Readonly<Record<string, string>>;
  /** Texts that must be nowhere: the values, the lines of those that have several, the password in a URL. */
  readonly secrets: readonly string[];
}

/** Answers with a digest of each variable, and says aloud what it knows only when it is told to. */
const WSGI = `import hashlib, json, os, signal, sys
def shout(*_):
    sys.stderr.write("RuntimeError: cannot reach " + os.environ["DATABASE_URL"] + " with " + os.environ["PIN"] + "\\n")
    os.kill(os.getppid(), signal.SIGKILL)
signal.signal(signal.SIGUSR2, shout)
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json"), ("X-Pid", str(os.getpid()))])
    return [json.dumps({k: hashlib.sha256(v.encode()).hexdigest() for k, v in os.environ.items()}).encode()]
`;

/** Two more lines for the code: fail with everything that it knows. */
const FAILING = `import os
raise RuntimeError("\\n".join(os.environ[name] for name in ("TOKEN", "KEY_FILE", "QUOTED", "PIN", "DATABASE_URL", "PLAIN")))
`;

/** An app with secrets of every shape in its env file, not started. */
async function vault(t: ExecutionContext): Promise<Vault> {
  const rig = Rig.create();
  t.teardown(async () => void (await rig.clean()));
  const [password, key] = [random(8), [random(16), random(16), random(16)]];
  const values = {
    TOKEN: random(16),
    KEY_FILE: `-----BEGIN KEY-----\n${key.join('\n')}\n-----END KEY-----\n`,
    QUOTED: `say "${random(8)}" & 'this' $HOME \\ ${random(4)}`,
    PIN: random(3),
    DATABASE_URL: `postgres://tasks:${password}@127.0.0.1/tasks`,
    PLAIN: `nothing-says-${random(6)}`,
  };
  const {port, directory} = await rig.defineGunicorn('vault', '', WSGI);
  const {TOKEN, KEY_FILE, PIN, DATABASE_URL, PLAIN} = values;
  const quoted = values.QUOTED.replaceAll(/["\\$]/g, '\\$&');
  const lines = [
    `TOKEN=${TOKEN}`,
    `KEY_FILE='${KEY_FILE}'`,
    `QUOTED="${quoted}"`,
    `PIN=${PIN}`,
    `DATABASE_URL=${DATABASE_URL} # the old one`,
  ];
  writeFileSync(path.join(directory, '.env'), `${lines.join('\n')}\nexport PLAIN=\`${PLAIN}\`\n`, {
    mode: 0o600,
  });
  const file = path.join(rig.paths.apps, 'vault.toml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('\n', '\nenv_file = ".env"\n'));
  const secrets = [TOKEN, ...key, values.QUOTED, PIN, password, PLAIN];
  return {rig, port, directory, values, secrets};
}

/** The secrets that a text gives away, as they are, or as JSON or a URL would write them. */
function givenAway(text: string, {secrets}: Vault): readonly string[] {
  return secrets.filter((secret) =>
    [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)].some((form) =>
      text.includes(form),
    ),
  );
}

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, {recursive: true, encoding: 'utf8'})
    .map((name) => path.join(directory, name))
    .filter((file) => statSync(file, {throwIfNoEntry: false})?.isFile() ?? false);
}

/** What other users could enter, read or connect to: directories, files and sockets below a directory, and itself. */
function openToOthers(directory: string): readonly string[] {
  const names = readdirSync(directory, {recursive: true, encoding: 'utf8'});
  return ['.', ...names].filter((name) => {
    const stat = lstatSync(path.join(directory, name), {throwIfNoEntry: false});
    return stat !== undefined && !stat.isSymbolicLink() && (stat.mode & 0o077) !== 0;
  });
}

/** Everything that is kept about apps, but what the programs printed themselves. */
function stateOf({rig}: Vault): string {
  const kept = filesBelow(rig.paths.state).filter((file) => !file.startsWith(`${rig.paths.logs}/`));
  return kept.map((file) => `${file}\n${readFileSync(file, 'latin1')}`).join('\n');
}

async function ps(): Promise<string> {
  return (await run(toolPath('ps'), ['-eo', 'args', '-ww'])).stdout;
}

async function ask({rig}: Vault, url: string): Promise<string> {
  const {code, stdout} = await run(toolPath('curl'), [
    '-sS',
    '--unix-socket',
    rig.paths.socket,
    `http://x${url}`,
  ]);
  if (code !== 0) throw new Error(`curl ended with ${code}`);
  return stdout;
}

/** The stream of events, as it comes; the file of `curl` is as good as a terminal. */
function listen({rig}: Vault): {text(): string; end(): void} {
  const stream = spawn(toolPath('curl'), ['-sSN', '--unix-socket', rig.paths.socket, 'http://x/v1/events'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let heard = '';
  stream.stdout.setEncoding('utf8').on('data', (text: string) => (heard += text));
  return {text: () => heard, end: () => stream.kill()};
}

const COMMANDS: readonly string[] = [
  'status',
  'status vault',
  'show vault',
  'env vault',
  'env vault:web',
  'list',
  'ports',
  'snippet vault',
  'snippet vault --front nginx',
  'request vault',
  'request vault --json',
  'logs',
  'logs vault -n 1000',
  'check',
  'boot status',
  'daemon status',
  'version',
  'start vault',
  'restart vault',
  'stop vault',
  'start vault',
];

testWith(
  ['gunicorn', 'ps', 'curl'],
  'C7 secrets of an env file reach the app, and neither a command line, nor a state file, nor anything that appsup prints',
  async (t) => {
    const it = await vault(t);
    const {rig, port, values} = it;
    const nothing = (text: string, where: string) => t.deepEqual(givenAway(text, it), [], where);
    await rig.ok('start', 'vault');
    const events = listen(it);
    t.teardown(() => events.end());

    const digests = JSON.parse((await get(port, '/vault/')).body) as Record<string, string>;
    for (const [name, value] of Object.entries(values))
      t.is(digests[name], createHash('sha256').update(value).digest('hex'), name);

    for (const command of COMMANDS) {
      for (const json of [[], ['--json']]) {
        const {stdout, stderr} = await rig.appsup(...command.split(' '), ...json);
        t.not(stdout + stderr, '', command);
        nothing(stdout + stderr, `appsup ${command}`);
      }
    }
    t.regex(await rig.ok('env', 'vault'), /^TOKEN=\*\*\*$/m);
    for (const url of ['/v1/info', '/v1/status', '/v1/status?memory=1', '/v1/events/x'])
      nothing(await ask(it, url), url);
    await until(() => events.text().includes('"starting"'), 'events of the restarts');
    nothing(events.text(), 'events');

    const list = await ps();
    t.true(list.includes('wsgi:application'));
    nothing(list, 'ps');
    for (const {pid} of systemProc.list())
      nothing(readQuietly(`/proc/${pid}/cmdline`), `command line of ${pid}`);
    nothing(readQuietly(`/proc/${rig.supervisorPid() ?? 0}/environ`), 'environment of the supervisor');
    nothing(stateOf(it), 'state');
    // The app printed nothing of them, so its own log has none, either.
    for (const file of filesBelow(rig.paths.logs)) nothing(readFileSync(file, 'utf8'), file);
    await rig.ok('daemon', 'restart');
    nothing(stateOf(it), 'state after a handover');
    t.deepEqual(openToOthers(rig.paths.state), []);
    t.deepEqual(openToOthers(rig.paths.config), []);
    t.is(statSync(path.join(it.directory, '.env')).mode & 0o777, 0o600);
  },
);

testWith(
  ['gunicorn', 'curl'],
  'what a failing start shows of its traceback has its secrets masked, in messages, status, events and state',
  async (t) => {
    const it = await vault(t);
    const {rig, directory} = it;
    const nothing = (text: string, where: string) => t.deepEqual(givenAway(text, it), [], where);
    await rig.ok('start', 'vault');
    const serving = await rig.pid('vault');
    const events = listen(it);
    t.teardown(() => events.end());

    const file = path.join(directory, 'wsgi.py');
    writeFileSync(file, FAILING);
    for (const words of [
      ['restart', 'vault'],
      ['restart', 'vault', '--json'],
    ]) {
      const {code, stdout, stderr} = await rig.appsup(...words);
      t.is(code, 1);
      t.regex(stdout + stderr, /RuntimeError.*\*\*\*/);
      nothing(stdout + stderr, words.join(' '));
    }
    t.is(await rig.pid('vault'), serving);
    nothing((await rig.appsup('status')).stdout, 'status of the app that serves on');
    await rig.ok('stop', 'vault');
    for (const words of [
      ['start', 'vault'],
      ['start', 'vault', '--json'],
      ['status'],
      ['status', '--json'],
      ['show', 'vault'],
      ['check'],
    ]) {
      const {stdout, stderr} = await rig.appsup(...words);
      nothing(stdout + stderr, words.join(' '));
    }
    nothing(await ask(it, '/v1/status'), '/v1/status');
    await until(() => events.text().includes('"backoff"'), 'the event of the failure');
    nothing(events.text(), 'events');
    nothing(stateOf(it), 'state');
    t.true(
      filesBelow(rig.paths.logs).some((log) => givenAway(readFileSync(log, 'utf8'), it).length > 0),
      'the program did print them',
    );
    await rig.ok('stop', 'vault');
  },
);

testWith(['gunicorn'], 'the last words of an adopted process are masked as those of any other', async (t) => {
  const it = await vault(t);
  const {rig, port} = it;
  await rig.ok('start', 'vault');
  const master = await rig.pid('vault');
  process.kill(rig.supervisorPid() as number, 'SIGKILL');
  await rig.ok('daemon', 'start');
  t.is(await rig.pid('vault'), master);
  // The code that comes next is broken, too: the reason stays to be seen.
  writeFileSync(path.join(it.directory, 'wsgi.py'), FAILING);
  process.kill(Number((await get(port, '/vault/')).headers['x-pid']), 'SIGUSR2');
  await until(() => !alive(master), 'the end of the master');
  await until(async () => (await rig.process('vault')).restarts > 0, 'the next try');
  const {stdout} = await rig.appsup('status', '--json');
  t.deepEqual(givenAway(stdout, it), []);
  t.deepEqual(givenAway(stateOf(it), it), []);
  t.true(
    filesBelow(rig.paths.logs).some((log) => givenAway(readFileSync(log, 'utf8'), it).length > 0),
    'the program did print them',
  );
  await rig.ok('stop', 'vault');
});

testWith(
  ['gunicorn'],
  'C7 an env file that others can read is refused with the command to type, and nothing is started, added or replaced',
  async (t) => {
    const it = await vault(t);
    const {rig, port, directory} = it;
    const file = path.join(directory, '.env');
    chmodSync(file, 0o644);

    const added = await rig.appsup('add', directory, '--name', 'other');
    t.is(added.code, 1);
    t.is(
      added.stderr,
      'Cannot use ~/vault/.env: other users of this host can read it (mode 0644)\n  hint: chmod 600 ~/vault/.env\n',
    );
    t.false(existsSync(path.join(rig.paths.apps, 'other.toml')));
    t.notRegex(await rig.ok('ports'), /other/);

    const started = await rig.appsup('start', 'vault');
    t.is(started.code, 7);
    t.regex(
      started.stderr,
      /Cannot use ~\/vault\/\.env: .*\(mode 0644\)\n {2}hint: chmod 600 ~\/vault\/\.env$/m,
    );
    t.deepEqual(rig.children(), []);
    t.is((await get(port, '/vault/')).status, 503);
    await rig.ok('stop', 'vault');

    chmodSync(file, 0o600);
    await rig.ok('start', 'vault');
    const serving = await rig.pid('vault');
    chmodSync(file, 0o640);
    const restarted = await rig.appsup('restart', 'vault');
    t.is(restarted.code, 1);
    t.regex(restarted.stderr, /mode 0640/);
    t.regex(restarted.stderr, /chmod 600 ~\/vault\/\.env/);
    t.is(await rig.pid('vault'), serving);
    t.is((await get(port, '/vault/')).status, 200);
    const {code, stderr} = await rig.appsup('env', 'vault');
    t.is(code, 1);
    t.regex(stderr, /chmod 600/);
  },
);

testWith(
  ['gunicorn'],
  'a broken line of an env file is named by file and line, and never shown',
  async (t) => {
    const it = await vault(t);
    const {rig, directory} = it;
    const secret = random(12);
    for (const broken of [`"${secret}"`, `OPEN="${secret}`, `two words=${secret}`, `9LIVES=${secret}`]) {
      writeFileSync(path.join(directory, '.env'), `FINE=1\n\n${broken}\n`, {mode: 0o600});
      for (const words of [
        ['start', 'vault'],
        ['start', 'vault', '--json'],
        ['status'],
        ['env', 'vault'],
        ['add', directory, '--name', 'other'],
      ]) {
        const {code, stdout, stderr} = await rig.appsup(...words);
        t.not(code, 0);
        t.false((stdout + stderr).includes(secret), `${words.join(' ')}: ${broken}`);
        if (words[0] !== 'status')
          t.regex(stdout + stderr, /Cannot use ~\/vault\/\.env: line 3: /, `${words.join(' ')}: ${broken}`);
      }
      t.false(stateOf(it).includes(secret));
      await rig.ok('stop', 'vault');
    }
    t.deepEqual(rig.children(), []);
  },
);

function readQuietly(file: string): string {
  try {
    return readFileSync(file, 'latin1');
  } catch {
    // It ended between two looks, or it is somebody else's.
    return '';
  }
}
