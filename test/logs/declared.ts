import {execFileSync} from 'node:child_process';
import {mkdirSync, renameSync, symlinkSync, utimesSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {gzipSync} from 'node:zlib';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {findDeclared, logOf, matcherOf, readDeclared} from '../../src/logs/declared.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

function directoryWith(t: ExecutionContext, ...names: readonly string[]): string {
  const directory = temporaryDirectory(t);
  for (const name of names) writeFileSync(path.join(directory, name), `${name}\n`);
  return directory;
}

/** Base names of what the patterns mean, by log. */
function namesIn(directory: string, ...patterns: readonly string[]): Record<string, readonly string[]> {
  const {logs} = findDeclared(patterns.map((pattern) => path.join(directory, pattern)));
  return Object.fromEntries(
    [...logs].map(([log, files]) => [log, files.map(({file}) => path.basename(file))]),
  );
}

const PARTS: readonly (readonly [string, string])[] = [
  ['api.log', 'api.log'],
  ['api.log.1', 'api.log'],
  ['api.log.12.gz', 'api.log'],
  ['api.log.gz', 'api.log'],
  ['api.log.2024-05-01', 'api.log'],
  ['api.log.2024-05-01_12', 'api.log'],
  ['api.log-20240501.gz', 'api.log'],
  ['api.log-20240501-133700', 'api.log'],
  ['worker2.log', 'worker2.log'],
  ['7', '7'],
];
for (const [name, log] of PARTS)
  test(`logOf() knows ${name} as a part of ${log}`, (t) => t.is(logOf(name), log));

test('matcherOf() matches as a shell does: * and ? are special, nothing else, and no hidden file is meant', (t) => {
  const matches = matcherOf(['/x/a*.l?g', '/x/[b]+.log']);
  const names = ['a.log', 'access.lug', 'a.lg', 'ab', '[b]+.log', 'b.log', '.a.log', 'xa.log'];
  t.deepEqual(names.filter(matches), ['a.log', 'access.lug', '[b]+.log']);
  t.false(matcherOf(['/x/*'])('.hidden'));
  t.true(matcherOf(['/x/.h*'])('.hidden'));
});

test('findDeclared() puts the parts of a log into the order of their age: numbers fall, dates rise, the log is last', (t) => {
  const directory = directoryWith(t, 'api.log', 'api.log.1', 'api.log.10', 'api.log.2');
  writeFileSync(path.join(directory, 'api.log.3.gz'), gzipSync('x'));
  t.deepEqual(namesIn(directory, 'api.log*'), {
    'api.log': ['api.log.10', 'api.log.3.gz', 'api.log.2', 'api.log.1', 'api.log'],
  });
  const dated = directoryWith(t, 'w.log', 'w.log.2024-05-02', 'w.log.2024-04-30', 'other.log', 'w.txt');
  t.deepEqual(namesIn(dated, '*.log', 'w.log.*'), {
    'other.log': ['other.log'],
    'w.log': ['w.log.2024-04-30', 'w.log.2024-05-02', 'w.log'],
  });
});

test('findDeclared() counts a file once: under two patterns, two names, and while it is being compressed', (t) => {
  const directory = directoryWith(t, 'a.log', 'a.log.1');
  symlinkSync('a.log', path.join(directory, 'current.log'));
  writeFileSync(path.join(directory, 'a.log.1.gz'), 'half');
  const all = Object.values(namesIn(directory, '*.log', '*.log*', 'a.*')).flat();
  t.is(all.length, 2);
});

test('findDeclared() says in one line what is missing, unreadable or no plain file, and waits for no pipe', (t) => {
  const directory = directoryWith(t, 'a.log');
  const trouble = (...patterns: readonly string[]): string | undefined =>
    findDeclared(patterns.map((pattern) => path.join(directory, pattern))).trouble?.replaceAll(
      directory,
      '…',
    );
  t.is(trouble('a.log'), undefined);
  t.is(trouble('b.log'), 'There is no …/b.log yet');
  t.is(trouble('a.log', 'b*', 'c*'), 'There is no …/b* yet (and 1 more like it)');
  t.is(trouble('none/x.log'), 'There is no …/none/x.log yet');
  execFileSync('mkfifo', [path.join(directory, 'pipe')]);
  t.is(trouble('pipe'), 'Cannot show …/pipe: it is no plain file');
  mkdirSync(path.join(directory, 'directory.log'));
  t.is(trouble('*.log'), 'Cannot show …/directory.log: it is no plain file');
  symlinkSync('loop', path.join(directory, 'loop'));
  t.regex(trouble('loop') ?? '', /^Cannot read …\/loop: /);
  writeFileSync(path.join(directory, 'old.xz'), '');
  t.is(trouble('old.xz'), 'Cannot show …/old.xz: it is compressed, but not by gzip');
});

test('readDeclared() reads compressed files, and says what is damaged', (t) => {
  const directory = directoryWith(t, 'a.log');
  const file = path.join(directory, 'b.log.1.gz');
  writeFileSync(file, gzipSync('one\ntwo\n'));
  utimesSync(file, 1, 1);
  t.deepEqual(readDeclared(file, () => false).lines, ['one', 'two']);
  t.like(
    readDeclared(path.join(directory, 'a.log'), () => false),
    {lines: ['a.log'], end: 6},
  );
  renameSync(path.join(directory, 'a.log'), file);
  t.throws(() => readDeclared(file, () => false), {message: /: it is damaged, or no gzip file$/});
});
