import {once} from 'node:events';
import {spawn} from 'node:child_process';
import {existsSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import type {SupervisorEvent} from '../../src/control/api.ts';
import {Rig, ROOT, alive, until} from '../helpers/rig.ts';

function rig(t: ExecutionContext): Rig {
  const made = Rig.create();
  t.teardown(async () => {
    const left = await made.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  return made;
}

/** Say whom to tell; the script is the user's command. */
function tellBy(it: Rig, script: string, more = ''): string {
  const file = path.join(it.home, 'tell');
  writeFileSync(file, `#!/bin/sh\n${script}\n`, {mode: 0o755});
  mkdirSync(it.paths.config, {recursive: true, mode: 0o700});
  writeFileSync(it.paths.globalConfig, `[notify]\ncommand = "~/tell"\n${more}`, {mode: 0o600});
  return file;
}

/** Each message becomes a file `told.N`, the event first. */
const KEEP = `n=1; while ! mkdir "$HOME/told.$n.d" 2>/dev/null; do n=$((n+1)); done
{ echo "$APPSUP_EVENT $APPSUP_APP:$APPSUP_PROCESS $APPSUP_STATE"; cat; } > "$HOME/told.$n.tmp"; mv "$HOME/told.$n.tmp" "$HOME/told.$n"`;

function told(it: Rig): readonly string[] {
  const texts: string[] = [];
  for (let n = 1; existsSync(path.join(it.home, `told.${n}`)); n++)
    texts.push(readFileSync(path.join(it.home, `told.${n}`), 'utf8'));
  return texts;
}

async function events(it: Rig, ...words: readonly string[]): Promise<readonly SupervisorEvent[]> {
  const lines = (await it.ok('events', '--json', '-n', '1000', ...words)).trim().split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as SupervisorEvent);
}

test('a program that is given up is told once, with its last lines and without its secret', async (t) => {
  const it = rig(t);
  tellBy(it, KEEP);
  const code = 'import os\nraise RuntimeError("cannot reach " + os.environ["DB_PASSWORD"])\n';
  await it.define(
    'doomed',
    '[programs.queue]\ncommand = "/usr/bin/python3 fail.py"\ngive_up = 2\nbackoff = "100ms"\n',
    {
      'fail.py': code,
      '.env': 'DB_PASSWORD=correct-horse-battery\n',
    },
  );
  const file = path.join(it.paths.apps, 'doomed.toml');
  writeFileSync(file, readFileSync(file, 'utf8').replace('[programs', 'env_file = ".env"\n[programs'), {
    mode: 0o600,
  });
  const started = await it.appsup('start', 'doomed');
  t.not(started.code, 0);
  await until(
    async () => (await it.process('doomed', 'queue')).state === 'fatal',
    'the program to be given up',
  );
  await until(() => told(it).length === 1, 'the message');
  const [text = ''] = told(it);
  t.regex(
    text,
    /^fatal doomed:queue fatal\ndoomed:queue is given up: exit 1: RuntimeError: cannot reach \*\*\*\n/,
  );
  t.regex(text, /^Its last lines:\n(?: {2}.*\n)+ {2}RuntimeError: cannot reach \*\*\*$/m);
  t.regex(text, /^Next: appsup logs doomed:queue$/m);

  // Given up again within the five minutes: held back.
  await it.appsup('start', 'doomed');
  await until(
    async () =>
      (await events(it, 'doomed')).filter((event) => event.type === 'state' && event.state === 'fatal')
        .length === 2,
    'the second time',
  );
  await until(() => it.diary().includes('"message":"told"'), 'the note in the log');
  t.is(told(it).length, 1);
  t.notRegex(it.diary() + text, /correct-horse-battery/);
});

test('a notifier that hangs delays no restart, and its failure is in the log', async (t) => {
  const it = rig(t);
  // Started by hand so that its 30 seconds end with the test.
  tellBy(it, 'echo $$ > "$HOME/hanging.tmp"; mv "$HOME/hanging.tmp" "$HOME/hanging"; exec sleep 600');
  await it.defineGunicorn('calm');
  await it.define('doomed', '[programs.queue]\ncommand = "/bin/false"\ngive_up = 1\n');
  await it.ok('start', 'calm');
  await it.appsup('start', 'doomed');
  const hanging = path.join(it.home, 'hanging');
  await until(() => existsSync(hanging), 'the command to hang');
  const pid = Number(readFileSync(hanging, 'utf8'));
  t.true(alive(pid));
  const before = await it.pid('calm');
  process.kill(before, 'SIGKILL');
  await until(async () => {
    const now = await it.process('calm');
    return now.state === 'running' && now.pid !== before;
  }, 'the new master');
  t.regex(await it.ok('restart', 'calm'), /nothing dropped/);
  t.true(alive(pid), 'the command was still hanging while all of this happened');
  await until(() => !alive(pid), 'the end of its 30 seconds', 60_000);
  await until(() => it.diary().includes('not done within 30 s'), 'the note in the log');
});

test('a job that fails is told of with its last lines, and stands in the events', async (t) => {
  const it = rig(t);
  tellBy(it, KEEP);
  await it.define(
    'books',
    '[programs.queue]\ncommand = "sleep 600"\n[jobs.tidy]\nschedule = "@reboot"\nmissed = "skip"\ncommand = ["sh", "-c", "echo the shelf is gone; exit 3"]\n',
  );
  await it.ok('start', 'books');
  t.is((await it.appsup('run', 'books', 'tidy')).code, 3);
  await until(() => told(it).length === 1, 'the message');
  t.regex(
    told(it)[0] ?? '',
    /^failed books:tidy \nbooks:tidy has failed: .*\n(.*\n)+ {2}the shelf is gone\n/,
  );
  t.like(
    (await events(it, 'books:tidy')).find((event) => event.type === 'run'),
    {kind: 'job', phase: 'ended', result: 'failed'},
  );
});

test('after a boot it is told once what is up and what is not, with the reason', async (t) => {
  const it = rig(t);
  tellBy(it, KEEP, 'on = ["boot"]\n');
  await it.define('good', '[programs.queue]\ncommand = "sleep 600"\n');
  await it.ok('start', 'good');
  // Nothing ought to have run when this supervisor came: no news.
  await it.ok('daemon', 'restart');
  const mark = path.join(it.paths.state, 'boot-told');
  await until(() => existsSync(mark), 'the mark of this boot');
  t.deepEqual(told(it), []);
  // Another boot, as far as the supervisor can tell.
  process.kill(it.supervisorPid() as number, 'SIGKILL');
  await until(() => it.supervisorPid() === undefined, 'the end of the supervisor');
  writeFileSync(mark, 'another boot');
  await it.ok('daemon', 'start');
  await until(() => told(it).length === 1, 'the message');
  t.regex(told(it)[0] ?? '', /^boot : \nafter the boot, the program is up\n[^]*^Up:\n {2}good:queue$/m);
  t.true((await events(it, 'good')).some(({type}) => type === 'boot'));
  await it.ok('daemon', 'restart');
  await it.ok('restart', 'good');
  t.is(told(it).length, 1);
});

test('appsup events -f follows the supervisor and its successor', async (t) => {
  const it = rig(t);
  await it.define('busy', '[programs.queue]\ncommand = "sleep 600"\n');
  await it.ok('start', 'busy');
  const child = spawn(process.execPath, [path.join(ROOT, 'bin/appsup'), 'events', '-f', 'busy'], {
    env: it.env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let seen = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen += text));
  await until(() => seen.includes('starting -> running'), 'what was before');
  await it.ok('daemon', 'restart');
  await it.ok('stop', 'busy');
  await until(() => seen.includes('stopping -> stopped'), 'what the successor did');
  t.is(seen.split('\n').filter((line) => line.includes('starting -> running')).length, 1);
  t.regex(seen, /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d {2}busy:queue {2}running -> stopping/m);
  child.kill();
  await once(child, 'exit');
});
