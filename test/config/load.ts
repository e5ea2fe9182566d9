import {execFileSync} from 'node:child_process';
import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';

import {renderDiagnostic, summarizeDiagnostic} from '../../src/config/diagnostic.ts';
import {loadApp, loadConfig} from '../../src/config/load.ts';
import type {Config} from '../../src/config/load.ts';
import {pathsFor} from '../../src/system/paths.ts';
import type {Paths} from '../../src/system/paths.ts';
import {asOrdinaryUser} from '../helpers/ordinary-user.ts';

interface Home {
  readonly paths: Paths;
  readonly siteFile: string;
  /** Write a file of `apps/`. */
  readonly app: (name: string, content: string | Buffer, mode?: number) => string;
  readonly load: () => Config;
  /** Findings about one app. */
  readonly said: (name: string) => readonly string[];
}

function setup(t: ExecutionContext): Home {
  const home = mkdtempSync(path.join(tmpdir(), 'appsup-config-'));
  t.teardown(() => rmSync(home, {recursive: true, force: true}));
  const paths = pathsFor({HOME: home, APPSUP_STATE_DIR: path.join(home, 'state')});
  mkdirSync(paths.apps, {recursive: true});
  const siteFile = path.join(home, 'site.toml');
  const load = () => loadConfig(paths, {user: 'alice', siteFile});
  return {
    paths,
    siteFile,
    load,
    app(name, content, mode = 0o600) {
      const file = path.join(paths.apps, name);
      writeFileSync(file, content);
      chmodSync(file, mode);
      return file;
    },
    said: (name) =>
      load()
        .apps.get(name)
        ?.diagnostics.map((each) => summarizeDiagnostic(each)) ?? ['no such app'],
  };
}

const GOOD = 'directory = "~/x"\n[programs.web]\ngunicorn = "wsgi:app"\n';

test('loadConfig() reads nothing as nothing', (t) => {
  const {load} = setup(t);
  const config = load();
  t.is(config.apps.size, 0);
  t.deepEqual(config.diagnostics, []);
  t.is(config.settings.mountTemplate, '/{user}_{app}');
});

test('loadConfig() keeps a mistake in one file from all others', (t) => {
  const {app, load} = setup(t);
  app('bad.toml', 'directory = ~/x');
  app('good.toml', GOOD);
  app('.good.toml.swp', 'x');
  app('good.toml~', 'x');
  const {apps} = load();
  t.deepEqual([...apps.keys()], ['bad', 'good']);
  t.is(apps.get('bad')?.spec, undefined);
  t.is(apps.get('good')?.spec?.mount, '/alice_good');
  t.regex(apps.get('good')?.hash ?? '', /^[0-9a-f]{64}$/);
});

for (const [what, name, make, expected] of [
  [
    'a name with a blank',
    'a b.toml',
    (home: Home) => home.app('a b.toml', GOOD),
    'a b.toml:1:1 Cannot use "a b" as an app\'s name',
  ],
  [
    'a link',
    'x.toml',
    (home: Home) => symlinkSync(home.app('y', GOOD), path.join(home.paths.apps, 'x.toml')),
    'x.toml:1:1 Cannot read the file: it is a symbolic link',
  ],
  [
    'a directory',
    'x.toml',
    (home: Home) => mkdirSync(path.join(home.paths.apps, 'x.toml')),
    'x.toml:1:1 Cannot read the file: it is a directory',
  ],
  [
    'a named pipe',
    'x.toml',
    (home: Home) => execFileSync('mkfifo', [path.join(home.paths.apps, 'x.toml')]),
    'x.toml:1:1 Cannot read the file: it is no regular file',
  ],
  [
    'a file that all can write',
    'x.toml',
    (home: Home) => home.app('x.toml', GOOD, 0o666),
    'x.toml:1:1 Cannot read the file: other users can write it',
  ],
  [
    '10 MB of junk',
    'x.toml',
    (home: Home) => home.app('x.toml', Buffer.alloc(10_000_000, 'x = 1\n')),
    'x.toml:1:1 Cannot read the file: it has 10000000 bytes: at most 262144 are read',
  ],
  [
    'bytes that are no UTF-8',
    'x.toml',
    (home: Home) => home.app('x.toml', Buffer.from('a = 1\nb = "é\xff"', 'latin1')),
    'x.toml:2:6 Cannot read the file: it is not UTF-8',
  ],
] as const) {
  test(`loadConfig() turns ${what} into a finding about that app alone`, (t) => {
    const home = setup(t);
    home.app('good.toml', GOOD);
    make(home);
    t.deepEqual(home.said(path.basename(name, '.toml')), [expected]);
    t.truthy(home.load().apps.get('good')?.spec);
  });
}

test('loadConfig() names a file that may not be read', (t) => {
  const {app, paths, said} = setup(t);
  app('x.toml', GOOD, 0o200);
  t.deepEqual(
    asOrdinaryUser(paths.home, () => said('x')),
    ['x.toml:1:1 Cannot read the file: permission denied'],
  );
});

test("loadConfig() refuses another user's file", (t) => {
  const {app, paths, siteFile} = setup(t);
  app('x.toml', GOOD);
  const {apps} = loadConfig(paths, {user: 'alice', siteFile, trust: {uids: [4242], gid: 4242}});
  t.regex(apps.get('x')?.diagnostics[0]?.message ?? '', /^Cannot read the file: it belongs to uid \d+$/);
});

test('loadConfig() reads a file with a byte order mark and CRLF', (t) => {
  const {app, said} = setup(t);
  app('x.toml', `\uFEFF${GOOD.replaceAll('\n', '\r\n')}oops = 1\r\n`);
  t.deepEqual(said('x'), ['x.toml:4:1 Unknown key "oops"']);
});

test('loadConfig() gives a mount that two apps want to the one whose file is older', (t) => {
  const {app, load, paths, said} = setup(t);
  app('a.toml', `mount = "/x"\n${GOOD}`);
  app('b.toml', `mount = "/x"\n${GOOD}`);
  utimesSync(path.join(paths.apps, 'b.toml'), 1_700_000_000, 1_700_000_000);
  t.deepEqual([...load().apps.keys()], ['a', 'b']);
  t.truthy(load().apps.get('b')?.spec);
  t.deepEqual(said('a'), ['a.toml:1:9 The mount /x belongs to b']);
});

test('loadConfig() gives a mount or port that two apps of the same age want to the first by the alphabet', (t) => {
  const {app, load, paths, said} = setup(t);
  app('a.toml', `mount = "/x"\nport = 20140\n${GOOD}`);
  app('b.toml', `port = 20140\nmount = "/x"\n${GOOD}`);
  app('c.toml', `mount = "/x/c"\n${GOOD}`);
  for (const name of ['a', 'b'])
    utimesSync(path.join(paths.apps, `${name}.toml`), 1_700_000_000, 1_700_000_000);
  t.truthy(load().apps.get('a')?.spec);
  t.is(load().apps.get('b')?.spec, undefined);
  t.deepEqual(said('b'), ['b.toml:2:9 The mount /x belongs to a', 'b.toml:1:8 The port 20140 belongs to a']);
  t.truthy(load().apps.get('c')?.spec);
});

test('loadConfig() goes on with defaults when the global file is broken', (t) => {
  const {app, load, paths} = setup(t);
  app('a.toml', GOOD);
  writeFileSync(paths.globalConfig, 'ports = 20140-20159\n', {mode: 0o600});
  const config = load();
  t.truthy(config.apps.get('a')?.spec);
  t.is(config.global.ports, undefined);
  const [finding] = config.diagnostics;
  t.truthy(finding);
  t.is(
    finding && renderDiagnostic(finding, config.texts.get(finding.file) ?? ''),
    `config.toml:1:14 Expected a number
  1 | ports = 20140-20159
                   ~~~~~~
  hint: text like this stands in quotes`,
  );
});

test('loadConfig() takes the mount of the host, and its own file before it', (t) => {
  const {app, load, paths, siteFile} = setup(t);
  app('a.toml', GOOD);
  writeFileSync(siteFile, 'mount = "/~{user}/{app}"\n', {mode: 0o644});
  t.is(load().apps.get('a')?.spec?.mount, '/~alice/a');
  writeFileSync(paths.globalConfig, 'mount = "/{app}"\n[defaults]\ngive_up = 3\n', {mode: 0o600});
  t.is(load().apps.get('a')?.spec?.mount, '/a');
  t.is(load().apps.get('a')?.spec?.programs[0]?.giveUp, 3);
});

test('loadConfig() does not believe a host file that others can write', (t) => {
  const {load, siteFile} = setup(t);
  writeFileSync(siteFile, 'helpdesk = "mallory@example.ac.uk"\n');
  chmodSync(siteFile, 0o666);
  const config = load();
  t.is(config.settings.helpdesk, undefined);
  t.deepEqual(
    config.diagnostics.map((each) => summarizeDiagnostic(each)),
    ['site.toml:1:1 warning: Cannot read the file: other users can write it'],
  );
});

test('loadConfig() says so when the directory of the apps is no directory', (t) => {
  const {load, paths} = setup(t);
  rmSync(paths.apps, {recursive: true});
  writeFileSync(paths.apps, '');
  t.deepEqual(
    load().diagnostics.map((each) => summarizeDiagnostic(each)),
    [`apps:1:1 Cannot list the apps in ${paths.apps}: a part of the path is not a directory`],
  );
});

test('loadApp() makes findings of any bytes, each inside the text that it returns', (t) => {
  const {app, paths} = setup(t);
  const host = {user: 'alice', mountTemplate: '/{user}_{app}', mountRule: undefined};
  const context = {...host, home: paths.home, defaults: {}};
  const snippet = fc.constantFrom(GOOD, 'a = ', '"""', '[', '\xff', '\r', '\0', '\n');
  const bytes = fc.oneof(
    snippet.map((text) => Buffer.from(text, 'latin1')),
    fc.uint8Array({maxLength: 8}),
  );
  fc.assert(
    fc.property(fc.array(bytes, {maxLength: 8}), (parts) => {
      const {spec, diagnostics, text} = loadApp(app('x.toml', Buffer.concat(parts)), context);
      t.is(
        spec === undefined,
        diagnostics.some((each) => each.severity === 'error'),
      );
      const lines = text.split('\n');
      for (const {line, column} of diagnostics) {
        t.true(line <= lines.length && column <= Array.from(lines[line - 1] ?? '').length + 1);
      }
    }),
    {numRuns: 300},
  );
});
