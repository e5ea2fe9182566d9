import {existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';
import {setImmediate as turn} from 'node:timers/promises';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {blockText} from '../../src/boot/block.ts';
import {bootStatus, installBoot, removeBoot} from '../../src/boot/install.ts';
import type {BootOptions} from '../../src/boot/install.ts';
import {bootProblem} from '../../src/boot/script.ts';
import {AppsupError, isAppsupError} from '../../src/errors.ts';
import type {Crontab} from '../../src/system/crontab.ts';
import {pathsFor} from '../../src/system/paths.ts';
import {testHome} from '../helpers/home.ts';
import type {TestHome} from '../helpers/home.ts';

/** A table in memory. Others get their turn between each two steps, as with a real crontab(1). */
class FakeCrontab implements Crontab {
  table: string;
  writes = 0;
  /** Thrown by the next calls. */
  readRefusal: Error | undefined;
  writeRefusal: Error | undefined;

  constructor(table = '') {
    this.table = table;
  }

  async read(): Promise<string> {
    await turn();
    if (this.readRefusal !== undefined) throw this.readRefusal;
    return this.table;
  }

  async write(text: string): Promise<void> {
    await turn();
    await turn();
    if (this.writeRefusal !== undefined) throw this.writeRefusal;
    this.table = text;
    this.writes++;
  }
}

const FOREIGN = 'SHELL=/bin/csh\n0 3 * * *\tbackup \xe9\r\n\n# end\n';

interface World {
  readonly home: TestHome;
  readonly crontab: FakeCrontab;
  readonly options: BootOptions;
  /** The block as it should be. */
  readonly block: string;
}

function world(t: ExecutionContext, table = ''): World {
  const home = testHome();
  t.teardown(() => home.remove());
  const crontab = new FakeCrontab(table);
  const appsupd = path.join(home.directory, 'appsupd');
  writeFileSync(appsupd, '');
  const {state, bootScript: script} = home.paths;
  return {
    home,
    crontab,
    options: {crontab, paths: home.paths, node: process.execPath, appsupd, env: home.env},
    block: blockText({state, script}),
  };
}

test('installBoot() adds the block at the end and a private script; a second time changes nothing', async (t) => {
  const {crontab, options, block, home} = world(t, FOREIGN);
  const script = home.paths.bootScript;
  const {change, daemon} = await installBoot(options);
  t.is(change, 'added');
  t.true(['running', 'unknown'].includes(daemon));
  t.is(crontab.table, FOREIGN + block);
  t.is(statSync(script).mode & 0o777, 0o700);
  const text = readFileSync(script, 'utf8');
  t.true(text.includes(`node='${process.execPath}'`));
  t.true(text.includes(`export APPSUP_STATE_DIR='${home.paths.state}'`));
  utimesSync(script, 1, 1);
  t.is((await installBoot(options)).change, 'unchanged');
  t.is(crontab.writes, 1);
  t.is(statSync(script).mtimeMs, 1000);
});

test('installBoot() eight times at once leaves one block and every foreign line', async (t) => {
  const {crontab, options, block} = world(t, FOREIGN);
  const results = await Promise.all(Array.from({length: 8}, async () => await installBoot(options)));
  t.deepEqual(results.map(({change}) => change).toSorted(), [
    'added',
    ...Array.from({length: 7}, () => 'unchanged'),
  ]);
  t.is(crontab.table, FOREIGN + block);
  t.is(crontab.writes, 1);
});

test('installBoot() of two state directories at once leaves two blocks', async (t) => {
  const {crontab, options, block, home} = world(t, FOREIGN);
  const env = {...home.env, APPSUP_STATE_DIR: path.join(home.directory, 'second')};
  const second = {...options, env, paths: pathsFor(env)};
  await Promise.all([installBoot(options), installBoot(second)]);
  const other = blockText({state: second.paths.state, script: second.paths.bootScript});
  t.true(crontab.table === FOREIGN + block + other || crontab.table === FOREIGN + other + block);
  t.deepEqual(await removeBoot(second), {change: 'removed'});
  t.is(crontab.table, FOREIGN + block);
  t.true(existsSync(home.paths.bootScript));
});

test('installBoot() renews an old script and an edited block', async (t) => {
  const {crontab, options, block, home} = world(t);
  await installBoot(options);
  writeFileSync(home.paths.bootScript, 'old');
  crontab.table = `a\n${block.replace('@reboot', '#@reboot')}b\n`;
  t.is((await installBoot(options)).change, 'changed');
  t.is(crontab.table, `a\n${block}b\n`);
  t.regex(readFileSync(home.paths.bootScript, 'utf8'), /^#!\/bin\/sh/);
});

test('installBoot() records the host when the state directory is its own, and absolute paths only', async (t) => {
  const {options, home} = world(t);
  const env = {HOME: home.directory, XDG_CONFIG_HOME: 'relative', XDG_STATE_HOME: '', PATH: '/x', LANG: 'de'};
  await installBoot({...options, env});
  const text = readFileSync(home.paths.bootScript, 'utf8');
  t.true(text.includes(`\nhost='${hostname()}'\n`));
  t.true(text.includes(`\nexport XDG_CONFIG_HOME='${path.resolve('relative')}'\n`));
  t.regex(text, /^unset XDG_STATE_HOME APPSUP_CONFIG_DIR APPSUP_STATE_DIR /m);
  t.notRegex(text, /LANG=/);
  await installBoot(options);
  t.true(readFileSync(home.paths.bootScript, 'utf8').includes(`\nhost=''\n`));
});

const denied = new AppsupError(
  'CRON_DENIED',
  'Cannot edit your crontab: cron is not allowed for alice (/etc/cron.deny)',
);

test('installBoot() leaves nothing behind when cron is denied', async (t) => {
  const {crontab, options, home} = world(t, FOREIGN);
  crontab.readRefusal = denied;
  t.is(await t.throwsAsync(installBoot(options)), denied);
  t.is(crontab.table, FOREIGN);
  t.false(existsSync(home.paths.bootScript));
});

test('installBoot() leaves the script as it was when the new table is refused', async (t) => {
  const {crontab, options, home} = world(t, FOREIGN);
  const refused = new AppsupError('CRON_FAILED', 'Cannot edit your crontab: line 1: bad minute');
  crontab.writeRefusal = refused;
  t.is(await t.throwsAsync(installBoot(options)), refused);
  t.false(existsSync(home.paths.bootScript));
  writeFileSync(home.paths.bootScript, 'before');
  t.is(await t.throwsAsync(installBoot(options)), refused);
  t.is(readFileSync(home.paths.bootScript, 'utf8'), 'before');
  t.is(crontab.table, FOREIGN);
});

test('installBoot() and removeBoot() change nothing when the markers are damaged', async (t) => {
  const {crontab, options, block, home} = world(t);
  const damaged = `${FOREIGN}${block.split('\n').slice(0, -2).join('\n')}\n`;
  crontab.table = damaged;
  for (const act of [installBoot, removeBoot]) {
    const error = await t.throwsAsync(act(options));
    t.true(isAppsupError(error) && error.code === 'CRONTAB_DAMAGED');
  }
  t.is(crontab.table, damaged);
  t.false(existsSync(home.paths.bootScript));
  const {installed, problem} = await bootStatus(options);
  t.false(installed);
  t.is(problem?.code, 'CRONTAB_DAMAGED');
});

test('installBoot() refuses a path that cron would not take for one word, and touches nothing', async (t) => {
  const {crontab, options, home} = world(t, FOREIGN);
  const env = {...home.env, APPSUP_STATE_DIR: path.join(home.directory, '100 %')};
  const error = await t.throwsAsync(installBoot({...options, env, paths: pathsFor(env)}));
  t.true(isAppsupError(error) && error.code === 'CRON_FAILED' && error.hint !== undefined);
  t.is(crontab.table, FOREIGN);
  t.false(existsSync(env.APPSUP_STATE_DIR));
});

test('installBoot() goes on after one that was killed while it held the lock', async (t) => {
  const {options, home} = world(t);
  const lock = path.join(home.directory, '.appsup-crontab.lock');
  mkdirSync(lock);
  utimesSync(lock, Date.now() / 1000 - 3600, Date.now() / 1000 - 3600);
  t.is((await installBoot(options)).change, 'added');
  t.false(existsSync(lock));
});

test('removeBoot() gives the table back byte for byte, takes the script away, and says when there was nothing', async (t) => {
  for (const table of ['', FOREIGN]) {
    const {crontab, options, home} = world(t, table);
    await installBoot(options);
    t.deepEqual(await removeBoot(options), {change: 'removed'});
    t.is(crontab.table, table);
    t.false(existsSync(home.paths.bootScript));
    t.deepEqual(await removeBoot(options), {change: 'absent'});
    t.is(crontab.writes, 2);
  }
});

test('removeBoot() keeps the script while the crontab cannot be edited', async (t) => {
  const {crontab, options, home} = world(t);
  await installBoot(options);
  crontab.writeRefusal = denied;
  t.is(await t.throwsAsync(removeBoot(options)), denied);
  t.true(existsSync(home.paths.bootScript));
});

test('bootStatus() has no problem after an install, also by another Node or another copy of appsup', async (t) => {
  const {options} = world(t);
  await installBoot(options);
  for (const changed of [{}, {node: '/usr/other/node'}, {appsupd: '/usr/other/appsupd'}]) {
    const {installed, current, nodeValid, problem} = await bootStatus({...options, ...changed});
    t.deepEqual(
      {installed, current, nodeValid, problem},
      {installed: true, current: true, nodeValid: true, problem: undefined},
    );
  }
});

test('bootStatus() says that nothing is installed, and finds that no problem', async (t) => {
  const {options} = world(t, FOREIGN);
  const {installed, current, nodeValid, problem} = await bootStatus(options);
  t.deepEqual(
    {installed, current, nodeValid, problem},
    {installed: false, current: false, nodeValid: undefined, problem: undefined},
  );
});

const faults: readonly (readonly [
  title: string,
  harm: (world: World) => Promise<void> | void,
  answer: {readonly installed: boolean; readonly current: boolean; readonly message: RegExp},
])[] = [
  [
    'cron was denied since',
    ({crontab}) => void (crontab.readRefusal = denied),
    {installed: false, current: false, message: /^Cannot edit your crontab: cron is not allowed for alice/},
  ],
  [
    'somebody cleared the crontab',
    ({crontab}) => void (crontab.table = ''),
    {installed: false, current: false, message: /does not call appsup any more/},
  ],
  [
    'the script is gone',
    ({home}) => rmSync(home.paths.bootScript),
    {installed: false, current: false, message: /which does not exist/},
  ],
  [
    'the script is old',
    ({home}) => writeFileSync(home.paths.bootScript, '#!/bin/sh\n'),
    {installed: true, current: false, message: /another version of appsup, or edited/},
  ],
  [
    'the block was edited',
    ({crontab}) => void (crontab.table = crontab.table.replace('* * * * *', '*/9 * * * *')),
    {installed: true, current: false, message: /another version of appsup, or edited/},
  ],
  [
    'appsup has moved',
    ({options}) => rmSync(options.appsupd),
    {installed: true, current: true, message: /appsupd, which is gone/},
  ],
  [
    'Node is gone',
    async ({options, home}) => {
      const node = path.join(home.directory, 'node');
      await installBoot({...options, node});
    },
    {installed: true, current: true, message: /node, which is gone: it will look for another one/},
  ],
  [
    'the script could not start a supervisor',
    ({home}) => writeFileSync(bootProblem(home.paths), 'cannot start: no Node 20 or newer works\n'),
    {installed: true, current: true, message: /^At the last try, appsup cannot start: no Node 20/},
  ],
];

for (const [title, harm, {installed, current, message}] of faults) {
  test(`bootStatus() names the problem when ${title}`, async (t) => {
    const it = world(t);
    await installBoot(it.options);
    await harm(it);
    const status = await bootStatus(it.options);
    t.deepEqual({installed: status.installed, current: status.current}, {installed, current});
    t.regex(status.problem?.message ?? '', message);
  });
}

test('installBoot() says so when no lock can be made in the home', async (t) => {
  const {crontab, options, home} = world(t, FOREIGN);
  // Not even root makes a directory there.
  const error = await t.throwsAsync(installBoot({...options, paths: {...home.paths, home: '/proc'}}));
  t.true(isAppsupError(error) && error.code === 'DISK');
  t.is(crontab.table, FOREIGN);
  t.false(existsSync(home.paths.bootScript));
});
