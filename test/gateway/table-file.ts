import {mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';

import {serializeRoutes} from '../../src/gateway/routes.ts';
import {TableFile} from '../../src/gateway/table-file.ts';
import {route} from '../helpers/gateway-world.ts';
import {until} from '../helpers/rig.ts';

test('TableFile takes each new table, and keeps the last good one over a bad one', async (t) => {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-table-'));
  const file = path.join(directory, 'routes.json');
  const taken: string[][] = [];
  const problems: string[] = [];
  const put = (text: string): void => {
    writeFileSync(`${file}.new`, text);
    renameSync(`${file}.new`, file);
  };
  const table = new TableFile({
    file,
    onRoutes: (routes) => taken.push(routes.map(({app}) => app)),
    onProblem: (text) => problems.push(text),
  });
  t.teardown(() => {
    table.close();
    rmSync(directory, {recursive: true, force: true});
  });
  t.deepEqual([taken.length, problems.length], [0, 1]);
  put(serializeRoutes([route({app: 'a'})]));
  await until(() => taken.length === 1, 'the first table');
  put('{');
  await until(() => problems.length === 2, 'the complaint');
  t.regex(problems[1] ?? '', /routes\.json is not taken: it is no JSON$/);
  put(serializeRoutes([route({app: 'b'})]));
  await until(() => taken.length === 2, 'the second table');
  t.deepEqual(taken, [['a'], ['b']]);
});
