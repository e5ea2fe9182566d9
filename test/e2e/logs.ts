import {spawn} from 'node:child_process';
import {existsSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {killQuietly, Rig, ROOT, until} from '../helpers/rig.ts';

/** Prints numbered lines as fast as it can, or with a pause behind each thousand, then waits. */
const FLOOD = `import sys, time
count = int(sys.argv[1])
for first in range(0, count, 1000):
    sys.stdout.write("".join("line %d\\n" % number for number in range(first, first + 1000)))
    if len(sys.argv) > 2:
        sys.stdout.flush()
        time.sleep(float(sys.argv[2]))
print("the end", flush=True)
time.sleep(600)
`;

test('C9 logs shows every line once and in order over rotations, while a supervisor is killed, and the disk stays bounded', async (t) => {
  const it = Rig.create();
  t.teardown(async () => void (await it.clean()));
  const count = 300_000;
  const toml = `[logs]\nmax_size = "500KB"\nkeep = 100\n[programs.queue]\ncommand = "/usr/bin/python3 flood.py ${count}"\n`;
  await it.define('flood', toml, {'flood.py': FLOOD});
  await it.ok('start', 'flood');
  const directory = path.join(it.paths.logs, 'flood');
  const archives = () => readdirSync(directory).filter((name) => /^queue\.log\.\d/.test(name));
  await until(() => archives().length > 0, 'the first archive');
  killQuietly(it.supervisorPid() as number);
  await it.ok('daemon', 'start');
  const lastLine = async () => (await it.ok('logs', 'flood', '-n', '1')).trim();
  await until(async () => (await lastLine()) === 'the end', 'the last line', 60_000);
  await until(() => statSync(path.join(directory, 'queue.log')).size < 1_000_000, 'the last rotation');
  const {stdout} = await it.appsup('logs', 'flood', '-n', String(count * 2));
  const numbers = stdout
    .split('\n')
    .filter((line) => line.startsWith('line '))
    .map((line) => Number(line.slice(5)));
  t.is(numbers.length, count);
  t.true(numbers.every((number, index) => number === index));
});

test('C9 logs -f shows every line once over rotations of a program that holds its log, compressed or not', async (t) => {
  const it = Rig.create();
  t.teardown(async () => void (await it.clean()));
  const count = 300_000;
  const toml = `[logs]\nmax_size = "500KB"\nkeep = 100\n[programs.queue]\ncommand = "/usr/bin/python3 flood.py ${count} 0.01"\n`;
  await it.define('flood', toml, {'flood.py': FLOOD});
  const follower = spawn(process.execPath, [path.join(ROOT, 'bin/appsup'), 'logs', '-f', 'flood:queue'], {
    env: it.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => follower.kill('SIGKILL'));
  let text = '';
  follower.stdout.setEncoding('utf8').on('data', (some: string) => (text += some));
  await it.ok('start', 'flood');
  await until(() => text.endsWith('the end\n'), 'the last line', 60_000);
  const directory = path.join(it.paths.logs, 'flood');
  t.true(readdirSync(directory).filter((name) => /^queue\.log\.\d/.test(name)).length > 1);
  const lines = text.split('\n').slice(0, -2);
  t.is(lines.length, count);
  t.is(
    lines.findIndex((line, number) => line !== `line ${number}`),
    -1,
  );
});

/** Says a word on stdout, stderr or in a file of its own when a file of that name appears, each with its time. */
const TALKER = `import datetime, os, sys, time
def say(where, word):
    now = datetime.datetime.now().strftime("%Y-%m-%d %H:%M:%S,%f")[:-3]
    print(now, word, file=where, flush=True)
os.makedirs("logs", exist_ok=True)
own = open("logs/" + sys.argv[1] + ".log", "a")
for word, where in [(sys.argv[1] + "-out", sys.stdout), (sys.argv[1] + "-err", sys.stderr), (sys.argv[1] + "-own", own)]:
    while not os.path.exists(word):
        time.sleep(0.02)
    time.sleep(0.01)
    say(where, word)
    open(word + ".said", "w").close()
time.sleep(600)
`;

test('C9 logs APP has stdout, stderr and the declared files of all its processes in the order of time', async (t) => {
  const it = Rig.create();
  t.teardown(async () => void (await it.clean()));
  const {directory} = await it.define(
    'talk',
    'log_files = ["logs/*.log"]\n[programs.one]\ncommand = "/usr/bin/python3 talk.py one"\n[programs.two]\ncommand = "/usr/bin/python3 talk.py two"\n',
    {'talk.py': TALKER},
  );
  await it.ok('start', 'talk');
  const order = ['two-out', 'one-out', 'one-err', 'two-err', 'one-own', 'two-own'];
  for (const word of order) {
    writeFileSync(path.join(directory, word), '');
    await until(() => existsSync(path.join(directory, `${word}.said`)), word);
  }
  const words = (await it.ok('logs', 'talk')).match(/\w+-(?:out|err|own)$/gm);
  t.deepEqual(words, order);
});

test('archives of an app are bounded by their count', async (t) => {
  const it = Rig.create();
  t.teardown(async () => void (await it.clean()));
  const toml =
    '[logs]\nmax_size = "200KB"\nkeep = 2\n[programs.queue]\ncommand = "/usr/bin/python3 flood.py 200000"\n';
  await it.define('bounded', toml, {'flood.py': FLOOD});
  await it.ok('start', 'bounded');
  await until(
    async () => (await it.ok('logs', 'bounded', '-n', '1')).trim() === 'the end',
    'the last line',
    60_000,
  );
  const directory = path.join(it.paths.logs, 'bounded');
  await until(() => {
    const names = readdirSync(directory);
    const bytes = names.reduce((sum, name) => sum + statSync(path.join(directory, name)).size, 0);
    return names.filter((name) => /^queue\.log\.\d/.test(name)).length <= 2 && bytes < 3_000_000;
  }, 'the surplus to go');
  t.pass();
});
