import {execFileSync} from 'node:child_process';
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {matcherOf} from '../../src/logs/declared.ts';
import {DirectoryReader} from '../../src/logs/directory-reader.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {following} from '../helpers/following.ts';
import {run} from '../helpers/run.ts';

/** A reader of `api.log*` in a directory of its own that reads when it is told to. */
function setup(t: ExecutionContext, pattern = 'api.log*') {
  const directory = temporaryDirectory(t);
  const lines: string[] = [];
  const file = (name = 'api.log'): string => path.join(directory, name);
  let reader: DirectoryReader | undefined;
  t.teardown(() => reader?.close());
  return {
    directory,
    file,
    lines,
    /** Behind what is there now. */
    begin: (...names: readonly string[]): void => {
      const seen = new Map(names.map((name) => [statSync(file(name)).ino, statSync(file(name)).size]));
      const onLines = (_name: string, fresh: readonly string[]): void => {
        for (const line of fresh) lines.push(line);
      };
      reader = new DirectoryReader({directory, matches: matcherOf([file(pattern)]), seen, onLines});
    },
    readAll: (): void => {
      while (reader?.read() === true) {
        // Until it says that there is nothing more.
      }
    },
  };
}

test('a declared log that is renamed and replaced is followed into the new one, each line once', (t) => {
  const {file, lines, begin, readAll} = setup(t);
  writeFileSync(file(), 'old\n');
  writeFileSync(file('api.log.1'), 'older\n');
  begin('api.log', 'api.log.1');
  appendFileSync(file(), 'a\nb');
  renameSync(file('api.log.1'), file('api.log.2'));
  renameSync(file(), file('api.log.1'));
  writeFileSync(file(), 'c\n');
  readAll();
  t.deepEqual(lines, ['a', 'b', 'c']);
  appendFileSync(file('api.log.1'), 'late\n');
  appendFileSync(file(), 'd\n');
  readAll();
  t.deepEqual(lines.slice(3), ['late', 'd']);
});

test('a declared log that is rotated twice between two looks loses nothing', (t) => {
  const {file, lines, begin, readAll} = setup(t);
  writeFileSync(file(), '');
  begin('api.log');
  for (const round of [1, 2, 3]) {
    appendFileSync(file(), `${round}\n`.repeat(200_000));
    for (const part of [2, 1])
      if (round > part) renameSync(file(`api.log.${part}`), file(`api.log.${part + 1}`));
    renameSync(file(), file('api.log.1'));
  }
  writeFileSync(file(), 'end\n');
  readAll();
  t.is(lines.length, 600_001);
  t.deepEqual([...new Set(lines)], ['1', '2', '3', 'end']);
  t.deepEqual([...lines.slice(0, -1)].sort(), lines.slice(0, -1));
});

test('a declared log that is renamed out of the pattern, or removed, is read to its end', (t) => {
  const {file, lines, begin, readAll} = setup(t, 'api.log');
  writeFileSync(file(), '');
  begin('api.log');
  appendFileSync(file(), 'a\n');
  renameSync(file(), file('kept'));
  appendFileSync(file('kept'), 'b\n');
  readAll();
  writeFileSync(file(), 'c\nno line feed');
  readAll();
  unlinkSync(file());
  readAll();
  t.deepEqual(lines, ['a', 'b', 'c', 'no line feed']);
});

for (const looks of ['before', 'after'] as const) {
  test(`a declared log that is copied and emptied is read once, with a look ${looks} it is emptied`, (t) => {
    const {file, lines, begin, readAll} = setup(t);
    writeFileSync(file(), `${'x'.repeat(300)}\n`);
    begin('api.log');
    appendFileSync(file(), 'a\n');
    readAll();
    appendFileSync(file(), 'b\nbeg');
    copyFileSync(file(), file('api.log.1'));
    if (looks === 'before') readAll();
    truncateSync(file());
    appendFileSync(file(), 'c\n');
    readAll();
    t.deepEqual(lines, ['a', 'b', 'beg', 'c']);
    renameSync(file('api.log.1'), file('api.log.2'));
    copyFileSync(file(), file('api.log.1'));
    truncateSync(file());
    appendFileSync(file(), 'd\n');
    readAll();
    t.deepEqual(lines.slice(4), ['d']);
  });
}

test('a declared log that begins like the one before it is no copy of that', (t) => {
  const {file, lines, begin, readAll} = setup(t);
  const banner = `${'-starting'.repeat(50)}\n`;
  writeFileSync(file(), '');
  begin('api.log');
  appendFileSync(file(), `${banner}one\n`);
  readAll();
  renameSync(file(), file('api.log.1'));
  writeFileSync(file(), `${banner}two\n`);
  readAll();
  t.deepEqual(lines, [banner.trim(), 'one', banner.trim(), 'two']);
});

test('a log that is being compressed is not read again', (t) => {
  const {file, lines, begin, readAll} = setup(t);
  writeFileSync(file(), 'a\n');
  begin('api.log');
  renameSync(file(), file('api.log.1'));
  execFileSync('gzip', [file('api.log.1')]);
  writeFileSync(file(), 'b\n');
  readAll();
  t.deepEqual(lines, ['b']);
});

test('declared logs whose directory is removed and made again are followed', async (t) => {
  const directory = path.join(temporaryDirectory(t), 'logs');
  const file = path.join(directory, 'api.log');
  mkdirSync(directory);
  const {lines, until} = following(t, (onLines) => {
    const matches = (name: string): boolean => name === 'api.log';
    return new DirectoryReader({
      directory,
      matches,
      seen: new Map(),
      onLines: (_name, fresh) => onLines(fresh),
    });
  });
  writeFileSync(file, 'a\n');
  await until(1);
  rmSync(directory, {recursive: true});
  mkdirSync(directory);
  writeFileSync(file, 'b\n');
  await until(2);
  t.deepEqual(lines, ['a', 'b']);
});

/** Python's own rotating handler, as most apps use it, as fast as it can. */
const ROTATING = `import logging, logging.handlers, sys
file, count = sys.argv[1], int(sys.argv[2])
handler = logging.handlers.RotatingFileHandler(file, maxBytes=400000, backupCount=50)
logger = logging.getLogger("x")
logger.addHandler(handler)
logger.setLevel("INFO")
for number in range(count):
    logger.info("line %d", number)
`;

test('logs -f shows each of 200,000 numbered lines of a RotatingFileHandler once', async (t) => {
  const directory = temporaryDirectory(t);
  const file = path.join(directory, 'api.log');
  const {lines, until} = following(t, (onLines) => {
    const matches = matcherOf([`${file}*`]);
    return new DirectoryReader({
      directory,
      matches,
      seen: new Map(),
      onLines: (_name, fresh) => onLines(fresh),
    });
  });
  const count = 200_000;
  await run('/usr/bin/python3', ['-c', ROTATING, file, String(count)]);
  await until(count);
  t.is(lines.length, count);
  t.is(
    lines.findIndex((line, at) => line !== `line ${at}`),
    -1,
  );
});
