import {existsSync} from 'node:fs';

import {Page} from '../helpers/page.ts';
import {testWith} from '../helpers/tools.ts';

testWith(
  ['gunicorn', 'apache2'],
  'docs/administrators.md shows what appsup leaves on a host, and how it goes away',
  async (t) => {
    const page = await Page.open(t, {file: 'docs/administrators.md', account: true});
    const {session} = page;
    await session.ok(`mkdir ~/flask-tasks && cat > ~/flask-tasks/wsgi.py <<'END'
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"Tasks"]
END`);
    await session.ok('appsup add ~/flask-tasks --name flasktasks && appsup start flasktasks');
    const {pid} = JSON.parse(await session.ok('appsup daemon status --json')) as {pid: number};
    await page.follow();
    t.is((await session.type('crontab -l')).output.replace(/^no crontab for .*$/, ''), '');
    t.false(existsSync(`/proc/${pid}/exe`));
  },
);
