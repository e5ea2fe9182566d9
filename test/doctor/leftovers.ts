import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {loadConfig} from '../../src/config/load.ts';
import {judgeLeftovers, lookAtLeftovers} from '../../src/doctor/leftovers.ts';
import type {LeftoverFacts} from '../../src/doctor/leftovers.ts';
import {worldWith} from '../helpers/doctor-world.ts';
import {troubles} from '../helpers/findings.ts';

const APPS = [{name: 'tasks', directory: '/home/alice/tasks'}];
const process = (pid: number, ppid: number, command: string, directory: string | undefined) => ({
  ...{pid, ppid, directory},
  args: command.startsWith('PM2 ') ? [command] : command.split(' '),
});
const SUPERVISORD = process(70, 1, '/usr/bin/python3 /home/alice/bin/supervisord -c x', '/');
const worker = (ppid: number, directory: string | undefined) => process(80, ppid, 'gunicorn wsgi', directory);
const planned = (text: string | undefined) => [
  {manager: 'supervisord', where: 'line 2 of your crontab', text} as const,
];

const TABLE: readonly (readonly [string, Partial<LeftoverFacts>, readonly string[]])[] = [
  ['nothing is left', {}, []],
  [
    'supervisord runs the app',
    {processes: [SUPERVISORD, worker(70, '/home/alice/tasks')]},
    ['broken leftover-supervisord'],
  ],
  [
    'a grandchild of it stands below the app',
    {processes: [SUPERVISORD, process(75, 70, 'sh run', '/'), worker(75, '/home/alice/tasks/src')]},
    ['broken leftover-supervisord'],
  ],
  ['supervisord runs something else', {processes: [SUPERVISORD, worker(70, '/home/alice/tasks-old')]}, []],
  ['somebody else runs there', {processes: [SUPERVISORD, worker(1, '/home/alice/tasks')]}, []],
  [
    'pm2 runs the app',
    {
      processes: [
        process(70, 1, 'PM2 v5.3.0: God Daemon (/home/alice/.pm2)', '/'),
        worker(70, '/home/alice/tasks'),
      ],
    },
    ['broken leftover-pm2'],
  ],
  [
    'the crontab starts supervisord for it',
    {plans: planned('directory=/home/alice/tasks\n')},
    ['warning leftover-planned'],
  ],
  [
    'the crontab starts supervisord, with what cannot be read',
    {plans: planned(undefined)},
    ['warning leftover-planned'],
  ],
  ['the crontab starts supervisord for others', {plans: planned('directory=/home/alice/tasks-old\n')}, []],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeLeftovers() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeLeftovers({apps: APPS, processes: [], plans: [], ...facts})), expected);
  });
}

test('lookAtLeftovers() reads what the crontab’s supervisord runs, and what pm2 has saved', async (t) => {
  const world = worldWith(t, {table: '# supervisord\n@reboot supervisord -c ~/etc/supervisord.conf\n'});
  const {home, apps} = world.paths;
  for (const directory of [apps, path.join(home, 'etc'), path.join(home, '.pm2')])
    mkdirSync(directory, {recursive: true});
  writeFileSync(
    path.join(apps, 'tasks.toml'),
    'directory = "~/tasks"\n[programs.web]\ncommand = "sleep 9"\nlisten = "none"\n',
    {mode: 0o600},
  );
  const known = {...world, config: loadConfig(world.paths, {siteFile: `${home}/no-site.toml`})};
  const conf = path.join(home, 'etc/supervisord.conf');
  writeFileSync(conf, '[program:other]\ndirectory=%(ENV_HOME)s/other\n');
  t.deepEqual(troubles(await lookAtLeftovers(known)), []);
  writeFileSync(conf, '[program:web]\ndirectory=%(ENV_HOME)s/tasks\n');
  writeFileSync(path.join(home, '.pm2/dump.pm2'), JSON.stringify([{pm_cwd: path.join(home, 'tasks')}]));
  const answers = await lookAtLeftovers(known);
  t.deepEqual(troubles(answers), ['warning leftover-planned', 'warning leftover-planned']);
  t.regex(answers[0]?.text ?? '', /^line 2 of your crontab has supervisord run tasks, too/);
  t.regex(answers[1]?.text ?? '', /^~\/\.pm2\/dump\.pm2 has pm2 run tasks, too/);
});
