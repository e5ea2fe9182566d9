import {readdirSync, readFileSync} from 'node:fs';

import test from 'ava';

import {parseCommandLine} from '../../src/cli/args.ts';
import {ERRORS} from '../../src/cli/explain/errors.ts';
import {ENTRIES, entriesFor} from '../../src/cli/explain/find.ts';
import {EXIT_CODES} from '../../src/cli/exit-codes.ts';
import {topicNamed} from '../../src/cli/topics/topics.ts';
import {homeWith} from '../helpers/cli.ts';

const SOURCES = readdirSync('src', {recursive: true, encoding: 'utf8'})
  .filter((name) => name.endsWith('.ts') && !name.startsWith('cli/explain/'))
  .map((name) => ({name, text: readFileSync(`src/${name}`, 'utf8')}));

const textOf = (name: string): string => SOURCES.find((source) => source.name === name)?.text ?? '';

/** The names of a union of literals, as it stands in a source file. */
function union(file: string, type: string): readonly string[] {
  const code = textOf(file).replaceAll(/\/\/.*/g, '');
  const [, body = ''] = new RegExp(`export type ${type} =([^;]*);`).exec(code) ?? [];
  return [...body.matchAll(/'([\w-]+)'/g)].map(([, name = '']) => name).toSorted();
}

function names(kind: string): readonly string[] {
  return ENTRIES.filter((entry) => entry.kind === kind)
    .map(({name}) => name)
    .toSorted();
}

test('every error code of the sources is explained, and no other', (t) => {
  t.deepEqual(names('error'), union('errors.ts', 'ErrorCode'));
  t.true(names('error').length > 30);
});

test('every state and every result of a run is explained, and no other', (t) => {
  t.deepEqual(names('state'), [...union('control/api.ts', 'StateName'), 'dormant'].toSorted());
  t.deepEqual(names('run'), union('control/api.ts', 'RunResult'));
});

test('every exit code of appsup is explained, and no other', (t) => {
  t.deepEqual(names('exit'), EXIT_CODES.map(([code]) => String(code)).toSorted());
});

test('no error is explained that nothing throws', (t) => {
  const others = SOURCES.filter(({name}) => name !== 'errors.ts').map(({text}) => text);
  t.deepEqual(
    Object.keys(ERRORS).filter((code) => !others.some((text) => text.includes(`'${code}'`))),
    [],
  );
});

test('every command that an explanation says to type is understood', (t) => {
  for (const {name, steps} of ENTRIES) {
    for (const [line] of steps.filter(([each]) => each.startsWith('appsup '))) {
      const words = line
        .replace(/\bVERB\b/, 'start')
        .split(' ')
        .slice(1);
      t.notThrows(() => parseCommandLine(words), `${name}: ${line}`);
      const [verb, word = '', ...more] = words;
      if (verb === 'explain') t.not(entriesFor([word, ...more].join(' ')).length, 0, `${name}: ${line}`);
      if (verb === 'help' && word !== '' && word !== 'exit-codes')
        t.not(topicNamed(word), undefined, `${name}: ${line}`);
    }
  }
});

test('entriesFor() understands numbers, signals and the words of the kernel', (t) => {
  const found = (text: string): readonly string[] =>
    entriesFor(text).map(({kind, name}) => `${kind} ${name}`);
  const rows: readonly (readonly [string, ...string[]])[] = [
    ['fatal', 'state fatal'],
    ['FATAL', 'state fatal'],
    ['running', 'state running', 'run running'],
    ['port-taken', 'error PORT_TAKEN'],
    ['PORT TAKEN', 'error PORT_TAKEN'],
    ['3', 'exit 3', 'program-exit 3'],
    ['exit 3', 'exit 3', 'program-exit 3'],
    ['exit code 127', 'program-exit 127'],
    ['42', 'program-exit 42'],
    ['137', 'signal SIGKILL'],
    ['signal 9', 'signal SIGKILL'],
    ['-9', 'signal SIGKILL'],
    ['SIGKILL', 'signal SIGKILL'],
    ['kill', 'signal SIGKILL'],
    ['killed by SIGKILL', 'signal SIGKILL'],
    ['oom', 'signal SIGKILL'],
    ['out  of memory', 'signal SIGKILL'],
    ['segfault', 'signal SIGSEGV'],
    ['signal 64'],
    ['300'],
    ['nonsense'],
  ];
  for (const [text, ...expected] of rows) t.deepEqual(found(text), expected, text);
});

test('«appsup explain NOT_READY» says what it means, its causes, and what to type', async (t) => {
  const home = await homeWith(t);
  const {stdout, code} = await home.appsup('explain', 'not_ready');
  t.is(code, 0);
  t.regex(stdout, /^NOT_READY: an error\n {2}It was started/);
  t.regex(stdout, /^Usual causes\n {2}- /m);
  t.regex(stdout, /^What to type\n {2}appsup logs APP --since 10m {2}/m);
  t.true(stdout.split('\n').every((line) => line.length <= 80));
  const [entry] = (await home.appsup('explain', 'not_ready', '--json')).json();
  t.like(entry, {kind: 'error', name: 'NOT_READY'});
});

test('«appsup explain» alone names everything', async (t) => {
  const {stdout} = await (await homeWith(t)).appsup('explain');
  const words = new Set(stdout.split(/\s+/));
  t.deepEqual(
    ENTRIES.filter(({name}) => !words.has(name)),
    [],
  );
});

test('«appsup explain fatla» guesses', async (t) => {
  const {stderr, code} = await (await homeWith(t)).appsup('explain', 'fatla');
  t.is(code, 2);
  t.regex(stderr, /did you mean "appsup explain fatal"\?/);
});
