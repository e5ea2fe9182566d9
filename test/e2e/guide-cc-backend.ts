import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {cpSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {Chapter} from '../helpers/chapter.ts';
import {exampleFor} from '../helpers/example.ts';
import {freePort} from '../helpers/free-port.ts';
import {visit} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {freeRange} from '../helpers/ports.ts';
import {makeRepository} from '../helpers/repository.ts';
import {Rig, get, until} from '../helpers/rig.ts';
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
  'X3, X6: the chapter docs/guides/cc-backend.md does what it says: lazy, the database late, an update by the deploy key',
  async (t) => {
    const rig = Rig.create();
    t.teardown(async () => {
      if (!t.passed) t.log(rig.diary());
      const left = await rig.clean();
      if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
    });
    const database = await freePort();
    const {first, last} = freeRange(5);
    mkdirSync(rig.paths.apps, {recursive: true, mode: 0o700});
    writeFileSync(rig.paths.globalConfig, `ports = "${first}-${last}"\n`, {mode: 0o600});
    const work = path.join(rig.home, 'work');
    cpSync(SOURCE, work, {recursive: true});
    setDatabase(work, database);
    writeFileSync(path.join(work, '.gitignore'), 'flask-config.cfg\n.venv*\n__pycache__\n*.json\n*.conf\n');
    const git = makeRepository(work, rig.home, 'A backend');
    mkdirSync(path.join(rig.home, 'web'));
    git('clone', '--quiet', '--bare', '.', '../web/backend.git');
    git('config', '--global', `url.${rig.home}/web/.insteadOf`, 'git@gitlab.example.org:web/');

    const chapter = new Chapter(t, rig, 'docs/guides/cc-backend.md', {27017: String(database)});
    for (const step of ['1.', '2.', '3.']) await chapter.follow(step);
    const settings = readFileSync(path.join(rig.home, 'backend/flask-config.cfg'), 'utf8');
    t.regex(settings, /^SECRET_KEY = "[0-9a-f]{64}"$/m);
    await chapter.session.ok('./prepare');
    t.is(readFileSync(path.join(rig.home, 'backend/flask-config.cfg'), 'utf8'), settings);

    const shown = chapter.blocks('4.').find(({language}) => language === 'toml')?.text;
    t.is(shown, readFileSync(path.join(SOURCE, 'appsup.toml'), 'utf8'));
    await chapter.follow('4.');

    const [start, late, there] = chapter.blocks('5.');
    if (start === undefined || late === undefined || there === undefined)
      throw new Error('step 5 is another');
    await chapter.type(start);
    t.deepEqual(rig.children(), []);
    // The visitor of the text is there in a moment.
    const visitor = late.text.split('\n')[0]?.slice(2) ?? '';
    await chapter.session.ok(chapter.mine(visitor));
    const waits = `waits for tcp://127.0.0.1:${database}`;
    await until(async () => (await rig.process('cc-backend')).reason === waits, waits);
    await chapter.type({...late, text: late.text.slice(visitor.length + 3)});
    t.deepEqual(rig.children(), []);
    await startStore(t, database);
    await chapter.session.ok('wait');
    await chapter.type(there);

    await chapter.follow('6.');
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

    writeFileSync(
      path.join(work, 'endpoints.py'),
      readFileSync(path.join(SOURCE, 'endpoints.py'), 'utf8').replace('"cc-backend"', '"cc-backend 2"'),
    );
    git('commit', '--quiet', '--all', '--message', 'Say it otherwise');
    git('push', '--quiet', '../web/backend.git', 'main');
    await chapter.follow('7.');
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
