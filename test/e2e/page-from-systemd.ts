import {writeFileSync} from 'node:fs';
import path from 'node:path';

import {Page} from '../helpers/page.ts';
import {testWith} from '../helpers/tools.ts';

testWith(['gunicorn'], 'docs/from-systemd.md shows what becomes of a unit, line by line', async (t) => {
  const page = await Page.open(t, {file: 'docs/from-systemd.md'});
  const {session, home} = page;
  page.learn('/home/alice', home);
  const [unit] = page.blocks('From systemd');
  await session.ok('mkdir cc-backend && echo app = None > cc-backend/endpoints.py');
  writeFileSync(path.join(home, 'gunicorn.service'), page.mine(unit?.text ?? ''));
  writeFileSync(path.join(home, 'gunicorn.socket'), '');
  writeFileSync(path.join(home, 'gunicorn.conf'), 'd /run/gunicorn 0755 www-data www-data -\n');
  await page.follow();
});
