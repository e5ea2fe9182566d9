import {mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import {gzipSync} from 'node:zlib';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {Lines} from '../helpers/chaos/lines.ts';
import {REST, SUBJECTS} from '../helpers/chaos/programs.ts';

/** A pid that no process has. */
const GONE = 2 ** 30;
const ARCHIVE = 'web.log.20261121T050000Z.gz';

const line = (number: number, rest = REST) => `line 7 ${GONE} ${number} ${rest}\n`;
const lines = (first: number, last: number) =>
  Array.from({length: last - first + 1}, (_, at) => line(first + at)).join('');

/** One server has printed 9 lines; six are in an archive. */
function place(t: ExecutionContext): {readonly checker: Lines; readonly log: (name: string) => string} {
  const home = mkdtempSync(path.join(tmpdir(), 'as-lines-'));
  t.teardown(() => rmSync(home, {recursive: true}));
  for (const {app} of SUBJECTS)
    for (const folder of [`${app}/ledger`, `logs/${app}`])
      mkdirSync(path.join(home, folder), {recursive: true});
  writeFileSync(path.join(home, `shop/ledger/web.7.${GONE}`), '9\n');
  const log = (name: string) => path.join(home, 'logs/shop', name);
  writeFileSync(log(ARCHIVE), gzipSync(lines(1, 6)));
  writeFileSync(log('web.log'), `[2026-11-21] [1] [INFO] Booting worker\n${lines(7, 9)}`);
  return {checker: new Lines({home, paths: {logs: path.join(home, 'logs')}}), log};
}

test('the randomised suite finds no fault where each line is there once, also one that was killed before it was counted', async (t) => {
  const {checker, log} = place(t);
  t.deepEqual(await checker.check(), {lines: 9, faults: []});
  writeFileSync(log('web.log'), `${lines(7, 9)}${line(10)}${line(11, 'xxx')}`);
  t.deepEqual((await checker.check()).faults, []);
});

const FAULTS: Readonly<Record<string, {readonly log: string; readonly fault: RegExp}>> = {
  'a line that is lost': {log: `${lines(7, 7)}${lines(9, 9)}`, fault: /of 9 lines are lost: 8$/},
  'a line that is torn': {log: `${lines(7, 7)}${line(8, 'xx')}${lines(9, 9)}`, fault: /torn: line 8$/},
  'a line that is there twice': {log: lines(6, 9), fault: /1 lines are there twice$/},
  'a line that comes too late': {log: `${line(8)}${line(7)}${line(9)}`, fault: /line 7 comes too late$/},
};

for (const [name, {log: text, fault}] of Object.entries(FAULTS)) {
  test(`the randomised suite names ${name}`, async (t) => {
    const {checker, log} = place(t);
    writeFileSync(log('web.log'), text);
    const {faults} = await checker.check();
    t.true(
      faults.some((each) => each.startsWith(log('web.log')) && fault.test(each)),
      faults.join('\n'),
    );
    t.true(faults.some((each) => each.startsWith('appsup logs shop:web')));
  });
}

test('the randomised suite names all lines of an archive that was removed, not the first one alone', async (t) => {
  const {checker, log} = place(t);
  t.deepEqual((await checker.check()).faults, []);
  rmSync(log(ARCHIVE));
  t.regex((await checker.check()).faults.join('\n'), /of 9 lines are lost: 1-6/);
});

test('lines that a rotation has under way are not lost for the randomised suite', async (t) => {
  const {checker, log} = place(t);
  writeFileSync(log(ARCHIVE.replace('.gz', '')), lines(1, 6));
  rmSync(log(ARCHIVE));
  const cut = lines(1, 6).length;
  const moving = log(`web.log.moving.20261121T050000Z.${cut}.0.${'ab'.repeat(16)}`);
  renameSync(log(ARCHIVE.replace('.gz', '')), moving);
  const checked = checker.check();
  // Let it find the rotation.
  await sleep(100);
  renameSync(moving, log(ARCHIVE.replace('.gz', '')));
  t.deepEqual((await checked).faults, []);
});
