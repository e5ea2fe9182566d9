import {readFileSync, readdirSync, statSync, existsSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {exampleFor} from '../helpers/example.ts';
import {freePort} from '../helpers/free-port.ts';
import {visit} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {Page, READERS_TOOLS} from '../helpers/page.ts';
import {startPostgres} from '../helpers/postgres.ts';
import {alive, get, killQuietly, until} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

const GUIDE = {
  file: 'docs/guides/backscope.md',
  account: true,
  source: {
    code: path.resolve('examples/backscope'),
    url: 'https://git.example.ac.uk/alice/backscope',
    wheels: ['flask', 'gunicorn', 'flask-sqlalchemy', 'flask-migrate', 'psycopg2-binary'],
  },
};
const PRIMES = '/api/get_oeis_values/A000040/8';
const APP = ['gunicorn', 'flask', 'flaskSqlalchemy', 'flaskMigrate'];

testWith(
  [...READERS_TOOLS, ...APP, 'nginx', 'postgresql', 'psycopg2'],
  'docs/guides/backscope.md does what it says, with Postgres and nginx: update, reset-database and rebuild-venv too',
  async (t) => {
    const postgres = await startPostgres({port: await freePort()});
    t.teardown(async () => await postgres.stop());
    const page = await Page.open(t, GUIDE);
    const {session} = page;
    const owner = (await session.ok('id -un')).trim();
    postgres.query('postgres', `create role "${owner}" createdb login`);
    const port = postgres.env['PGPORT'];
    await session.ok(`export PGPORT=${port} PATH="$PATH:${postgres.bin}"`);

    const stored = () => postgres.query('numberscope', 'select count(*) from sequences');
    const look = async (url: string) => await visit(page.frontEnd(), {path: url});
    const commit = async () => (JSON.parse((await look('/api/get_commit')).body) as {commit: string}).commit;
    await page.follow('', {
      '2.': {
        async after() {
          const lines = [`DATABASE_URL=postgresql://${owner}@localhost:${port}/numberscope`];
          // The clients of the database go by these; the PATH is that of a host where they lie in /usr/bin.
          lines.push('PGHOST=localhost', `PGPORT=${port}`, `PGUSER=${owner}`);
          await session.ok(`printf '%s\\n' ${lines.join(' ')} >> .env`);
        },
      },
      '3.': {
        async after() {
          const file = '~/.config/appsup/apps/numberscope.toml';
          await session.ok(`sed -i 's/^recipe = "rebuild-venv"/&\\npackages = "psycopg2-binary"/' ${file}`);
          t.regex(await session.ok('appsup check'), /^numberscope: fine\.$/m);
        },
      },
      '5.': {
        async after() {
          await page.givenToAdministrators(startNginx);
          t.deepEqual(JSON.parse((await look(PRIMES)).body), {
            id: 'A000040',
            values: ['2', '3', '5', '7', '11', '13', '17', '19'],
          });
          t.regex((await look('/sequence/A000045')).body, /<title>Numberscope<\/title>/);
        },
      },
      '7.': {
        before: () => page.workshop.publish('flaskr/sequences.py', 'The prime numbers', 'The primes'),
        async after() {
          t.is(await commit(), (await session.ok('git rev-parse --short HEAD')).trim());
        },
      },
      '8.': {
        async before() {
          await look('/api/get_oeis_values/A000045/8');
          t.is(stored(), '2');
        },
        // The check of readiness has asked for one again.
        after: () => t.is(stored(), '1'),
      },
      '9.': {
        async after() {
          t.regex(await session.ok('readlink .venv'), /^\.venv-/);
          t.is((await look(PRIMES)).status, 200);
        },
      },
    });
  },
);

testWith(
  [...APP, 'nginx'],
  'N1, N4, N9, N10: backscope behind nginx: /api kept, pages static; ready by the database; back after a crash; own logs',
  async (t) => {
    const example = exampleFor(t, 'backscope');
    const {rig, directory} = example;
    const started = await example.run();
    t.is(started.code, 0, started.stderr);
    const {port = 0, mount} = await rig.app('backscope');
    const nginx = await startNginx(await rig.ok('snippet', 'backscope', '--front', 'nginx'));
    t.teardown(async () => {
      if (!t.passed) t.log(nginx.log());
      await nginx.stop();
    });
    const ask = async (url: string) => await visit(nginx, {path: url});

    // N1
    t.is(mount, '');
    const index = readFileSync(path.join(directory, 'dist/index.html'), 'utf8');
    for (const url of ['/', '/some/vue/route', '/apifoo']) {
      const {status, body} = await ask(url);
      t.deepEqual([status, body], [200, index], url);
    }
    t.is((await ask('/app.js')).body, readFileSync(path.join(directory, 'dist/app.js'), 'utf8'));
    t.regex((await ask(PRIMES)).body, /"19"/);
    t.is((await ask('/api/none')).status, 404);

    // N9
    const before = await rig.pid('backscope');
    killQuietly(before);
    await until(async () => (await ask(PRIMES)).status === 200, 'it answers again');
    await until(async () => (await rig.process('backscope')).state === 'running', 'it runs again');
    t.not(await rig.pid('backscope'), before);

    // N10: until its own log has been rotated.
    const logs = () => readdirSync(path.join(directory, 'logs'));
    await until(async () => {
      await get(port, '/api/get_oeis_values/A000045/4');
      return logs().includes('api.log.1');
    }, 'its own rotation');
    const told = await rig.ok('logs', 'backscope', '-n', '1000');
    for (const line of [
      /^backscope:web +\| .*Booting worker/m,
      /^backscope:logs\/api\.log +\| \{"time": .*A000045/m,
      /^backscope:logs\/api\.log[.\d]* +\| \{"time": .*A000040/m,
    ])
      t.regex(told, line);

    // N4: without its database it does not become ready, although get_commit would answer.
    const envFile = path.join(directory, '.env');
    t.is(statSync(envFile).mode & 0o777, 0o600);
    const file = path.join(rig.paths.apps, 'backscope.toml');
    writeFileSync(file, readFileSync(file, 'utf8').replace('workers  = 3', '$&\nready_timeout = "6s"'));
    await rig.ok('restart', 'backscope');
    const pid = await rig.pid('backscope');
    const broken = `${readFileSync(envFile, 'utf8')}DATABASE_URL=sqlite:////nonexistent/none.db\n`;
    writeFileSync(envFile, broken);
    const {code, stdout, stderr} = await rig.appsup('restart', 'backscope');
    t.is(code, 1);
    t.regex(stdout + stderr, /the new version did not become ready/);
    t.true(alive(pid));
    t.is((await ask(PRIMES)).status, 200);
  },
);

testWith(
  ['uwsgi', 'uwsgiPython', 'flask', 'nginx'],
  'N5: flaskr.ini as it was: the plugin is added, its relative socket lies beside the code, and it stops at TERM',
  async (t) => {
    const example = exampleFor(t, 'backscope-uwsgi');
    const {rig, directory} = example;
    const started = await example.run();
    t.is(started.code, 0, started.stderr);
    const nginx = await startNginx(await rig.ok('snippet', 'backscope-uwsgi', '--front', 'nginx'));
    t.teardown(async () => await nginx.stop());
    t.regex((await visit(nginx, {path: PRIMES})).body, /11,13,17,19/);
    const own = path.join(directory, 'project.sock');
    t.is(statSync(own).mode & 0o777, 0o660);
    const pid = await rig.pid('backscope-uwsgi');
    t.regex((await rig.appsup('restart', 'backscope-uwsgi')).stdout, /nothing dropped/);
    t.false(alive(pid));
    t.true(existsSync(own));
    t.regex((await visit(nginx, {path: PRIMES})).body, /11,13,17,19/);
    await rig.ok('stop', 'backscope-uwsgi');
    t.deepEqual(rig.children('backscope-uwsgi'), []);
    t.false(existsSync(own));
  },
);
