import {mkdtempSync, readFileSync, rmSync, statSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import {parseRecord, privateSocketPath, Records} from '../../src/supervisor/records.ts';
import type {UnitRecord} from '../../src/supervisor/records.ts';
import {MAX_SOCKET_PATH} from '../../src/system/paths.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'as-'));
test.after.always(() => rmSync(directory, {recursive: true}));

const record: UnitRecord = {
  version: 1,
  process: 'web',
  app: appSpec([programSpec({env: {TOKEN: 'program-secret'}})], {env: {KEY: 'app-secret'}}),
  restarts: 2,
  main: {
    generation: 5,
    pid: 4711,
    startTicks: 99,
    bootId: 'b',
    startedAt: 1,
    mark: '/s|tasks:web|5',
    logFile: '/s/logs/tasks/web.log',
    logOffset: 0,
    port: 20140,
    privateSocket: '/s/run/x.sock',
    held: true,
    hash: 'h',
    ask: {path: '/tasks/', host: 'example.org', https: true},
  },
  others: [],
  done: undefined,
};

test('Records gives back what was written, without any environment, in a file for the owner alone', (t) => {
  const records = new Records({processes: directory});
  records.write(record);
  const file = path.join(directory, 'tasks.web.json');
  t.is(statSync(file).mode & 0o777, 0o600);
  t.notRegex(readFileSync(file, 'utf8'), /secret/);
  const [read] = records.readAll(() => t.fail());
  t.like(read, {process: 'web', restarts: 2, main: record.main});
  records.remove('tasks', 'web');
  t.deepEqual(
    records.readAll(() => t.fail()),
    [],
  );
});

test('Records keeps how a process did its work, and takes nothing else for it', (t) => {
  const own = mkdtempSync(path.join(directory, 'done-'));
  const records = new Records({processes: own});
  const done = {bootId: 'b', at: 5, exit: {code: 0, signal: undefined}};
  records.write({...record, main: undefined, done});
  t.like(records.readAll(() => t.fail())[0], {main: undefined, done});
  for (const wrong of [
    null,
    7,
    {},
    {bootId: 'b', at: 5},
    {bootId: 'b', at: null, exit: {}},
    {bootId: 1, at: 5, exit: {}},
  ])
    t.is(parseRecord(JSON.stringify({...record, done: wrong}))?.done, undefined);
  t.deepEqual(
    parseRecord(JSON.stringify({...record, done: {bootId: 'b', at: 5, exit: {code: 'x', signal: 3}}}))?.done,
    {
      bootId: 'b',
      at: 5,
      exit: {code: undefined, signal: undefined},
    },
  );
});

test('Records names a damaged file and goes on with the others', (t) => {
  const own = mkdtempSync(path.join(directory, 'damaged-'));
  const records = new Records({processes: own});
  records.write(record);
  records.write({...record, process: 'queue'});
  const file = path.join(own, 'tasks.web.json');
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100));
  const garbage: string[] = [];
  t.deepEqual(
    records.readAll((each) => garbage.push(each)).map(({process}) => process),
    ['queue'],
  );
  t.deepEqual(garbage, [file]);
});

test('Records of a directory that is not there are none', (t) => {
  t.deepEqual(
    new Records({processes: path.join(directory, 'none')}).readAll(() => t.fail()),
    [],
  );
});

test('parseRecord() takes no text that is not a record, and never throws', (t) => {
  fc.assert(fc.property(fc.string(), (text) => parseRecord(text) === undefined));
  fc.assert(fc.property(fc.json(), (text) => parseRecord(text) === undefined));
  for (const wrong of [
    {version: 2},
    {main: {pid: 1}},
    {others: {}},
    {app: {name: '../x'}},
    {process: 'a/b'},
  ]) {
    t.is(parseRecord(JSON.stringify({...record, ...wrong})), undefined);
  }
});

test('parseRecord() takes no record in which something is missing or null, as one of another version may be', (t) => {
  const [program] = record.app.programs;
  for (const name of Object.keys(program ?? {}).filter((each) => !OPTIONAL.includes(each))) {
    const programs = [{...program, [name]: null}];
    t.is(parseRecord(JSON.stringify({...record, app: {...record.app, programs}})), undefined, name);
  }
  for (const wrong of [
    {main: null},
    {main: {...record.main, ask: null}},
    {main: {...record.main, named: null}},
    {main: {...record.main, named: [{name: '../x'}]}},
    {main: {...record.main, named: [{name: 'metrics', port: 'x'}]}},
    {others: [null]},
    {app: {...record.app, programs: [null]}},
  ]) {
    t.is(parseRecord(JSON.stringify({...record, ...wrong})), undefined);
  }
});

/** What a living process of an older version can do without; `giveUp` is null for "never". */
const OPTIONAL = ['giveUp', 'health', 'reloadSignal', 'overlap', 'directory', 'umask'];

test('parseRecord() remembers that a program never gives up, for which JSON has no number', (t) => {
  const programs = [programSpec({giveUp: Infinity})];
  t.is(
    parseRecord(JSON.stringify({...record, app: {...record.app, programs}}))?.app.programs[0]?.giveUp,
    Infinity,
  );
});

test('privateSocketPath() stays short for the longest names', (t) => {
  const run = '/home/a-rather-long-login-name/.local/state/appsup/server.department.example.ac.uk/run';
  const name = 'n'.repeat(63);
  const file = privateSocketPath({run}, name, name, 1_795_226_763_090);
  t.true(Buffer.byteLength(file) <= MAX_SOCKET_PATH, file);
  t.not(file, privateSocketPath({run}, name, name, 1_795_226_763_091));
});
