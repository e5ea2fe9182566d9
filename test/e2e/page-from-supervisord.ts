import {existsSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {startApache} from '../helpers/apache.ts';
import {freePort} from '../helpers/free-port.ts';
import type {FrontEndServer} from '../helpers/front-end.ts';
import {Page} from '../helpers/page.ts';
import {get, Load, until} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

const CODE = `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%d %s%s" % (os.getppid(), environ["SCRIPT_NAME"], environ["PATH_INFO"])).encode()]
`;

/** What the administrators have had in their configuration so far; with the mount in the target, or nothing would work. */
const oldLines = (mount: string, port: number): string =>
  `ProxyPass "${mount}/" "http://127.0.0.1:${port}${mount}/"\n`;

/** Other lines, and a reload: requests that are under way are answered. */
function reload({directory}: FrontEndServer, lines: string): void {
  writeFileSync(path.join(directory, 'snippet.conf'), lines);
  process.kill(Number(readFileSync(path.join(directory, 'httpd.pid'), 'utf8')), 'SIGUSR1');
}

testWith(
  ['supervisord', 'gunicorn', 'venv', 'apache2'],
  'docs/from-supervisord.md does what it says: no visitor is refused on the way from supervisord, and there is a way back',
  async (t) => {
    const port = await freePort();
    const page = await Page.open(t, {file: 'docs/from-supervisord.md', here: {8000: String(port)}});
    const {session, mine, home, rig} = page;
    page.learn('/home/alice', home);
    const mount = mine('/alice_flasktasks');
    const [old] = page.blocks('What you have');
    await session.ok('mkdir -p ~/etc ~/log ~/flask-tasks/log');
    writeFileSync(path.join(home, 'flask-tasks/wsgi.py'), CODE);
    // A gunicorn of the environment's own.
    await session.ok('python3 -m venv --system-site-packages --without-pip ~/miniconda3/envs/flasktasks');
    writeFileSync(path.join(home, 'miniconda3/envs/flasktasks/bin/gunicorn'), gunicornOf(home), {
      mode: 0o755,
    });
    writeFileSync(path.join(home, 'etc/supervisord.conf'), mine(old?.text ?? ''));
    await session.ok('supervisord -c ~/etc/supervisord.conf');
    t.teardown(async () => await session.type('supervisorctl -c ~/etc/supervisord.conf shutdown'));
    const answers = async (at: number) => {
      try {
        return (await get(at, `${mount}/`)).status === 200;
      } catch {
        return false;
      }
    };
    await until(async () => await answers(port), 'the old one answers');
    const apache = await startApache(oldLines(mount, port));
    t.teardown(async () => await apache.stop());
    const load = new Load(apache.port, `${mount}/`, 4);
    t.teardown(async () => await load.stop());
    const master = async () => Number((await get(apache.port, `${mount}/`)).body.split(' ')[0]);
    const before = await master();

    await page.follow('1.');
    const written = readFileSync(path.join(rig.paths.apps, 'flasktasks.toml'), 'utf8');
    const shown = page.blocks('1.').find(({language}) => language === 'toml')?.text ?? '';
    t.is(written.replace(/ *#.*$/gm, '').trim(), mine(shown).trim());
    await page.follow('2.');
    await page.follow('3.');
    const letter = readFileSync(path.join(home, 'letter.txt'), 'utf8');
    reload(apache, /^# >>> [^]*^# <<< .*$/m.exec(letter)?.[0] ?? '');
    await until(async () => (await master()) !== before, 'the new one answers');
    t.is(await master(), await rig.pid('flasktasks'));
    await load.answers(20);
    await page.follow('4.');
    await load.answers(20);
    await load.stop();
    t.deepEqual(load.failures, []);

    await session.ok('supervisord -c ~/etc/supervisord.conf');
    await until(async () => await answers(port), 'the old one answers again');
    await page.follow('If the lines');
    reload(apache, oldLines(mount, port));
    await until(
      async () => (await master()) === (await rig.pid('flasktasks')),
      'the new one at the old port',
    );
    await session.ok('supervisorctl -c ~/etc/supervisord.conf shutdown');
    await until(() => !existsSync(path.join(home, 'log/supervisord.pid')), 'supervisord is gone');
    await page.follow('Back again');
    await until(async () => (await master()) !== before && (await answers(port)), 'the old one is back');
    t.deepEqual(rig.children('flasktasks'), []);
  },
);

const gunicornOf = (home: string): string =>
  `#!${home}/miniconda3/envs/flasktasks/bin/python\nfrom gunicorn.app.wsgiapp import run\nrun()\n`;
