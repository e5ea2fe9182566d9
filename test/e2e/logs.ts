import {readdirSync, statSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {killQuietly, Rig, until} from '../helpers/rig.ts';

/** Prints numbered lines as fast as it can, then waits. */
const FLOOD = `import sys, time
count = int(sys.argv[1])
for first in range(0, count, 1000):
    sys.stdout.write("".join("line %d\\n" % number for number in range(first, first + 1000)))
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
