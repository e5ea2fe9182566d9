import {appendFileSync, existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {alive, get, killQuietly, Rig, until} from '../helpers/rig.ts';

function rig(t: ExecutionContext): Rig {
  const made = Rig.create();
  t.teardown(async () => void (await made.clean()));
  return made;
}

/** The supervisor is killed, and another one comes. */
async function successor(it: Rig): Promise<void> {
  const pid = it.supervisorPid() as number;
  killQuietly(pid);
  await until(() => !alive(pid), 'the end of the supervisor');
  await it.ok('daemon', 'start');
}

for (const restart of ['on-failure', 'never'] as const) {
  test(`a one-shot program (restart = "${restart}") that has done its work is not run again by the next supervisor, but by the user and after a reboot`, async (t) => {
    const it = rig(t);
    const {directory} = await it.define(
      'once',
      `[programs.migrate]\ncommand = "bash -c 'echo x >>runs'"\nrestart = "${restart}"\nstart_time = "0s"\n`,
    );
    const runs = () => readFileSync(path.join(directory, 'runs'), 'utf8').length / 2;
    const rests = async () => (await it.process('once', 'migrate')).state === 'exited';
    await it.appsup('start', 'once');
    await until(rests, 'the end of its work');
    t.is(runs(), 1);
    const {since} = await it.process('once', 'migrate');
    await successor(it);
    await it.ok('daemon', 'restart');
    t.like(await it.process('once', 'migrate'), {state: 'exited', since, reason: 'exit 0'});
    t.is(runs(), 1);
    await it.appsup('start', 'once');
    await until(async () => runs() === 2 && (await rests()), 'the second run');
    // After a boot the record is one of another boot.
    const record = path.join(it.paths.processes, 'once.migrate.json');
    const supervisor = it.supervisorPid() as number;
    killQuietly(supervisor);
    await until(() => !alive(supervisor), 'the end of the supervisor');
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    t.true(readFileSync(record, 'utf8').includes(bootId));
    writeFileSync(record, readFileSync(record, 'utf8').replaceAll(bootId, 'the boot before'));
    await it.ok('daemon', 'start');
    await until(async () => runs() === 3 && (await rests()), 'the run after the boot');
    // What is stopped is not done.
    await it.ok('stop', 'once');
    t.false(existsSync(record));
  });
}

test('an adopted process whose app’s file is broken stays healthy, and is found unhealthy when it is', async (t) => {
  const it = rig(t);
  const {port, directory} = await it.defineGunicorn(
    'sick',
    'health = { path = "/", every = "1s", failures = 1, on_unhealthy = "report" }\n',
    `import os
def application(environ, start_response):
    ok = environ["SCRIPT_NAME"] == "/sick" and not os.path.exists("bad")
    open("asked", "a").write("x")
    start_response("200 OK" if ok else "500 No", [("Content-Type", "text/plain")])
    return [b"x"]
`,
  );
  await it.ok('start', 'sick');
  const pid = await it.pid('sick');
  appendFileSync(path.join(it.paths.apps, 'sick.toml'), 'nonsense = [\n');
  await successor(it);
  const asked = () => readFileSync(path.join(directory, 'asked'), 'utf8').length;
  const before = asked();
  await until(() => asked() >= before + 3, 'three checks');
  t.like(await it.process('sick'), {pid, state: 'running', health: 'healthy', adopted: true});
  t.is((await get(port, '/sick/')).status, 200);
  writeFileSync(path.join(directory, 'bad'), '');
  await until(async () => (await it.process('sick')).health === 'unhealthy', 'the verdict');
  t.regex((await it.process('sick')).reason ?? '', /500/);
  await it.ok('stop', 'sick');
});

test('an adopted process whose app’s file is broken is checked by its command in its own environment', async (t) => {
  const it = rig(t);
  const {directory} = await it.define(
    'exec',
    'env = { MOOD = "good" }\n[programs.queue]\ncommand = "sleep 600"\nhealth = { command = "bash -c \'echo x >>asked; test $MOOD = good\'", every = "1s", failures = 1, on_unhealthy = "report" }\n',
  );
  await it.ok('start', 'exec');
  appendFileSync(path.join(it.paths.apps, 'exec.toml'), 'nonsense = [\n');
  await successor(it);
  const asked = () => readFileSync(path.join(directory, 'asked'), 'utf8').length;
  const before = asked();
  await until(() => asked() >= before + 4, 'two checks');
  t.like(await it.process('exec', 'queue'), {state: 'running', health: 'healthy'});
  await it.ok('stop', 'exec');
});

/** Writes over its environment as setproctitle does, then waits for a word to say what it knows and end. */
const TITLED = `import ctypes, os, sys, time
start, end = map(int, open("/proc/self/stat").read().rsplit(")", 1)[1].split()[47:49])
secret = os.environ["TOKEN"]
ctypes.memset(start, 0, end - start)
open("titled", "w").close()
while not os.path.exists("speak"):
    time.sleep(0.02)
os.unlink("speak")
sys.exit("RuntimeError: cannot log in with " + secret)
`;

for (const changed of [false, true]) {
  test(`last words of an adopted process that wrote over its environment ${changed ? 'are not shown when its env file has changed since' : 'are masked'}`, async (t) => {
    const it = rig(t);
    const secret = 'hunter2-hunter2';
    const {directory} = await it.define(
      'titled',
      'env_file = ".env"\n[programs.queue]\ncommand = "/usr/bin/python3 queue_.py"\nstart_time = "60s"\n',
      {'queue_.py': TITLED, '.env': `TOKEN=${secret}\n`},
    );
    // As long as it starts, status says why it had to.
    await it.ok('start', 'titled', '--no-wait');
    await until(() => existsSync(path.join(directory, 'titled')), 'the title');
    const pid = await it.pid('titled', 'queue');
    t.false(readFileSync(`/proc/${pid}/environ`, 'utf8').includes('TOKEN'));
    if (changed) writeFileSync(path.join(directory, '.env'), 'TOKEN=another-one\n');
    await successor(it);
    t.is(await it.pid('titled', 'queue'), pid);
    writeFileSync(path.join(directory, 'speak'), '');
    await until(async () => ![pid, undefined].includes((await it.process('titled', 'queue')).pid), 'its end');
    const seen = (await it.appsup('status', '--json')).stdout + (await it.ok('events', '--json'));
    t.false(seen.includes(secret));
    t.is(seen.includes('cannot log in with ***'), !changed);
    t.true((await it.ok('logs', 'titled', '-n', '100')).includes(secret), 'the program did print it');
    await it.ok('stop', 'titled');
  });
}
