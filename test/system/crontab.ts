import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {isAppsupError} from '../../src/errors.ts';
import type {ErrorCode} from '../../src/errors.ts';
import {systemCrontab} from '../../src/system/crontab.ts';
import type {Crontab} from '../../src/system/crontab.ts';
import {testHome} from '../helpers/home.ts';
import type {TestHome} from '../helpers/home.ts';

/** crontab(1) as Debian's behaves, over a file; the real one belongs to the e2e tests, because it has one table per user. */
const CRONTAB = `#!/bin/sh
spool=SPOOL
echo "$*" >>"$spool.calls"
case $1 in
  -l) if [ -f "$spool" ]; then sed 's/\\r/\\\\r/g' "$spool"; else echo "no crontab for alice" >&2; exit 1; fi ;;
  -e) cp "$spool" "$spool.edited"; sh -c "$VISUAL $spool.edited" && echo "No modification made" >&2 ;;
  -r) if [ -f "$spool" ]; then rm "$spool"; else echo "no crontab for alice" >&2; exit 1; fi ;;
  *)
    stat -c %a "$1" >"$spool.mode"
    if grep -q '^@rebot' "$1"; then
      printf '"%s":%s: bad time specifier\\nerrors in crontab file, can'"'"'t install.\\n' "$1" 2 >&2
      exit 1
    fi
    cp "$1" "$spool" ;;
esac
`;

interface Host {
  readonly home: TestHome;
  readonly spool: string;
  readonly crontab: Crontab;
}

function host(t: {teardown(action: () => void): void}, program = CRONTAB): Host {
  const home = testHome();
  t.teardown(() => home.remove());
  const bin = path.join(home.directory, 'bin');
  const spool = path.join(home.directory, 'spool');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'crontab'), program.replaceAll('SPOOL', spool));
  chmodSync(path.join(bin, 'crontab'), 0o755);
  return {home, spool, crontab: systemCrontab(home.paths.state, {PATH: `relative:${bin}:/usr/bin`})};
}

test('Crontab reads the empty text when there is no table', async (t) => {
  t.is(await host(t).crontab.read(), '');
});

test('Crontab gives and takes bytes, whatever their encoding', async (t) => {
  const {crontab, spool} = host(t);
  const bytes = Buffer.from(Array.from({length: 256}, (_, index) => index).filter((byte) => byte !== 10));
  writeFileSync(spool, bytes);
  const table = await crontab.read();
  t.is(table.length, bytes.length);
  await crontab.write(`${table}\n`);
  t.deepEqual(readFileSync(spool), Buffer.concat([bytes, Buffer.from('\n')]));
});

test('Crontab tells a carriage return from a backslash with an r, which crontab -l does not', async (t) => {
  const {crontab, spool, home} = host(t);
  const table = 'a\r\nb\\r\n* * * * * printf "c\\r\\n"\r\n';
  await crontab.write(table);
  t.is(readFileSync(spool, 'latin1'), table);
  t.is(await crontab.read(), table);
  t.deepEqual(readdirSync(home.paths.state), []);
});

test('Crontab reads nothing rather than something else when no editor is allowed', async (t) => {
  const {crontab, spool} = host(t, CRONTAB.replace(/-e\).*;;/, '-e) echo "no editing here" >&2; exit 1 ;;'));
  writeFileSync(spool, 'a\r\n');
  await t.throwsAsync(crontab.read(), {message: 'Cannot read your crontab: no editing here'});
  writeFileSync(spool, 'a\n');
  t.is(await crontab.read(), 'a\n');
});

test('Crontab installs from a private file, never from a pipe, and takes the file away', async (t) => {
  const {crontab, spool, home} = host(t);
  await crontab.write('# x\n');
  const calls = readFileSync(`${spool}.calls`, 'utf8').trim().split('\n');
  t.is(calls.length, 2);
  t.true(path.isAbsolute(calls[0] ?? ''));
  t.is(calls[1], '-l');
  t.is(readFileSync(`${spool}.mode`, 'utf8').trim(), '600');
  t.deepEqual(readdirSync(home.paths.state), []);
});

test('Crontab removes the table when the text is empty, also when there is none', async (t) => {
  const {crontab, spool} = host(t);
  await crontab.write('# x\n');
  await crontab.write('');
  t.false(existsSync(spool));
  await t.notThrowsAsync(crontab.write(''));
});

test("Crontab reports a refused table in cron's own words and keeps the old one", async (t) => {
  const {crontab, spool, home} = host(t);
  await crontab.write('# old\n');
  const error = await t.throwsAsync(crontab.write('# new\n@rebot x\n'));
  t.is(
    error?.message,
    "Cannot edit your crontab: line 2: bad time specifier; errors in crontab file, can't install.",
  );
  t.true(isAppsupError(error) && error.code === 'CRON_FAILED');
  t.is(readFileSync(spool, 'utf8'), '# old\n');
  t.deepEqual(readdirSync(home.paths.state), []);
});

const allowed = existsSync('/etc/cron.allow') ? '/etc/cron.allow' : '/etc/cron.deny';
const refusals: readonly (readonly [title: string, program: string, code: ErrorCode, message: string])[] = [
  [
    'Debian denies',
    'echo "You (alice) are not allowed to use this program (crontab)" >&2\necho "See crontab(1) for more information" >&2\nexit 1',
    'CRON_DENIED',
    `Cannot edit your crontab: cron is not allowed for alice (${allowed})`,
  ],
  [
    'PAM denies',
    'echo "You (alice) are not allowed to access to (crontab) because of pam configuration." >&2; exit 1',
    'CRON_DENIED',
    'Cannot edit your crontab: cron is not allowed for alice (PAM)',
  ],
  [
    'the spool is broken',
    `echo "/var/spool/cron: No such file or directory" >&2; exit 1`,
    'CRON_FAILED',
    'Cannot read your crontab: /var/spool/cron: No such file or directory',
  ],
  ['it says nothing', 'exit 3', 'CRON_FAILED', 'Cannot read your crontab: crontab(1) ended with 3'],
];

for (const [title, program, code, message] of refusals) {
  test(`Crontab takes no failure of crontab(1) for an empty table: ${title}`, async (t) => {
    const {crontab} = host(t, `#!/bin/sh\n${program}\n`);
    const error = await t.throwsAsync(crontab.read());
    t.is(error?.message, message);
    t.true(isAppsupError(error) && error.code === code && error.hint !== undefined);
  });
}

test('Crontab says so when the table reads back differently', async (t) => {
  const {crontab} = host(t, CRONTAB.replace('cp "$1" "$spool"', 'echo other >"$spool"'));
  const error = await t.throwsAsync(crontab.write('# x\n'), {message: /reads back differently/});
  t.true(isAppsupError(error) && error.code === 'CRON_FAILED');
});

test('Crontab says so when there is no crontab program, and passes by what is not a program', async (t) => {
  const {home} = host(t);
  const bin = path.join(home.directory, 'empty');
  mkdirSync(path.join(bin, 'crontab'), {recursive: true});
  const error = await t.throwsAsync(systemCrontab(home.paths.state, {PATH: bin}, []).read());
  t.is(error?.message, 'Cannot edit your crontab: there is no crontab program on this host');
  t.true(isAppsupError(error) && error.code === 'CRON_MISSING' && error.hint !== undefined);
});

test('Crontab finds the program in the usual place when PATH is not set', async (t) => {
  const {home, spool} = host(t);
  writeFileSync(spool, '# x\n');
  t.is(await systemCrontab(home.paths.state, {}, [path.join(home.directory, 'bin')]).read(), '# x\n');
});

test('Crontab writes nothing when its file cannot be made', async (t) => {
  const {crontab, spool, home} = host(t);
  await crontab.write('# old\n');
  t.true(statSync(home.paths.state).isDirectory());
  rmSync(home.paths.state, {recursive: true});
  const error = await t.throwsAsync(crontab.write('# new\n'));
  t.true(isAppsupError(error) && error.code === 'DISK');
  t.is(readFileSync(spool, 'utf8'), '# old\n');
});
