import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {browserFor} from '../../src/cli/browser.ts';
import {homeWith} from '../helpers/cli.ts';
import type {Home} from '../helpers/cli.ts';
import {appOf, infoOf, processOf, temporaryDirectory} from '../helpers/fake-supervisor.ts';

const URL = 'https://eco.example.ac.uk/alice_hello/';

test('browserFor() takes what $BROWSER names and is there, else xdg-open, and nothing without a display', (t) => {
  const directory = temporaryDirectory(t);
  for (const name of ['xdg-open', 'firefox', 'w3m']) {
    writeFileSync(path.join(directory, name), '#!/bin/sh\n');
    chmodSync(path.join(directory, name), name === 'w3m' ? 0o644 : 0o755);
  }
  const at = (name: string): string => path.join(directory, name);
  const table: readonly (readonly [Readonly<Record<string, string>>, readonly string[] | undefined])[] = [
    [{DISPLAY: ':0'}, [at('xdg-open'), URL]],
    [{WAYLAND_DISPLAY: 'wayland-0'}, [at('xdg-open'), URL]],
    [{DISPLAY: ':0', BROWSER: 'firefox'}, [at('firefox'), URL]],
    [
      {DISPLAY: ':0', BROWSER: 'w3m:opera:firefox --new-tab "%s" -x'},
      [at('firefox'), '--new-tab', URL, '-x'],
    ],
    [{DISPLAY: ':0', BROWSER: `${at('firefox')} '`}, [at('xdg-open'), URL]],
    [{DISPLAY: ':0', PATH: 'bin:.'}, undefined],
    [{BROWSER: 'firefox'}, undefined],
    [{DISPLAY: ':0', SSH_CONNECTION: '192.0.2.1 5000 192.0.2.2 22'}, undefined],
  ];
  for (const [env, argv] of table)
    t.deepEqual(browserFor({PATH: directory, ...env}, URL), argv, JSON.stringify(env));
});

function define(home: Home, name: string, toml: string): void {
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(apps, {recursive: true, mode: 0o700});
  writeFileSync(path.join(apps, `${name}.toml`), `directory = ${JSON.stringify(home.directory)}\n${toml}`, {
    mode: 0o600,
  });
}

async function homeWithApps(t: ExecutionContext): Promise<Home> {
  const home = await homeWith(t, {
    status: async () => ({
      supervisor: infoOf(),
      apps: [
        appOf({app: 'hello', port: 20_141}),
        appOf({app: 'strip', processes: [processOf({app: 'strip', state: 'stopped', pid: undefined})]}),
      ],
    }),
  });
  define(home, 'hello', 'mount = "/alice_hello"\nport = 20140\n[programs.web]\ncommand = "serve"\n');
  define(
    home,
    'strip',
    'mount = "/alice_strip"\nport = 20142\nprefix = "strip"\n[programs.web]\ncommand = "serve"\n',
  );
  define(home, 'queue', '[programs.work]\ncommand = "work"\nlisten = "none"\n');
  return home;
}

test('«appsup open» prints the public address, or the one on this host where none is known', async (t) => {
  const home = await homeWithApps(t);
  const local = await home.appsup('open', 'hello');
  // The port of what runs, whatever the file says by now.
  t.is(local.stdout, 'http://127.0.0.1:20141/alice_hello/\n');
  t.regex(local.stderr, /^! its public address is not known: base_url = /);
  writeFileSync(
    path.join(home.directory, '.config/appsup/config.toml'),
    'base_url = "https://eco.example.ac.uk"\n',
    {
      mode: 0o600,
    },
  );
  const known = await home.appsup('open', 'hello', 'strip', 'hello');
  t.is(known.stdout, `${URL}\nhttps://eco.example.ac.uk/alice_strip/\n`);
  t.is(known.stderr, '! strip is not running: appsup start strip\n');
  const all = (await home.appsup('open', 'all', '--json')).json();
  t.like(all, [
    {app: 'hello', url: URL, running: true},
    {app: 'strip', running: false},
  ]);
  t.is(all.length, 2);
});

test('«appsup open» over ssh prints the line that brings the app to the user’s own machine', async (t) => {
  const home = await homeWithApps(t);
  const ssh = {SSH_CONNECTION: '192.0.2.1 5000 192.0.2.2 2222'};
  const {stdout, stderr} = await home.with(ssh, 'open', 'strip');
  t.is(stdout, 'http://127.0.0.1:20140/\n');
  t.regex(
    stderr,
    /^! from your own machine: ssh -p 2222 -L 20140:127\.0\.0\.1:20140 \S+@\S+ {2}and there http:\/\/127\.0\.0\.1:20140\/$/m,
  );
});

test('«appsup open» of what serves nothing is an error', async (t) => {
  const home = await homeWithApps(t);
  const {code, stderr} = await home.appsup('open', 'queue');
  t.is(code, 1);
  t.regex(stderr, /^Cannot open "queue": none of its programs serves anything/);
  t.regex((await home.appsup('open', 'helo')).stderr, /did you mean "hello"\?/);
});
