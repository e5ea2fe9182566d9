import {
  chmodSync,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {diffOf, install, installedText} from '../../src/admin/install.ts';
import type {LiveServer} from '../../src/admin/live-server.ts';
import type {AppsupError} from '../../src/errors.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

/** Files of root's are what this is about. */
function asRoot(title: string, check: (t: ExecutionContext) => Promise<void> | void): void {
  if (process.getuid?.() === 0) test.serial(title, check);
  else test.skip(`${title} (skipped: needs root)`, check);
}

/** A server that answers its tests in turn. */
function server(...answers: readonly (() => boolean)[]): LiveServer {
  const left = [...answers];
  return {
    reloadCommand: 'reload it',
    async test() {
      const ok = left.shift()?.() ?? true;
      return {ok, message: ok ? 'Syntax OK' : 'line 3: no'};
    },
    includes: async () => true,
    reload: async () => ({ok: true, message: ''}),
  };
}

const yes = () => true;
const no = () => false;

asRoot('install() puts the file in place for all to read, and keeps the previous one beside', async (t) => {
  const file = path.join(temporaryDirectory(t), 'new/appsup.conf');
  await install(file, {text: 'one\n', previous: undefined}, server(yes, yes));
  t.is(installedText(file), 'one\n');
  t.is(lstatSync(file).mode & 0o777, 0o644);
  await install(file, {text: 'two\n', previous: 'one\n'}, server(yes, yes));
  t.is(installedText(file), 'two\n');
  t.is(readFileSync(`${file}.previous`, 'utf8'), 'one\n');
});

asRoot(
  'install() tests with the new file in place, and brings the old one back when the server refuses',
  async (t) => {
    const file = path.join(temporaryDirectory(t), 'appsup.conf');
    const seen: string[] = [];
    const look = (ok: boolean) => () => {
      seen.push(existsSync(file) ? readFileSync(file, 'utf8') : 'none');
      return ok;
    };
    const first = install(file, {text: 'new\n', previous: undefined}, server(look(true), look(false)));
    await t.throwsAsync(first, {message: /the server refuses its configuration: line 3: no/});
    t.false(existsSync(file));

    writeFileSync(file, 'old\n');
    const second = install(file, {text: 'new\n', previous: 'old\n'}, server(look(true), look(false)));
    const error = await t.throwsAsync<AppsupError>(second);
    t.like(error, {code: 'FRONT_END', hint: 'the configuration is as before; nothing was reloaded'});
    t.is(readFileSync(file, 'utf8'), 'old\n');
    t.deepEqual(seen, ['none', 'new\n', 'old\n', 'new\n']);
    t.deepEqual(readdirSync(path.dirname(file)).sort(), ['appsup.conf', 'appsup.conf.lock']);
  },
);

asRoot(
  'install() leaves a configuration alone that is broken already, unless what it lacks is this file',
  async (t) => {
    const file = path.join(temporaryDirectory(t), 'appsup.conf');
    await install(file, {text: 'new\n', previous: undefined}, server(no, yes));
    t.is(readFileSync(file, 'utf8'), 'new\n');
    const error = await t.throwsAsync<AppsupError>(
      install(file, {text: 'newer\n', previous: 'new\n'}, server(no, yes)),
    );
    t.is(error?.hint, 'the configuration was broken before; nothing was reloaded');
    t.is(readFileSync(file, 'utf8'), 'new\n');
  },
);

asRoot(
  'install() is not ended between the swap and the verdict: Ctrl-C finds the old file or a tested one',
  async (t) => {
    const file = path.join(temporaryDirectory(t), 'appsup.conf');
    writeFileSync(file, 'old\n');
    const interrupted = () => {
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.kill(process.pid, signal);
      return false;
    };
    await t.throwsAsync(install(file, {text: 'new\n', previous: 'old\n'}, server(yes, interrupted)));
    t.is(readFileSync(file, 'utf8'), 'old\n');
  },
);

asRoot('install() writes over nothing that it has not seen', async (t) => {
  const file = path.join(temporaryDirectory(t), 'appsup.conf');
  writeFileSync(file, 'of another run\n');
  const late = install(file, {text: 'new\n', previous: 'old\n'}, server());
  await t.throwsAsync(late, {message: /somebody else has just written it/});
  t.is(readFileSync(file, 'utf8'), 'of another run\n');
});

test("install() and installedText() have nothing to do with places and files that are not root's alone", async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'appsup.conf');
  chmodSync(directory, 0o777);
  await t.throwsAsync(install(file, {text: 'x\n', previous: undefined}, server()), {
    message: /^Cannot write .*: (others can write|.* belongs to uid)/,
  });
  t.false(existsSync(file));
  t.is(installedText(file), undefined);
  symlinkSync('/etc/passwd', file);
  t.throws(() => installedText(file), {message: /it is no regular file/});
  const open = path.join(directory, 'open.conf');
  writeFileSync(open, '');
  chmodSync(open, 0o666);
  t.throws(() => installedText(open), {message: /others can write it|belongs to uid/});
});

test('diffOf() is a unified diff, and nothing for the same', (t) => {
  const file = path.join(temporaryDirectory(t), '-x.conf');
  t.is(
    diffOf(file, undefined, 'a\n'),
    `--- ${file} (installed)\n+++ ${file} (collected)\n@@ -0,0 +1 @@\n+a\n`,
  );
  writeFileSync(file, 'a\nb\n');
  t.is(
    diffOf(file, 'a\nb\n', 'a\nc\n'),
    `--- ${file} (installed)\n+++ ${file} (collected)\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n`,
  );
  t.is(diffOf(file, 'a\nb\n', 'a\nb\n'), '');
});
