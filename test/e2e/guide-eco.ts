import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {startApache} from '../helpers/apache.ts';
import {exampleFor} from '../helpers/example.ts';
import {freePort} from '../helpers/free-port.ts';
import {visit} from '../helpers/front-end.ts';
import type {FrontEndServer} from '../helpers/front-end.ts';
import {Page, READERS_TOOLS} from '../helpers/page.ts';
import {startPostgres} from '../helpers/postgres.ts';
import {Load, get, killQuietly, until} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

const GUIDE = {
  file: 'docs/guides/eco.md',
  account: true,
  source: {
    code: path.resolve('examples/eco-flask'),
    url: 'https://git.example.ac.uk/alice/flask-tasks',
    wheels: ['flask', 'gunicorn', 'psycopg2-binary'],
  },
};

/** Somebody with a browser, who answers question after question. */
class Participant {
  #cookie = '';
  readonly #server: () => FrontEndServer;
  readonly #start: string;

  constructor(server: () => FrontEndServer, start: string) {
    this.#server = server;
    this.#start = start;
  }

  /** What the page says: `Question 3 of 4`. */
  async sees(): Promise<string> {
    const {body} = await this.#ask(this.#start);
    return /Question \d of \d|Thank you/.exec(body)?.[0] ?? body;
  }

  async answer(text: string): Promise<void> {
    const {status, headers, body} = await this.#ask(`${this.#start}answer`, `answer=${text}`);
    if (status !== 303) throw new Error(`${status} ${body}`);
    this.#cookie = headers['set-cookie']?.[0]?.split(';')[0] ?? this.#cookie;
  }

  async #ask(url: string, body?: string) {
    const headers = {cookie: this.#cookie, 'content-type': 'application/x-www-form-urlencoded'};
    return await visit(this.#server(), {
      path: url,
      headers,
      tls: true,
      ...(body === undefined ? {} : {body}),
    });
  }
}

testWith(
  [...READERS_TOOLS, 'gunicorn', 'flask', 'apache2', 'postgresql', 'psycopg2'],
  'E6: docs/guides/eco.md does what it says, with Postgres and Apache: a participant goes on at state N after an update',
  async (t) => {
    const postgres = await startPostgres({port: await freePort()});
    t.teardown(async () => await postgres.stop());
    const page = await Page.open(t, GUIDE);
    const {session, mine, frontEnd} = page;
    const owner = mine('alice_db_user');
    postgres.query('postgres', `create role "${owner}" createdb login`);
    await session.ok(`export PGPORT=${postgres.env['PGPORT']} PATH="$PATH:${postgres.bin}"`);

    const participant = new Participant(frontEnd, mine('/alice_flasktasks/'));
    await page.follow('', {
      '2.': {
        async after() {
          const database = {
            provider: 'postgres',
            host: 'localhost',
            port: postgres.env['PGPORT'],
            user: owner,
          };
          const settings = JSON.stringify({...database, dbname: mine('alice_flasktasks_db')});
          await session.ok(`sed -i 's/DATABASE = {.*"tasks.db"}/DATABASE = ${settings}/' config.py`);
        },
      },
      '5.': {after: async () => await page.givenToAdministrators()},
      '6.': {
        async before() {
          page.workshop.publish('tasks/__init__.py', 'Left or right?', 'Right or left?');
          t.is(await participant.sees(), 'Question 1 of 4');
          await participant.answer('30');
        },
        async after() {
          const {body} = await visit(frontEnd(), {path: mine('/alice_flasktasks/static/style.css')});
          t.regex(body, /max-width/);
          t.is(await participant.sees(), 'Question 2 of 4');
          await participant.answer('right');
          t.is(postgres.query(mine('alice_flasktasks_db'), 'select count(*) from answers'), '2');
          t.regex(await session.ok('git log -1 --format=%s'), /Say it otherwise/);
        },
      },
    });
    t.is((await visit(frontEnd(), {path: mine('/alice_flasktasks/')})).status, 503);
  },
);

async function behindApache(t: ExecutionContext) {
  const example = exampleFor(t, 'eco-flask');
  const {rig} = example;
  const {code, stdout, stderr} = await example.run();
  t.is(code, 0, stdout + stderr);
  const apache = await startApache(await rig.ok('snippet', 'eco-flask', '--front', 'apache'));
  t.teardown(async () => {
    if (!t.passed) t.log(apache.log());
    await apache.stop();
  });
  const {port} = await rig.app('eco-flask');
  if (port === undefined) throw new Error('eco-flask has no port');
  return {rig, app: {port, mount: await example.mount()}, apache};
}

testWith(
  ['gunicorn', 'flask', 'apache2'],
  'E2, E6: eco-flask is proven ready below its mount, not at the bare port; sessions survive restart, stop and crash',
  async (t) => {
    const {rig, app, apache} = await behindApache(t);
    t.is((await get(app.port, '/')).status, 500);
    t.is((await get(app.port, `${app.mount}/`)).status, 200);
    t.is((await rig.process('eco-flask')).state, 'running');

    const participant = new Participant(() => apache, `${app.mount}/`);
    await participant.answer('30');
    await rig.ok('restart', 'eco-flask');
    t.is(await participant.sees(), 'Question 2 of 4');
    await participant.answer('left');
    await rig.ok('stop', 'eco-flask');
    await rig.ok('start', 'eco-flask');
    t.is(await participant.sees(), 'Question 3 of 4');
    await participant.answer('green');
    const master = await rig.pid('eco-flask');
    killQuietly(master);
    // What an old worker has just taken may be cut with it.
    await until(async () => {
      const {state, pid} = await rig.process('eco-flask');
      return state === 'running' && pid !== master;
    }, 'a new master');
    t.is(await participant.sees(), 'Question 4 of 4');
    await participant.answer('5');
    t.is(await participant.sees(), 'Thank you');
  },
);

testWith(
  ['gunicorn', 'flask', 'apache2'],
  'E7: eco-flask is restarted under load through Apache, and no visitor gets an error',
  async (t) => {
    const {rig, app, apache} = await behindApache(t);
    const load = new Load(apache.port, `${app.mount}/`, 4);
    t.teardown(async () => await load.stop());
    await load.answers(50);
    for (let round = 0; round < 3; round++) {
      const before = await rig.pid('eco-flask');
      await rig.ok('restart', 'eco-flask');
      t.not(await rig.pid('eco-flask'), before);
      await load.answers(50);
    }
    await load.stop();
    t.deepEqual(load.failures, []);
  },
);
