import {execFileSync} from 'node:child_process';
import {chmodSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {exampleFor} from '../helpers/example.ts';
import {PUBLIC_HOST, visit} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {Page} from '../helpers/page.ts';
import {get, until} from '../helpers/rig.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

const SOURCE = 'examples/ktyper';
const HOST = 'ktyper.example.org';
const BOUNDARY = 'a-genome';

/** A form with one file. */
function genome(bytes: number): {readonly body: Buffer; readonly headers: Readonly<Record<string, string>>} {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="genome"; filename="genome.tar.gz"\r\n\r\n`;
  return {
    body: Buffer.concat([
      Buffer.from(head),
      Buffer.alloc(bytes, 'a'),
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]),
    headers: {'content-type': `multipart/form-data; boundary=${BOUNDARY}`},
  };
}

/** Into the environment of the app, as an index would. */
function bringHuey(directory: string): void {
  const lib = path.join(directory, '.venv/lib');
  const [python = ''] = readdirSync(lib);
  writeFileSync(path.join(lib, python, 'site-packages/huey.pth'), path.dirname(toolPath('huey')));
}

const TOOLS = ['gunicorn', 'django', 'restFramework', 'huey', 'venv'];

testWith(
  [...TOOLS, 'git', 'nginx'],
  'K1, K2, K3, K5, K6, K8, K9: the chapter docs/guides/ktyper.md does what it says: web and queue, uploads, a build, a job',
  async (t) => {
    const page = await Page.open(t, {
      file: 'docs/guides/ktyper.md',
      source: {
        code: SOURCE,
        url: 'https://git.example.org/alice/ktyper',
        adapt(directory) {
          const settings = path.join(directory, 'config/settings.py');
          writeFileSync(settings, readFileSync(settings, 'utf8').replace(HOST, PUBLIC_HOST));
        },
      },
      here: {[HOST]: PUBLIC_HOST},
    });
    const {rig} = page;
    // The web server has to get to the files that it serves by itself.
    chmodSync(rig.home, 0o711);
    for (const step of ['1.', '2.']) await page.follow(step);
    const directory = path.join(rig.home, 'ktyper');
    t.regex(readFileSync(path.join(directory, 'config/secrets.json'), 'utf8'), /^{"SECRET_KEY": "\w{64}"}$/m);
    const [environment, ...more] = page.blocks('3.');
    if (environment === undefined) throw new Error('step 3 is another');
    await page.type(environment);
    bringHuey(directory);
    for (const block of more) await page.type(block);
    const shown = page.blocks('4.').find(({language}) => language === 'toml')?.text;
    t.is(shown, readFileSync(path.join(SOURCE, 'appsup.toml'), 'utf8'));
    await page.follow('4.');

    // K9: without the build it does not start, and says what to do.
    const file = path.join(rig.paths.apps, 'ktyper.toml');
    const toml = readFileSync(file, 'utf8').replace('[programs.queue]', '$&\nenv = { KTYPER_SECONDS = "3" }');
    writeFileSync(file, toml);
    const blank = await rig.appsup('start', 'ktyper:web');
    t.not(blank.code, 0);
    t.regex(blank.stdout + blank.stderr, /the front end is not built: appsup run ktyper front/);
    await rig.ok('stop', 'ktyper');
    await page.follow('5.');

    // K6: the app refuses any other host, and the health check has passed.
    const {port, mount} = await rig.app('ktyper');
    t.is((await get(port ?? 0, `${mount}/api/v1/status`)).status, 400);

    await page.follow('6.');
    const nginx = await startNginx(readFileSync(path.join(directory, 'nginx.conf'), 'utf8'));
    t.teardown(async () => await nginx.stop());
    const src = /<script src="([^"]+)"/.exec((await visit(nginx, {path: `${mount}/`})).body)?.[1] ?? '';
    t.is(src, `${mount}/static/frontend/main.js`);
    t.is((await visit(nginx, {path: src})).status, 200);

    // K5: as large as a genome is, and not larger than it may be.
    const sent = await visit(nginx, {path: `${mount}/api/v1/jobs`, ...genome(20_000_000)});
    t.deepEqual([sent.status, sent.body], [202, '{"job":1}']);
    const {headers} = genome(0);
    const tooMuch = {...headers, 'content-length': '250000000'};
    t.is((await visit(nginx, {path: `${mount}/api/v1/jobs`, method: 'POST', headers: tooMuch})).status, 413);

    // K2: the job that runs is finished by the worker that is stopped for the other classifier.
    const job = async () =>
      JSON.parse((await visit(nginx, {path: `${mount}/api/v1/jobs/1`})).body) as {
        state: string;
        result: string;
      };
    await until(async () => (await job()).state === 'running', 'the job runs');
    const before = await rig.pid('ktyper', 'queue');
    await page.follow('7.');
    t.not(await rig.pid('ktyper', 'queue'), before);
    const {state, result} = await job();
    t.is(state, 'completed');
    t.regex(result, /^KL\d+$/);
    await page.follow('8.');

    // K1, K3: a queue with another directory is missing, and status says so; the web goes on.
    writeFileSync(file, toml.replace('[programs.queue]', '$&\ndirectory = "config"'));
    const elsewhere = await rig.appsup('restart', 'ktyper:queue');
    t.not(elsewhere.code, 0);
    t.regex(elsewhere.stdout + elsewhere.stderr, /No such file or directory: 'config\/secrets\.json'/);
    const missing = await rig.appsup('status', 'ktyper');
    t.is(missing.code, 3);
    t.regex(missing.stdout, /web +running/);
    t.notRegex(missing.stdout, /queue +running/);
    writeFileSync(file, toml);
    await rig.ok('restart', 'ktyper');

    // K9: a build that is lost is told of at the next restart, and the old version serves.
    renameSync(path.join(directory, 'static/frontend'), path.join(directory, 'static/lost'));
    const lost = await rig.appsup('restart', 'ktyper:web');
    t.regex(lost.stdout + lost.stderr, /still serves\n[^]*the front end is not built/);
    t.is((await visit(nginx, {path: `${mount}/`})).status, 200);
  },
);

testWith(
  TOOLS,
  'K4: examples/ktyper starts with one command; its secret is made once, for its owner alone, and stays at the second run',
  async (t) => {
    const example = exampleFor(t, 'ktyper', `base_url = "https://${HOST}"\n`);
    const {rig, directory} = example;
    execFileSync(toolPath('python3'), [
      '-m',
      'venv',
      '--system-site-packages',
      path.join(directory, '.venv'),
    ]);
    bringHuey(directory);
    const first = await example.run();
    t.is(first.code, 0, first.stdout + first.stderr);
    const file = path.join(directory, 'config/secrets.json');
    const secret = readFileSync(file, 'utf8');
    t.regex(secret, /^{"SECRET_KEY": "[A-Za-z0-9]{64}"}\n$/);
    t.is(statSync(file).mode & 0o777, 0o600);
    const pids = [await rig.pid('ktyper'), await rig.pid('ktyper', 'queue')];
    const second = await example.run();
    t.is(second.code, 0, second.stderr);
    t.is(readFileSync(file, 'utf8'), secret);
    t.deepEqual([await rig.pid('ktyper'), await rig.pid('ktyper', 'queue')], pids);
    const {port, mount} = await rig.app('ktyper');
    const {status} = await get(port ?? 0, `${mount}/static/frontend/main.js`, {host: HOST});
    // Only the front end serves files.
    t.is(status, 404);
    t.is((await get(port ?? 0, `${mount}/`, {host: HOST})).status, 200);
  },
);
