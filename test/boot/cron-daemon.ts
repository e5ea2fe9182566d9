import {mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';

import {cronDaemon} from '../../src/boot/cron-daemon.ts';

/** A machine with these files and directories (those that end in a slash). */
function machine(files: Readonly<Record<string, string>>): string {
  const root = mkdtempSync(path.join(tmpdir(), 'au-root-'));
  mkdirSync(path.join(root, 'proc'));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(name)), {recursive: true});
    if (name.endsWith('/')) mkdirSync(path.join(root, name), {recursive: true});
    else writeFileSync(path.join(root, name), text);
  }
  return root;
}

const cases: readonly (readonly [
  title: string,
  files: Record<string, string>,
  answer: 'running' | 'unknown',
])[] = [
  ["Debian's process", {'proc/12/comm': 'bash\n', 'proc/431/comm': 'cron\n'}, 'running'],
  ["cronie's process", {'proc/431/comm': 'crond\n'}, 'running'],
  [
    'a service, while processes of others are hidden',
    {'sys/fs/cgroup/system.slice/cron.service/': ''},
    'running',
  ],
  ['a service in cgroups v1', {'sys/fs/cgroup/systemd/system.slice/crond.service/': ''}, 'running'],
  ['systemd-cron', {'run/systemd/generator/cron.target.wants/': ''}, 'running'],
  [
    'nothing that is visible',
    {'proc/12/comm': 'bash\n', 'proc/13/': '', 'proc/self/comm': 'cron\n'},
    'unknown',
  ],
  ['a process that only sounds like it', {'proc/12/comm': 'cronolog\n'}, 'unknown'],
];

for (const [title, files, answer] of cases) {
  test(`cronDaemon() says ${answer}: ${title}`, (t) => {
    const root = machine(files);
    t.teardown(() => rmSync(root, {recursive: true}));
    t.is(cronDaemon(root), answer);
  });
}

test('cronDaemon() reads this machine without failing', (t) => {
  t.true(['running', 'unknown'].includes(cronDaemon()));
});
