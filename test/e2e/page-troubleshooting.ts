import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {startApache} from '../helpers/apache.ts';
import {PUBLIC_HOST} from '../helpers/front-end.ts';
import {Page} from '../helpers/page.ts';
import {occupy} from '../helpers/ports.ts';
import {fixture, testWith} from '../helpers/tools.ts';

const CODE = `def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html")])
    return [b"<title>Tasks</title>"]
`;

testWith(
  ['gunicorn', 'apache2'],
  'docs/troubleshooting.md: for each symptom its command shows the cause, and what it says helps',
  async (t) => {
    const page = await Page.open(t, {file: 'docs/troubleshooting.md'});
    const {session, home, rig} = page;
    const code = path.join(home, 'flask-tasks/wsgi.py');
    const file = path.join(rig.paths.apps, 'flasktasks.toml');
    const env = path.join(home, 'flask-tasks/.env');
    const start = async () => await session.ok('appsup start flasktasks');
    await session.ok('mkdir flask-tasks');
    writeFileSync(code, CODE);
    await session.ok('appsup add flask-tasks --name flasktasks --transport tcp');
    writeFileSync(file, readFileSync(file, 'utf8').replace('workers  = 2', 'workers = 1\ngive_up = 1'));
    await start();

    await page.follow('', {
      'Visitors read': {before: async () => await session.ok('appsup stop flasktasks'), after: start},
      '"502': {before: async () => await session.ok('appsup daemon stop'), after: start},
      'Redirects to': {
        async before() {
          const lines = await session.ok('appsup snippet flasktasks --front apache-minimal 2>/dev/null');
          const apache = await startApache(lines);
          t.teardown(async () => await apache.stop());
          await session.ok(`export NODE_EXTRA_CA_CERTS=${fixture('tls/certificate.pem')}`);
          page.learn('eco.example.ac.uk', PUBLIC_HOST);
          const front = `--url https://${PUBLIC_HOST} --front https://127.0.0.1:${apache.tlsPort}`;
          page.learn('verify flasktasks', `verify flasktasks ${front}`);
        },
      },
      'It crashes': {
        async before() {
          await session.ok('appsup stop flasktasks');
          writeFileSync(code, `import nothing_here\n${CODE}`);
          t.is((await session.type('appsup start flasktasks')).code, 7);
        },
        async after() {
          writeFileSync(code, CODE);
          await start();
        },
      },
      '"Other users': {
        async before() {
          writeFileSync(env, '');
          chmodSync(env, 0o644);
          writeFileSync(file, `env_file = ".env"\n${readFileSync(file, 'utf8')}`);
        },
        async after() {
          t.is((await session.type('appsup restart flasktasks')).code, 1);
          await session.ok('chmod 600 ~/flask-tasks/.env && appsup restart flasktasks');
        },
      },
      'The port is in use': {
        async before() {
          await session.ok('appsup daemon stop');
          const {port = 0} = JSON.parse(await session.ok('appsup list --json')) as {port?: number};
          await occupy(t, port);
        },
        async after() {
          await session.ok('appsup ports move flasktasks');
          await start();
        },
      },
      'cron is not allowed': {
        before() {
          const refuses = `#!/bin/sh\necho "You (${page.mine('alice')}) are not allowed to use this program (crontab)" >&2\nexit 1\n`;
          writeFileSync(path.join(home, 'bin/crontab'), refuses);
        },
      },
      '"No supervisor': {before: async () => await session.ok('appsup daemon stop')},
      'New code': {before: start},
    });
  },
);
