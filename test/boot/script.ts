import {spawnSync} from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';

import {bootScript, quote, recordedIn} from '../../src/boot/script.ts';
import {systemProc} from '../../src/system/proc.ts';
import {BootWorld, DIES_OF_JIT} from '../helpers/boot-world.ts';
import {isRunning, kill, processState, signal} from '../helpers/processes.ts';
import {waitUntil} from '../helpers/wait.ts';

const shells = [
  {name: 'dash', argv: ['/bin/dash']},
  {name: 'bash', argv: ['/bin/bash']},
  {name: 'busybox sh', argv: ['/bin/busybox', 'sh']},
];

type Fact = (t: ExecutionContext, world: BootWorld) => Promise<void> | void;

/** One fact of the script under every shell that it may meet. */
function fact(title: string, check: Fact): void {
  for (const {name, argv} of shells) {
    const there = existsSync(argv[0] ?? '');
    (there ? test : test.skip)(
      `boot script ${title} (${name}${there ? '' : ': skipped, not here'})`,
      async (t) => {
        const world = new BootWorld(argv);
        t.teardown(async () => await world.remove());
        await check(t, world);
      },
    );
  }
}

const bootId = systemProc.bootId();

fact('starts a supervisor, detached, and says so in its log', async (t, world) => {
  t.deepEqual(world.run(), {code: 0, output: ''});
  const pid = await world.supervisor();
  t.is(systemProc.stat(pid)?.session, pid);
  t.deepEqual(world.starts(), [`${world.node} ${world.appsupd}`]);
  await waitUntil('its output is in the log', () => world.log().includes('said by the supervisor'));
  t.regex(world.log(), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ no supervisor runs: starting /);
  t.regex(world.log(), new RegExp(`Z started, pid ${pid}$`, 'm'));
  t.is(statSync(path.join(world.home.paths.state, 'boot.log')).mode & 0o777, 0o600);
  t.false(existsSync(path.join(world.home.paths.state, 'boot.problem')));
});

fact('starts no Node while the supervisor lives, and notes that it was seen', async (t, world) => {
  world.run();
  const pid = await world.supervisor();
  const calls = world.calls();
  const seen = path.join(world.home.paths.state, 'seen');
  writeFileSync(seen, '');
  utimesSync(seen, 0, 0);
  t.deepEqual(world.run(), {code: 0, output: ''});
  t.true(statSync(seen).mtimeMs > 0);
  // Stopped is alive, too: it holds the lock.
  signal(pid, 'SIGSTOP');
  await waitUntil('it is stopped', () => processState(pid) === 'T');
  t.deepEqual(world.run(), {code: 0, output: ''});
  t.deepEqual(world.calls(), calls);
});

fact('starts one again when the supervisor was killed, zombie or not', async (t, world) => {
  world.run();
  const first = await world.supervisor();
  await kill(first);
  world.run();
  const second = await world.supervisor([first]);
  t.true(isRunning(second));
  t.true(world.log().includes(`the supervisor (pid ${first}) is gone: starting`));
});

fact('takes a process with the number of the dead supervisor for another one', async (t, world) => {
  writeFileSync(world.home.paths.lock, `${process.pid} 1 ${bootId}\n`);
  world.run();
  await world.supervisor();
  t.true(world.log().includes(`the supervisor (pid ${process.pid}) is gone: starting`));
});

fact('starts one after a reboot, whatever runs under the old number', async (t, world) => {
  const {startTicks} = systemProc.stat(process.pid) ?? {startTicks: 0};
  writeFileSync(world.home.paths.lock, `${process.pid} ${startTicks} 11111111-2222-3333-4444-555555555555\n`);
  world.run();
  await world.supervisor();
  t.true(world.log().includes('the host was rebooted: starting'));
});

for (const line of ['', 'garbage', '12 x y', '; rm -rf /', '* * *', '%s $(id) `id`']) {
  fact(`asks the lock itself when its file says ${JSON.stringify(line)}`, async (t, world) => {
    world.run();
    const pid = await world.supervisor();
    const calls = world.calls();
    writeFileSync(world.home.paths.lock, line);
    t.deepEqual(world.run(), {code: 0, output: ''});
    t.deepEqual(world.calls(), calls);
    await kill(pid);
    writeFileSync(world.home.paths.lock, line);
    t.deepEqual(world.run(), {code: 0, output: ''});
    t.true(isRunning(await world.supervisor([pid])));
  });
}

fact('works without flock(1), setsid(1)', async (t, world) => {
  const bin = path.join(world.home.directory, 'few');
  for (const name of ['date', 'wc', 'tail', 'mv', 'rm', 'sort', 'cut', 'sh']) {
    world.program(path.join(bin, name), `#!/bin/sh\nexec /usr/bin/${name} "$@"\n`);
  }
  world.write({}, (text) => text.replace('PATH=/usr/bin:/bin', `PATH=${bin}`));
  // The stand-ins are shell scripts that need the tools.
  world.program(world.appsupd, `PATH=/usr/bin:/bin\n${readFileSync(world.appsupd, 'utf8')}`);
  t.deepEqual(world.run(), {code: 0, output: ''});
  await world.supervisor();
  const calls = world.calls();
  t.deepEqual(world.run(), {code: 0, output: ''});
  t.deepEqual(world.calls(), calls);
});

fact('leaves the user in peace who stopped the supervisor since the boot', (t, world) => {
  writeFileSync(world.home.paths.asleep, `${bootId}\n`);
  t.deepEqual(world.run(), {code: 0, output: ''});
  t.deepEqual(world.calls(), []);
});

fact('forgets a wish to sleep from before the reboot', async (t, world) => {
  writeFileSync(world.home.paths.asleep, '11111111-2222-3333-4444-555555555555\n');
  world.run();
  t.true(isRunning(await world.supervisor()));
});

fact('eight at once become one supervisor', async (t, world) => {
  t.deepEqual(
    await world.runAtOnce(8),
    Array.from({length: 8}, () => 0),
  );
  const pid = await world.supervisor();
  await world.settled();
  t.deepEqual(world.supervisors(), [pid]);
});

fact('waits for a home, a configuration or a state directory that is not mounted yet', (t, world) => {
  const {config} = world.home.paths;
  renameSync(config, `${config}.away`);
  t.deepEqual(world.run(), {code: 0, output: ''});
  renameSync(`${config}.away`, config);
  world.write({}, (text) => text.replace(/^export HOME=.*$/m, `export HOME='/nowhere'`));
  t.deepEqual(world.run(), {code: 0, output: ''});
  t.deepEqual(world.calls(), []);
  t.is(world.log(), '');
});

fact('does nothing on another host that shares the crontab', (t, world) => {
  world.write({host: 'another'});
  t.deepEqual(world.run(), {code: 0, output: ''});
  t.deepEqual(world.calls(), []);
});

fact('gives the supervisor what was recorded, and nothing that would move its files', async (t, world) => {
  const odd = `/a'b "c" $HOME \`id\` \\ %`;
  world.write({env: {APPSUP_STATE_DIR: world.home.paths.state, XDG_CONFIG_HOME: odd}, host: undefined});
  world.run({
    APPSUP_CONFIG_DIR: '/other',
    XDG_STATE_HOME: '/other',
    APPSUP_MARK: 'x',
    APPSUP_READY_FD: '3',
    LANG: 'de_DE',
  });
  await world.supervisor();
  const env = world.environment().filter((line) => !/^(_|OLDPWD|SHLVL|PWD|POSIXLY_CORRECT)=/.test(line));
  t.deepEqual(
    env,
    [
      'APPSUP_BOOT=1',
      `APPSUP_STATE_DIR=${world.home.paths.state}`,
      `HOME=${world.home.directory}`,
      'LANG=de_DE',
      'LOGNAME=alice',
      'PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
      'SHELL=/bin/sh',
      `XDG_CONFIG_HOME=${odd}`,
    ].toSorted(),
  );
});

fact('takes the newest Node of a version manager when the recorded one is gone', async (t, world) => {
  world.addNode('.nvm/versions/node/v9.11.2/bin/node', 9);
  world.addNode('.nvm/versions/node/v20.19.5/bin/node');
  const newest = world.addNode('.nvm/versions/node/v22.3.0/bin/node');
  world.addNode('.nvm/versions/node/v22.20/bin/node');
  world.addNode('.nvm/versions/node/latest/bin/node');
  world.addNode('.volta/tools/image/node/22.2.9/bin/node');
  rmSync(world.node);
  t.deepEqual(world.run(), {code: 0, output: ''});
  await world.supervisor();
  t.deepEqual(world.starts(), [`${newest} ${world.appsupd}`]);
  t.true(world.log().includes(`${world.node} is gone or does not work: starting ${newest}`));
});

for (const place of [
  'versions/v21.0.0/bin/node',
  '.local/share/fnm/node-versions/v22.1.0/installation/bin/node',
  '.fnm/node-versions/v22.1.0/installation/bin/node',
  '.volta/tools/image/node/22.1.0/bin/node',
  '.asdf/installs/nodejs/22.1.0/bin/node',
  '.local/share/mise/installs/node/22.1.0/bin/node',
  '.local/bin/node',
]) {
  fact(`finds ${place} when the recorded Node is gone`, async (t, world) => {
    const node = world.addNode(place);
    rmSync(world.node);
    world.run();
    await world.supervisor();
    t.deepEqual(world.starts(), [`${node} ${world.appsupd}`]);
  });
}

fact('passes by a Node that is older than 20, that breaks, or that is no program', async (t, world) => {
  world.addNode('versions/v24.0.0/bin/node', 24, 'exit 127');
  world.addNode('versions/v23.0.0/bin/node', 18);
  mkdirSync(path.join(world.home.directory, 'versions/v22.5.0/bin/node'), {recursive: true});
  const good = world.addNode('versions/v22.0.0/bin/node', 22);
  world.addNode('versions/v20.1.0/bin/node', 16);
  world.run();
  await world.supervisor();
  t.deepEqual(world.starts(), [`${good} ${world.appsupd}`]);
});

fact(
  'takes the package of the Node that it found when the supervisor went with the old one',
  async (t, world) => {
    world.addNode('versions/v24.0.0/bin/node');
    const node = world.addNode('versions/v22.0.0/bin/node');
    const moved = path.join(world.home.directory, 'versions/v22.0.0/lib/node_modules/appsup/bin/appsupd');
    mkdirSync(path.dirname(moved), {recursive: true});
    renameSync(world.appsupd, moved);
    world.run();
    await world.supervisor();
    t.deepEqual(world.starts(), [`${node} ${moved}`]);
  },
);

fact('does without the just-in-time compiler where Node dies of it', async (t, world) => {
  world.addNode('versions/v20.1.0/bin/node', 20, DIES_OF_JIT);
  t.deepEqual(world.run(), {code: 0, output: ''});
  await world.supervisor();
  t.deepEqual(world.starts(), [`${world.node} --jitless ${world.appsupd}`]);
  t.true(world.log().includes('this cron forbids writable code'));
});

fact('complains once, not every minute, and says the problem until it is mended', async (t, world) => {
  world.write({}, (text) => text.replaceAll('/usr/local/bin/node /usr/bin/node', '/nowhere'));
  renameSync(world.node, `${world.node}.away`);
  for (let minute = 0; minute < 3; minute++) t.deepEqual(world.run(), {code: 0, output: ''});
  t.is(world.problem(), `cannot start: no Node 20 or newer works, and ${world.node} is gone or does not`);
  t.is(world.log().match(/cannot start/g)?.length, 1);
  renameSync(`${world.node}.away`, world.node);
  const {appsupd} = world;
  renameSync(appsupd, `${appsupd}.away`);
  world.run();
  t.is(world.problem(), `cannot start: ${appsupd} is gone; install appsup again, then: appsup boot install`);
  t.is(world.log().match(/cannot start/g)?.length, 2);
  renameSync(`${appsupd}.away`, appsupd);
  world.run();
  await world.supervisor();
  t.is(world.problem(), '');
});

fact('keeps its log small, however often a supervisor dies', (t, world) => {
  world.program(world.appsupd, 'echo broken; exit 1');
  const log = path.join(world.home.paths.state, 'boot.log');
  appendFileSync(log, `${'x'.repeat(99)}\n`.repeat(2000));
  t.deepEqual(world.run(), {code: 0, output: ''});
  t.true(statSync(log).size < 20_000);
  t.true(world.log().includes('starting'));
});

fact('starts the supervisor also where its log cannot be written', async (t, world) => {
  for (const name of ['boot.log', 'boot.lock', 'boot.problem', 'seen'])
    mkdirSync(path.join(world.home.paths.state, name));
  t.deepEqual(world.run(), {code: 0, output: ''});
  t.true(isRunning(await world.supervisor()));
  t.deepEqual(world.run(), {code: 0, output: ''});
});

fact('is one at a time: while one starts, others leave', (t, world) => {
  const gate = path.join(world.home.paths.state, 'boot.lock');
  const held = spawnSync(
    'flock',
    [gate, ...['env', `HOME=${world.home.directory}`, '/bin/sh', world.script]],
    {encoding: 'utf8'},
  );
  t.is(held.status, 0);
  t.deepEqual(world.calls(), []);
});

const checker = existsSync('/usr/bin/shellcheck');
(checker ? test : test.skip)(`boot script passes shellcheck${checker ? '' : ' (skipped, not here)'}`, (t) => {
  const world = new BootWorld();
  t.teardown(async () => await world.remove());
  const {stdout, status} = spawnSync('/usr/bin/shellcheck', ['-s', 'sh', world.script], {encoding: 'utf8'});
  t.is(stdout, '');
  t.is(status, 0);
});

test('quote() makes one word of anything', (t) => {
  fc.assert(
    fc.property(
      fc.string().filter((text) => !text.includes('\0')),
      (text) => {
        const {stdout} = spawnSync('/bin/sh', ['-c', `printf %s ${quote(text)}`], {encoding: 'utf8'});
        t.is(stdout, text);
      },
    ),
    {numRuns: 30},
  );
});

test('recordedIn() reads what bootScript() was given', (t) => {
  const places = {home: '/h', config: '/c', state: '/s', lock: '/s/l', asleep: '/s/a'};
  fc.assert(
    fc.property(fc.string(), fc.string(), (node, appsupd) => {
      t.deepEqual(recordedIn(bootScript(places, {node, appsupd, env: {}, host: undefined})), {node, appsupd});
    }),
  );
  t.is(recordedIn('#!/bin/sh\n'), undefined);
});
