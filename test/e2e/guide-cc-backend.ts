import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {exampleFor} from '../helpers/example.ts';
import {freePort} from '../helpers/free-port.ts';
import {visit} from '../helpers/front-end.ts';
import {stepsOf} from '../helpers/markdown.ts';
import {startNginx} from '../helpers/nginx.ts';
import {Page} from '../helpers/page.ts';
import {get, until} from '../helpers/rig.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

const SOURCE = 'examples/cc-backend';
const TOOLS = ['gunicorn', 'gevent', 'flask', 'venv'];

/** The database of others, on a port of its own, until the test ends. */
async function startStore(t: ExecutionContext, port: number): Promise<void> {
  const store = spawn(toolPath('python3'), [path.resolve(SOURCE, 'store.py'), String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(async () => {
    const exit = once(store, 'exit');
    store.kill();
    await exit;
  });
  await once(store.stdout, 'data');
}

/** Write the port of this host's database into the code. */
function setDatabase(directory: string, port: number): void {
  for (const name of ['appsup.toml', 'debug.cfg']) {
    const file = path.join(directory, name);
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('27017', String(port)));
  }
}

testWith(
  [...TOOLS, 'git', 'nginx'],
  'X3, X6: the chapter docs/guides/cc-backend.md does what it says: lazy, the database late, an update',
  async (t) => {
    const database = await freePort();
    const page = await Page.open(t, {
      file: 'docs/guides/cc-backend.md',
      source: {
        code: SOURCE,
        url: 'git@gitlab.example.org:web/backend',
        adapt(directory) {
          setDatabase(directory, database);
          writeFileSync(
            path.join(directory, '.gitignore'),
            'flask-config.cfg\n.venv*\n__pycache__\n*.json\n*.conf\n',
          );
        },
      },
      here: {27017: String(database)},
    });
    const {rig, session} = page;
    for (const step of ['1.', '2.', '3.']) await page.follow(step);
    const settings = readFileSync(path.join(rig.home, 'backend/flask-config.cfg'), 'utf8');
    t.regex(settings, /^SECRET_KEY = "[0-9a-f]{64}"$/m);
    await session.ok('./prepare');
    t.is(readFileSync(path.join(rig.home, 'backend/flask-config.cfg'), 'utf8'), settings);

    const shown = page.blocks('4.').find(({language}) => language === 'toml')?.text;
    t.is(shown, readFileSync(path.join(SOURCE, 'appsup.toml'), 'utf8'));
    await page.follow('4.');

    const [start, late, there] = page.blocks('5.');
    if (start === undefined || late === undefined || there === undefined)
      throw new Error('step 5 is another');
    await page.type(start);
    t.deepEqual(rig.children(), []);
    const [visitor, waiting] = stepsOf(late);
    if (visitor === undefined || waiting === undefined) throw new Error('the visitor of step 5 is another');
    await page.step(visitor);
    // The visitor is there in a moment.
    const waits = `waits for tcp://127.0.0.1:${database}`;
    await until(async () => (await rig.process('cc-backend')).reason === waits, waits);
    await page.step(waiting);
    t.deepEqual(rig.children(), []);
    await startStore(t, database);
    await session.ok('wait');
    await page.type(there);

    await page.follow('6.');
    const nginx = await startNginx(readFileSync(path.join(rig.home, 'backend/nginx.conf'), 'utf8'));
    t.teardown(async () => await nginx.stop());
    const {mount} = await rig.app('cc-backend');
    const posted = await visit(nginx, {
      path: `${mount}/devices`,
      body: '{"name":"phone"}',
      headers: {'content-type': 'application/json'},
    });
    t.deepEqual([posted.status, posted.body.trim()], [201, '{"name":"phone"}']);
    t.is((await visit(nginx, {path: `${mount}x`})).status, 404);

    page.workshop.publish('endpoints.py', '"cc-backend"', '"cc-backend 2"');
    await page.follow('7.');
    t.regex((await visit(nginx, {path: `${mount}/`})).body, /cc-backend 2/);
  },
);

testWith(
  TOOLS,
  'examples/cc-backend: one command; nobody runs until the first visitor, and the public secret is refused',
  async (t) => {
    const example = exampleFor(t, 'cc-backend');
    const {rig, directory} = example;
    const database = await freePort();
    setDatabase(directory, database);
    const {code, stdout, stderr} = await example.run();
    t.is(code, 0, stderr);
    t.regex(stdout, /cc-backend:web {2}stopped, starts at the first request/);
    t.deepEqual(rig.children(), []);
    await startStore(t, database);
    const {port, mount} = await rig.app('cc-backend');
    t.is((await get(port ?? 0, `${mount}/devices`)).body.trim(), '[]');

    // The settings of the repository, debug mode off: it does not start, and says why.
    await rig.ok('stop', 'cc-backend');
    const settings = path.join(directory, 'flask-config.cfg');
    const own = readFileSync(settings, 'utf8');
    writeFileSync(settings, readFileSync(path.join(directory, 'debug.cfg'), 'utf8').replace('True', 'False'));
    await rig.ok('start', 'cc-backend');
    const visitor = get(port ?? 0, `${mount}/devices`);
    const told = /the secret is the public one of debug\.cfg/;
    await until(async () => told.test((await rig.process('cc-backend')).reason ?? ''), 'the reason');
    writeFileSync(settings, own);
    // The visitor who still waits wakes it, or the next one does.
    t.regex(await rig.ok('restart', 'cc-backend'), /running|starts at the first request/);
    t.true([200, 503].includes((await visitor).status));
    t.is((await get(port ?? 0, `${mount}/devices`)).status, 200);
  },
);
