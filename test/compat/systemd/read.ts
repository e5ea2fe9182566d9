import test from 'ava';

import type {Imported} from '../../../src/compat/imported.ts';
import {readSystemd} from '../../../src/compat/systemd/read.ts';

const ALICE = {username: 'alice', uid: 1000, home: '/home/alice', hostname: 'eco.example.org', env: {}};
const WORLD = {
  importer: ALICE,
  places: '/state/directories',
  exists: (file: string) => !file.includes('missing'),
};

/** Files of `/home/alice/units` by their names. */
function read(files: Readonly<Record<string, string>>): Imported {
  return readSystemd(
    Object.entries(files).map(([name, text]) => ({file: `/home/alice/units/${name}`, text})),
    WORLD,
  );
}

const HEAD = '[Service]\nWorkingDirectory=%h/x\nRestart=always\n';

/** A service `x` with these lines, its program, and its app. */
function service(lines: string) {
  const imported = read({'x.service': `${HEAD}ExecStart=/bin/sleep 9\n${lines}`});
  const [app] = imported.apps;
  return {imported, app, program: app?.choice.programs[0]};
}

/** Fate and text of the line with this key. */
function said(imported: Imported, key: string): string {
  const found = imported.remarks.filter(({what}) => what === key);
  return found.map(({fate, text}) => `${fate}: ${text}`).join(' | ');
}

const GUNICORN_SERVICE = `[Unit]
Description=gunicorn daemon
Requires=gunicorn.socket
After=network.target mongod.service

[Service]
PIDFile=/run/gunicorn/pid
User=www-data
Group=www-data
WorkingDirectory=/home/alice/cc-backend
#Environment=CROSSCLOUD_WEB_SETTINGS=/home/alice/flask-config.cfg
ExecStart=/home/alice/cc-backend/venv/bin/gunicorn --pid /run/gunicorn/pid \\
          --worker-class gevent endpoints:app
ExecReload=/bin/kill -s HUP $MAINPID
ExecStop=/bin/kill -s TERM $MAINPID
PrivateTmp=true

[Install]
WantedBy=multi-user.target
`;

test('X4: readSystemd() makes one app of service, socket and tmpfiles, and names every line', (t) => {
  const imported = read({
    'gunicorn.service': GUNICORN_SERVICE,
    'gunicorn.socket': '[Socket]\nListenStream=/run/gunicorn/socket\n[Install]\nWantedBy=sockets.target\n',
    'gunicorn.conf': 'd /run/gunicorn 0755 www-data www-data -\n',
  });
  t.deepEqual(imported.apps, [
    {
      name: 'gunicorn',
      choice: {
        directory: '/home/alice/cc-backend',
        python: '/home/alice/cc-backend/venv',
        transport: 'unix',
        programs: [
          {
            name: 'web',
            launch: {
              kind: 'gunicorn',
              target: 'endpoints:app',
              workers: 2,
              threads: 1,
              workerClass: 'gevent',
              args: [],
            },
            after: ['tcp://127.0.0.1:27017'],
            reloadSignal: 'HUP',
          },
        ],
      },
      secrets: new Map(),
      directories: ['/state/directories/gunicorn/run/gunicorn'],
    },
  ]);
  t.deepEqual(
    imported.remarks.map(({line, fate, what}) => `${line} ${fate} ${what}`),
    [
      '1 changed gunicorn.service',
      '2 dropped Description',
      '3 dropped Requires',
      '4 changed After',
      '7 dropped PIDFile',
      '8 changed User',
      '9 dropped Group',
      '10 taken WorkingDirectory',
      '12 changed ExecStart',
      '14 taken ExecReload',
      '15 taken ExecStop',
      '16 dropped PrivateTmp',
      '19 dropped WantedBy',
      '2 changed ListenStream',
      '4 dropped WantedBy',
      '1 changed d /run/gunicorn',
    ],
  );
});

test('X4: readSystemd() explains an empty socket unit, and holds a socket all the same', (t) => {
  const imported = read({'gunicorn.service': GUNICORN_SERVICE, 'gunicorn.socket': ''});
  t.regex(said(imported, 'gunicorn.socket'), /^changed: it is empty, which systemd calls masked/);
  t.is(imported.apps.length, 1);
  t.regex(said(read({'a.service': ''}), 'a.service'), /^refused: it is empty.*masked/);
});

for (const [lines, expected] of [
  ['RestartSec=5', {backoffMs: 5000}],
  ['RestartSec=1min 30s', {backoffMs: 90_000}],
  ['StartLimitBurst=5', {giveUp: 5}],
  ['KillSignal=SIGINT', {stopSignal: 'INT'}],
  ['ExecStop=/bin/kill -QUIT $MAINPID', {stopSignal: 'QUIT'}],
  ['ExecReload=/usr/bin/kill -HUP ${MAINPID}', {reloadSignal: 'HUP'}],
  ['TimeoutStopSec=2min', {stopMs: 120_000}],
  ['TimeoutStartSec=90', {readyMs: 90_000}],
  ['TimeoutSec=20', {readyMs: 20_000, stopMs: 20_000}],
  ['UMask=0022', {umask: '022'}],
  [
    'MemoryMax=512M\nLimitNOFILE=4096:8192\nNice=5\nRuntimeMaxSec=1d',
    {limits: {memoryBytes: 536_870_912, nofile: 4096, nice: 5, lifetimeMs: 86_400_000}},
  ],
  ['Restart=on-failure', {restart: 'on-failure'}],
  ['Restart=no', {restart: 'never'}],
  ['Environment=PORT=8000', {listen: 'port'}],
] as const) {
  test(`X4: readSystemd() takes ${lines.replaceAll('\n', ', ')}`, (t) => {
    const {program, imported} = service(lines);
    const {name: _name, launch: _launch, listen = 'none', ...rest} = program ?? {};
    t.deepEqual({...rest, ...(listen === 'none' ? {} : {listen})}, {...expected});
    t.notRegex(said(imported, lines.split('=', 1)[0] ?? ''), /unknown|refused/);
  });
}

for (const [lines, key, text] of [
  ['PrivateTmp=yes', 'PrivateTmp', /^dropped: needs root/],
  ['Slice=x.slice', 'Slice', /^dropped: needs root/],
  ['StandardOutput=journal', 'StandardOutput', /^dropped: appsup logs/],
  ['WatchdogSec=30', 'WatchdogSec', /^dropped: health/],
  ['Type=notify', 'Type', /^changed: .*health/],
  ['Type=oneshot', 'Type', /^changed: .*on-failure/],
  ['Type=simple', 'Type', /^dropped/],
  ['User=alice', 'User', /^dropped: that is you/],
  ['User=bob', 'User', /^changed: it runs as you, alice: what only bob may read/],
  ['TimeoutStopSec=infinity', 'TimeoutStopSec', /^taken: stop_timeout stays at its default/],
  ['Nice=-5', 'Nice', /^dropped: only root/],
  ['ExecStartPre=/bin/echo hello', 'ExecStartPre', /^changed: a step of the task "prepare"/],
  ['EnvironmentFile=-/home/alice/missing.env', 'EnvironmentFile', /^dropped: there is no/],
  ['EnvironmentFile=/home/alice/.env', 'EnvironmentFile', /^taken: env_file/],
  ['Wokers=3', 'Wokers', /^unknown/],
  ['[X-Fleet]\nA=b', 'A', /^dropped/],
] as const) {
  test(`X4: readSystemd() says why of ${lines.replaceAll('\n', ' ')}`, (t) => {
    const {imported} = service(lines);
    t.is(imported.apps.length, 1);
    t.regex(said(imported, key), text);
  });
}

for (const [lines, key, text] of [
  ['Type=forking', 'Type', /stay in front/],
  ['Restart=sometimes', 'Restart', /not understood: "sometimes"/],
  ['TimeoutStopSec=soon', 'TimeoutStopSec', /not understood/],
  ['KillSignal=SIGSTOP', 'KillSignal', /not understood/],
  ['Environment=A', 'Environment', /NAME=value/],
  ['Environment="A=b', 'Environment', /is not closed/],
  ['Environment=A=%q', 'Environment', /%q is not known here/],
  ['Environment=A=%i', 'Environment', /x\.service has none/],
  ['Environment=A=100%', 'Environment', /a lone % has to be written %%/],
  ['EnvironmentFile=/home/alice/*.env', 'EnvironmentFile', /one absolute path/],
  ['ExecStart=/bin/sleep 8', 'ExecStart', /steps of a task/],
] as const) {
  test(`X4: readSystemd() refuses a service with ${lines}`, (t) => {
    const {imported} = service(lines);
    t.deepEqual(imported.apps, []);
    t.regex(said(imported, key), text);
  });
}

test('X4: readSystemd() resolves specifiers, and refuses a template that no instance was given for', (t) => {
  const text = `${HEAD}Environment="WHO=%u on %H" UNIT=%n/%N HOME_OF=%h OTHER=%I DONE=100%%\nExecStart=/home/alice/bin/%p --queue %i\n`;
  const imported = read({'worker@mail-slow.service': text});
  const [app] = imported.apps;
  t.is(app?.name, 'worker-mail-slow');
  t.deepEqual(app?.choice.env, {
    WHO: 'alice on eco.example.org',
    UNIT: 'worker@mail-slow.service/worker@mail-slow',
    HOME_OF: '/home/alice',
    OTHER: 'mail/slow',
    DONE: '100%',
  });
  t.deepEqual(app?.choice.programs[0]?.launch, {
    kind: 'command',
    argv: ['/home/alice/bin/worker', '--queue', 'mail-slow'],
  });
  const template = read({'worker@.service': text});
  t.deepEqual(template.apps, []);
  t.regex(said(template, 'ExecStart'), /^refused: this is a template: copy it .*worker@NAME\.service/);
});

test('X4: readSystemd() moves directories of the host to one of the user’s', (t) => {
  const {app, imported} = service(
    'RuntimeDirectory=x\nStateDirectory=x/db\nEnvironment=DB=/var/lib/x/db/a.sqlite PID=/var/run/x/pid OTHER=/run/xy',
  );
  t.deepEqual(app?.choice.env, {
    RUNTIME_DIRECTORY: '/state/directories/x/run/x',
    STATE_DIRECTORY: '/state/directories/x/lib/x/db',
    DB: '/state/directories/x/lib/x/db/a.sqlite',
    PID: '/state/directories/x/run/x/pid',
    OTHER: '/run/xy',
  });
  t.deepEqual(app?.directories, ['/state/directories/x/run/x', '/state/directories/x/lib/x/db']);
  t.regex(said(imported, 'RuntimeDirectory'), /^changed: \/state.*made now/);
});

test('X4: readSystemd() keeps secrets out of the app’s file', (t) => {
  const {app} = service('Environment=SECRET_KEY=abc "DATABASE_URL=postgres://a:pa55word@db/a" MOOD=good');
  t.deepEqual(app?.choice.env, {MOOD: 'good'});
  t.deepEqual(
    app?.secrets,
    new Map([
      ['SECRET_KEY', 'abc'],
      ['DATABASE_URL', 'postgres://a:pa55word@db/a'],
    ]),
  );
});

test('X4: readSystemd() makes one app of services of one directory, in their order', (t) => {
  const {apps} = read({
    'ktyper-uwsgi.service':
      '[Service]\nWorkingDirectory=/srv/ktyper\nExecStart=/usr/bin/uwsgi --ini config/ktyper.ini\n',
    'ktyper-queuer.service':
      '[Unit]\nAfter=ktyper-uwsgi.service redis.service\n[Service]\nWorkingDirectory=/srv/ktyper\nExecStart=/srv/ktyper/venv/bin/python manage.py run_huey\nKillSignal=SIGINT\n',
  });
  t.is(apps.length, 1);
  t.deepEqual(
    apps[0]?.choice.programs.map(({name, launch, after, stopSignal}) => ({
      name,
      kind: launch.kind,
      after,
      stopSignal,
    })),
    [
      {name: 'web', kind: 'uwsgi', after: undefined, stopSignal: undefined},
      {name: 'ktyper-queuer', kind: 'huey', after: ['web', 'tcp://127.0.0.1:6379'], stopSignal: 'INT'},
    ],
  );
});

test('X4: readSystemd() starts a service by its first visitor that only its socket would start', (t) => {
  const lazy = read({
    'api.service': '[Service]\nWorkingDirectory=/srv/api\nExecStart=/srv/api/serve\n',
    'api.socket': '[Socket]\nListenStream=127.0.0.1:9000\nSocketMode=0660\nBacklog=9\n',
  });
  t.like(lazy.apps[0]?.choice.programs[0], {name: 'web', listen: 'socket', lazy: true});
  t.is(lazy.apps[0]?.choice.transport, undefined);
  t.regex(said(lazy, 'ListenStream'), /port is leased.*to keep it: port = 9000/);
  t.regex(said(lazy, 'SocketMode'), /^dropped/);
  t.regex(
    said(read({'api.socket': '[Socket]\nListenStream=9000\n'}), 'api.socket'),
    /name api\.service, too/,
  );
});

test('X4: readSystemd() makes named sockets of further streams, with the names that systemd gives them', (t) => {
  const service = `${HEAD}ExecStart=/srv/api/serve\n`;
  const several = read({
    'api.service': service,
    'api.socket': '[Socket]\nListenStream=9000\nListenStream=9001\n',
    'api-control.socket':
      '[Socket]\nListenStream=/run/api.ctl\nListenStream=/run/b\nFileDescriptorName=control\nService=api.service\n',
  });
  t.like(several.apps[0]?.choice.programs[0], {
    listen: 'socket',
    sockets: {api: 'tcp', control: 'unix', 'control-2': 'unix'},
  });
  t.is(several.apps[0]?.choice.transport, undefined);
  t.regex(said(several, 'ListenStream'), /port is leased.* \| changed: .*api in LISTEN_FDNAMES.*control-2/);
  t.regex(said(several, 'FileDescriptorName'), /^changed: .*http/);

  const one = read({
    'api.service': `${HEAD}ExecStart=/usr/bin/gunicorn wsgi:application\n`,
    'api.socket': '[Socket]\nListenStream=9000\nListenStream=9001\n',
  });
  t.is(one.apps[0]?.choice.programs[0]?.sockets, undefined);
  t.regex(said(one, 'ListenStream'), /refused: it would take it for the app’s own/);
});

for (const [line, text] of [
  ['ListenDatagram=53', /only sockets of a stream/],
  ['ListenStream=80\nAccept=yes', /a process for each visitor/],
] as const) {
  test(`X4: readSystemd() refuses a socket with ${line.replace('\n', ' and ')}`, (t) => {
    const {remarks} = read({'x.service': `${HEAD}ExecStart=/bin/x\n`, 'x.socket': `[Socket]\n${line}\n`});
    t.regex(
      remarks
        .filter(({fate}) => fate === 'refused')
        .map((each) => each.text)
        .join(),
      text,
    );
  });
}

test('X4: readSystemd() names what of tmpfiles it does not make, and what is no service', (t) => {
  const imported = read({
    'x.service': `${HEAD}ExecStart=/bin/x\n`,
    'x.conf':
      '# a comment\nD /var/lib/x 0700 - - -\nL /run/x - - - - /y\nd /srv/x - - - -\nd /home/alice/x/log\nd /run/%q\n',
    'x.timer': '[Timer]\nOnCalendar=daily\n',
  });
  t.deepEqual(imported.apps[0]?.directories, ['/state/directories/x/lib/x', '/home/alice/x/log']);
  t.deepEqual(
    imported.remarks.filter(({file}) => file.endsWith('.conf')).map(({line, fate}) => `${line} ${fate}`),
    ['2 changed', '3 dropped', '4 dropped', '5 changed', '6 refused'],
  );
  t.regex(said(imported, 'x.timer'), /^refused: a timer: write \[jobs\.NAME\]/);
});

test('X4: readSystemd() leaves no line without a word, also those that systemd would pass over', (t) => {
  const {imported} = service(
    'no equals sign\nExecStart=\nExecStart=/bin/true\nWorkingDirectory=/late\n; a comment\n',
  );
  const lines = new Set(imported.remarks.map(({line}) => line));
  t.deepEqual(
    [...lines].sort((a, b) => a - b),
    [2, 3, 4, 5, 6, 7, 8],
  );
});
