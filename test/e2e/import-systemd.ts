import {existsSync, mkdirSync, readFileSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {freePort} from '../helpers/free-port.ts';
import {get} from '../helpers/rig.ts';
import type {Rig} from '../helpers/rig.ts';
import {rigFor} from '../helpers/rig-for.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

/** Says what it found, and writes where the unit's directory is. */
const CODE = `import os, pathlib
import gevent.monkey
place = pathlib.Path(os.environ["RUNTIME_DIRECTORY"])
(place / "started").write_text("yes")
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    said = [environ["SCRIPT_NAME"], os.environ["SETTINGS"], os.environ["MONGO_PASSWORD"], str(gevent.monkey.is_module_patched("socket"))]
    return [" ".join(said).encode()]
`;

/** The three files of the guide's repository, its empty socket unit included. */
function unitsOf(rig: Rig): readonly string[] {
  const directory = path.join(rig.home, 'cc-backend');
  mkdirSync(directory);
  writeFileSync(path.join(directory, 'endpoints.py'), CODE);
  writeFileSync(path.join(directory, '.env'), 'MONGO_PASSWORD=quite-secret\n', {mode: 0o600});
  const files = {
    'gunicorn.service': `[Unit]
Description=gunicorn daemon
Requires=gunicorn.socket
After=network.target

[Service]
PIDFile=/run/gunicorn/pid
User=www-data
Group=www-data
RuntimeDirectory=gunicorn
WorkingDirectory=%h/cc-backend
Environment=SETTINGS=%h/flask-config.cfg SCRIPT_NAME=/api
EnvironmentFile=-%h/cc-backend/.env
EnvironmentFile=-/etc/default/there-is-none
ExecStartPre=/bin/mkdir -p /run/gunicorn/cache
ExecStart=${toolPath('gunicorn')} --pid /run/gunicorn/pid --worker-class gevent endpoints:application
ExecReload=/bin/kill -s HUP $MAINPID
ExecStop=/bin/kill -s TERM $MAINPID
PrivateTmp=true
TimeoutStopSec=20

[Install]
WantedBy=multi-user.target
`,
    'gunicorn.socket': '',
    'gunicorn.conf': 'd /run/gunicorn 0755 www-data www-data -\n',
  };
  return Object.entries(files).map(([name, text]) => {
    writeFileSync(path.join(rig.home, name), text);
    return `~/${name}`;
  });
}

testWith(
  ['gunicorn', 'gevent'],
  'X4: the unit, empty socket and tmpfiles of a systemd guide are imported, every line with its fate, and the app runs',
  async (t) => {
    const rig = rigFor(t);
    const files = unitsOf(rig);
    const dry = await rig.ok('import', ...files, '--dry-run');
    t.regex(dry, /^gunicorn\.service:19 +dropped +PrivateTmp +needs root/m);
    t.regex(dry, /^gunicorn\.service:7 +dropped +PIDFile/m);
    t.regex(dry, /^gunicorn\.socket:1 +changed +gunicorn\.socket +it is empty, which systemd calls masked/m);
    const place = path.join(rig.paths.state, 'directories/gunicorn/run/gunicorn');
    t.false(existsSync(place));
    t.is(await rig.ok('list', '--json'), '');

    await rig.ok('import', ...files);
    t.is(statSync(place).mode & 0o777, 0o700);
    const toml = path.join(rig.paths.apps, 'gunicorn.toml');
    t.notRegex(readFileSync(toml, 'utf8'), /quite-secret/);
    t.regex(readFileSync(toml, 'utf8'), /^reload_signal = "HUP"$/m);
    // A port of its own, so that tests at the same time never meet.
    const port = await freePort();
    writeFileSync(toml, readFileSync(toml, 'utf8').replace(/^mount/m, `port = ${port}\nmount`));
    t.regex(await rig.ok('check'), /gunicorn: fine/);

    await rig.ok('start', 'gunicorn');
    const expected = `/api ${rig.home}/flask-config.cfg quite-secret True`;
    t.is((await get(port, '/api/')).body, expected);
    t.is(readFileSync(path.join(place, 'started'), 'utf8'), 'yes');
    await rig.ok('restart', 'gunicorn');
    t.is((await get(port, '/api/')).body, expected);
  },
);

test('import says which option takes another mount when one is taken, and takes it', async (t) => {
  const rig = rigFor(t);
  const unit = path.join(rig.home, 'web.service');
  const text =
    '[Service]\nWorkingDirectory=%h\nEnvironment=SCRIPT_NAME=/shop PORT=1\nExecStart=/bin/sleep 9\n';
  writeFileSync(unit, text);
  await rig.ok('import', unit);
  const {code, stderr} = await rig.appsup('import', unit, '--name', 'second');
  t.is(code, 1);
  t.regex(stderr, /the mount \/shop belongs to web\n\s+hint: --mount \/ANOTHER/);
  await rig.ok('import', unit, '--name', 'second', '--mount', '/shop2');
  t.regex(await rig.ok('show', 'second'), /^mount +=\s"\/shop2"/m);
});
