import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {keptRequest} from '../../src/frontend/kept.ts';
import {homeWith} from '../helpers/cli.ts';
import type {Home} from '../helpers/cli.ts';
import {mailServer} from '../helpers/mail-server.ts';

/** A home with apps, which nobody runs. */
async function home(t: ExecutionContext, apps: readonly string[], global = ''): Promise<Home> {
  const made = await homeWith(t);
  const config = path.join(made.directory, '.config/appsup');
  mkdirSync(path.join(config, 'apps'), {recursive: true, mode: 0o700});
  writeFileSync(path.join(config, 'config.toml'), global, {mode: 0o600});
  for (const [index, app] of apps.entries()) {
    const lines = [
      `directory = ${JSON.stringify(made.directory)}`,
      `mount = "/alice/${app}"`,
      `port = ${20_140 + index}`,
      '[programs.web]',
      'command = "serve $PORT"',
      '',
    ];
    writeFileSync(path.join(config, 'apps', `${app}.toml`), lines.join('\n'), {mode: 0o600});
  }
  return made;
}

const requestsOf = ({state}: Home) => ({requests: path.join(state, 'requests')});

test('«appsup request» prints the letter and keeps it', async (t) => {
  const it = await home(
    t,
    ['tasks'],
    'helpdesk = "help@example.ac.uk"\nbase_url = "https://eco.example.ac.uk"\n',
  );
  const {code, stdout, stderr} = await it.appsup('request', 'tasks', '--front', 'apache');
  t.is(code, 0);
  t.regex(stdout, /^To: help@example\.ac\.uk\nSubject: Apache configuration for \/alice\/tasks \(user /);
  t.regex(stdout, /http:\/\/127\.0\.0\.1:20140/);
  t.regex(stderr, /^! .*checked.* {2}Saved; when it is done: appsup verify tasks$/m);
  const kept = keptRequest(requestsOf(it), 'tasks');
  t.like(kept, {app: 'tasks', mount: '/alice/tasks', front: 'apache', upstream: {port: 20_140}});
  t.is(`${kept?.text}`, stdout);
});

test('«appsup request» of several apps has them in the order in which the server wants them', async (t) => {
  const it = await home(t, ['tasks-and-more', 'tasks']);
  const places = (text: string) => [...text.matchAll(/^# >>> appsup \S+ (\S+)/gm)].map(([, app]) => app);
  for (const [front, order] of [
    ['apache', ['tasks', 'tasks-and-more']],
    ['apache-minimal', ['tasks-and-more', 'tasks']],
  ] as const) {
    const {stdout} = await it.appsup('request', 'tasks-and-more', 'tasks', 'tasks', '--front', front);
    t.deepEqual(places(stdout), order);
  }
  t.is(keptRequest(requestsOf(it), 'tasks')?.text, keptRequest(requestsOf(it), 'tasks-and-more')?.text);
  const [facts] = (await it.appsup('request', 'tasks', '--json')).json();
  t.like(facts, {apps: ['tasks'], to: null, ok: true, kept: true, mailed: false});
});

test('«appsup request --mail» sends the letter to the helpdesk, and never without a yes', async (t) => {
  const {port, said} = await mailServer(t);
  const it = await home(
    t,
    ['tasks'],
    `helpdesk = "help@example.ac.uk"\n[notify]\nmail = "alice@example.ac.uk"\nsmtp = "smtp://127.0.0.1:${port}"\n`,
  );
  const silent = await it.appsup('request', 'tasks', '--mail');
  t.is(silent.code, 2);
  t.regex(silent.stderr, /nobody to ask\n {2}hint: appsup request APP --mail --yes/);
  t.deepEqual(said, []);
  t.is(keptRequest(requestsOf(it), 'tasks'), undefined);

  const sent = await it.appsup('request', 'tasks', '--mail', '--yes', '--front', 'nginx');
  t.deepEqual([sent.code, sent.stdout], [0, 'Sent to help@example.ac.uk\n']);
  t.true(said.includes('RCPT TO:<help@example.ac.uk>'));
  t.true(said.includes('Reply-To: alice@example.ac.uk'));
  t.true(said.some((line) => line.startsWith('Subject: nginx configuration for /alice/tasks')));
  t.not(keptRequest(requestsOf(it), 'tasks'), undefined);
});

for (const [why, global, words] of [
  ['nobody is known to send it to', '', /no address of a helpdesk is known/],
  ['the helpdesk is no address', 'helpdesk = "https://help.example.ac.uk/"\n', /is no address/],
  [
    'the mail server does not answer',
    'helpdesk = "help@example.ac.uk"\n[notify]\nmail = "alice"\nsmtp = "smtp://127.0.0.1:1"\n',
    /ECONNREFUSED/,
  ],
] as const) {
  test(`«appsup request --mail» fails, and keeps nothing, when ${why}`, async (t) => {
    const it = await home(t, ['tasks'], global);
    const {code, stderr} = await it.appsup('request', 'tasks', '--mail', '--yes');
    t.is(code, 1);
    t.regex(stderr, words);
    t.regex(stderr, /^ {2}hint: .*appsup request prints$/m);
    t.is(keptRequest(requestsOf(it), 'tasks'), undefined);
  });
}

test('«appsup request» refuses names and front ends that there are none of', async (t) => {
  const it = await home(t, ['tasks']);
  t.regex((await it.appsup('request', 'taks')).stderr, /did you mean "tasks"/);
  t.is((await it.appsup('request', 'tasks', '--front', 'ngin')).code, 2);
  t.is((await it.appsup('request', '../tasks')).code, 2);
  t.is(keptRequest(requestsOf(it), 'tasks'), undefined);
});
