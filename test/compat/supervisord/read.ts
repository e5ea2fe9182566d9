import test from 'ava';

import {parseIni} from '../../../src/compat/supervisord/ini.ts';
import type {Imported} from '../../../src/compat/imported.ts';
import {mergeInis, readSupervisord} from '../../../src/compat/supervisord/read.ts';

const ALICE = {
  username: 'alice',
  uid: 1000,
  home: '/home/alice',
  hostname: 'eco',
  env: {DB_HOST: 'db.example.org'},
};

function read(...texts: readonly string[]): Imported {
  const sections = texts.map((text, index) => {
    const ini = parseIni(text, `/home/alice/etc/${index}.conf`);
    if (!ini.ok) throw new Error(ini.problem);
    return ini.sections;
  });
  return readSupervisord(mergeInis(sections), ALICE);
}

/** `line fate what` of all remarks. */
function fates(imported: Imported): readonly string[] {
  return imported.remarks.map(({line, fate, what}) => `${line} ${fate} ${what}`);
}

const program = (lines: string) =>
  `[program:x]\ncommand = sleep 9\ndirectory = ~/x/\nautorestart = true\n${lines}\n`;

test('readSupervisord() gives each program an app of its own, without what is appsup’s to decide', (t) => {
  const {apps} = read(`[program:tasks_gunicorn]
user=alice
directory=/home/alice/flask-tasks/
environment=SCRIPT_NAME=/alice_tasks/,SECRET_KEY="a;b",MOOD='good'
command=/home/alice/miniconda3/envs/tasks/bin/gunicorn -w4 --bind=localhost:8000 ; not cut in the middle
  -c conf.py --timeout 120 --daemon wsgi:app
autorestart=true
`);
  t.deepEqual(apps, [
    {
      name: 'tasks_gunicorn',
      choice: {
        directory: '/home/alice/flask-tasks',
        mount: '/alice_tasks',
        python: '/home/alice/miniconda3/envs/tasks',
        env: {MOOD: 'good'},
        programs: [
          {
            name: 'web',
            launch: {
              kind: 'gunicorn',
              target: 'wsgi:app',
              workers: 4,
              threads: 1,
              workerClass: undefined,
              args: ['-c', 'conf.py', '--timeout', '120'],
            },
          },
        ],
      },
      secrets: new Map([['SECRET_KEY', 'a;b']]),
    },
  ]);
});

test('readSupervisord() takes times, signals and numbers as what they are called here', (t) => {
  const lines =
    'startsecs=5\nstartretries=0\nstopsignal=SIGINT\nstopwaitsecs=60\nnumprocs=3\nprocess_name=x%(process_num)d\numask=0022';
  const [app] = read(program(lines)).apps;
  t.deepEqual(app?.choice.programs, [
    {
      name: 'x',
      launch: {kind: 'command', argv: ['sleep', '9']},
      listen: 'none',
      startMs: 5000,
      giveUp: 1,
      stopMs: 60_000,
      stopSignal: 'INT',
      numprocs: 3,
      umask: '022',
    },
  ]);
});

for (const [said, restart] of [
  ['autorestart=unexpected', 'on-failure'],
  ['autorestart=FALSE', 'never'],
  ['autorestart=1', undefined],
] as const) {
  test(`readSupervisord() reads ${said} as restart = ${restart ?? 'always, the default'}`, (t) => {
    t.is(read(program(said)).apps[0]?.choice.programs[0]?.restart, restart);
  });
}

test('readSupervisord() puts in what stands in %(...)s', (t) => {
  const [app] = read(
    '[supervisord]\nenvironment=ROOT="%(here)s"\n',
    program('environment=A="%(ENV_DB_HOST)s",B="100%%",C="%(program_name)s %(host_node_name)s %(ENV_ROOT)s"'),
  ).apps;
  t.deepEqual(app?.choice.env, {
    ROOT: '/home/alice/etc',
    A: 'db.example.org',
    B: '100%',
    C: 'x eco /home/alice/etc',
  });
});

test('readSupervisord() makes of priorities within a group what has to run first', (t) => {
  const {apps, remarks} = read(`[group:shop]
programs=web,queue,mail
[program:mail]
directory=/x
command=mail
[program:queue]
directory=/x
command=queue
priority=20
[program:web]
directory=/x
command=gunicorn a:b
priority=10
[program:alone]
directory=/y
command=alone
priority=1
`);
  const [shop] = apps;
  t.deepEqual(
    shop?.choice.programs.map(({name, after}) => [name, after]),
    [
      ['web', undefined],
      ['queue', ['web']],
      ['mail', ['queue']],
    ],
  );
  t.deepEqual(
    remarks
      .filter(({text, what}) => what === 'priority' || text.startsWith('priority'))
      .map(({fate, text}) => `${fate}: ${text}`),
    [
      'changed: priority 999: it is started after queue (after)',
      'changed: priority 20: it is started after web (after)',
      'dropped: it is started first',
      'dropped: apps are started by themselves; within one: after = ["..."]',
    ],
  );
});

for (const [what, lines] of [
  ['another user', 'user = bob'],
  ['a variable that nobody has set', 'environment = A="%(ENV_NOBODY)s"'],
  ['a lone %', 'environment = A="100%"'],
  ['a variable that supervisord cuts in two', 'environment = A=http://x/?a=1'],
  ['variables without a comma', 'environment = A=1 B=2'],
  ['an unclosed quote', 'command = sleep "9'],
  ['a signal that does not exist', 'stopsignal = NONE'],
  ['a directory that differs from process to process', 'numprocs=2\ndirectory = /x%(process_num)d'],
]) {
  test(`readSupervisord() refuses a program with ${what}, and takes the others`, (t) => {
    const found = read(program(lines ?? ''), '[program:y]\ncommand=sleep 1\n');
    t.deepEqual(
      found.apps.map(({name}) => name),
      ['y'],
    );
    t.deepEqual(
      found.remarks.filter(({file}) => file.endsWith('0.conf')).map(({fate}) => fate),
      ['refused'],
    );
  });
}

test('readSupervisord() makes one app of a group of which one program serves', (t) => {
  const found = read(`[program:site]
command=gunicorn wsgi
directory=/srv/site
environment=TOKEN=abc,A=1
autorestart=true
[program:queue]
command=python manage.py run_huey
directory=/srv/queue
environment=B=2
stopsignal=INT
autorestart=true
[group:tasks]
programs=site, queue
`);
  t.deepEqual(
    found.apps.map(({name, choice, secrets}) => ({name, directory: choice.directory, secrets: [...secrets]})),
    [{name: 'tasks', directory: '/srv/site', secrets: [['TOKEN', 'abc']]}],
  );
  t.like(found.apps[0]?.choice.programs, [
    {name: 'web', env: {A: '1'}},
    {name: 'queue', directory: '/srv/queue', stopSignal: 'INT', env: {B: '2'}},
  ]);
});

test('readSupervisord() makes an app of each program of a group in which several serve', (t) => {
  const two =
    '[program:a]\ncommand=gunicorn a:a\n[program:b]\ncommand=uvicorn b:b\n[group:g]\nprograms=a,b\n';
  t.deepEqual(
    read(two).apps.map(({name}) => name),
    ['a', 'b'],
  );
});

test('readSupervisord() has a remark for every key and section, in the order of the file', (t) => {
  const text = `[unix_http_server]
file=/tmp/s
[program:x]
command=sleep 9
directory=/x
autorestart=true
stdout_logfile=/nowhere/at/all.log
redirect_stderr=true
stopsingal=INT
priority=5
[eventlistener:mail]
command=crashmail
[include]
files=conf.d/*.conf
[wrong]
`;
  t.deepEqual(fates(read(text)), [
    '1 dropped [unix_http_server]',
    '4 taken command',
    '5 taken directory',
    '6 taken autorestart',
    '7 dropped stdout_logfile',
    '8 dropped redirect_stderr',
    '9 unknown stopsingal',
    '10 dropped priority',
    '11 refused [eventlistener:mail]',
    '13 dropped [include]',
    '15 unknown [wrong]',
  ]);
});

test('readSupervisord() gives each of several processes its number by APPSUP_INDEX', (t) => {
  const [app] = read('[program:w]\ncommand=work --n %(process_num)02d\nnumprocs=2\n').apps;
  t.deepEqual(app?.choice.programs[0]?.launch, {kind: 'command', argv: ['work', '--n', '${APPSUP_INDEX}']});
});
