import {existsSync, readFileSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {gunzipSync} from 'node:zlib';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {compress, removeLeftovers} from '../../src/logs/compress.ts';
import {logDirectory} from '../helpers/numbered-log.ts';

const rank = {stamp: '20261121T023005Z', serial: 0};

function logIn(t: ExecutionContext): string {
  const directory = logDirectory('disk');
  t.teardown(() => rmSync(directory, {recursive: true}));
  return path.join(directory, 'web.log');
}

for (const [title, text] of [
  ['an empty archive', ''],
  ['a small one', 'a line\n'],
  ['one of many pieces', 'a line of a log, and its number\n'.repeat(50_000)],
] as const) {
  test(`compress() puts ${title} in the place of the plain one`, async (t) => {
    const log = logIn(t);
    writeFileSync(`${log}.20261121T023005Z`, text);
    await compress(log, rank, new AbortController().signal);
    t.deepEqual(readdirSync(path.dirname(log)), ['web.log.20261121T023005Z.gz']);
    t.is(gunzipSync(readFileSync(`${log}.20261121T023005Z.gz`)).toString(), text);
  });
}

test('compress() leaves the plain archive when it is called off', async (t) => {
  const log = logIn(t);
  writeFileSync(`${log}.20261121T023005Z`, 'a line\n');
  await t.throwsAsync(compress(log, rank, AbortSignal.abort()));
  t.deepEqual(readdirSync(path.dirname(log)), ['web.log.20261121T023005Z']);
});

test('removeLeftovers() removes half a compressed archive, or the plain one beside a whole one', (t) => {
  const log = logIn(t);
  for (const name of [
    '20261121T023005Z',
    '20261121T023005Z.gz',
    '20261121T023006Z',
    '20261121T023006Z.gz.part',
  ]) {
    writeFileSync(`${log}.${name}`, '');
  }
  writeFileSync(log, '');
  removeLeftovers(log);
  t.deepEqual(readdirSync(path.dirname(log)), [
    'web.log',
    'web.log.20261121T023005Z.gz',
    'web.log.20261121T023006Z',
  ]);
  t.true(existsSync(log));
});
