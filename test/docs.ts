import {existsSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';

import test from 'ava';

import {readApp} from '../src/config/app.ts';
import {readGlobal, readSite} from '../src/config/settings.ts';
import {parseCommandLine} from '../src/cli/args.ts';
import {isVerb} from '../src/cli/table.ts';
import {configReference} from './helpers/config-reference.ts';
import {manPages} from './helpers/man-pages.ts';
import {blocksIn, commandsIn} from './helpers/markdown.ts';

const TEXTS = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  ...readdirSync('docs', {recursive: true, encoding: 'utf8'})
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync('examples')
    .map((name) => `examples/${name}/README.md`)
    .filter((file) => existsSync(file)),
];

const read = (file: string): string => readFileSync(file, 'utf8');

for (const [file, make] of [
  ['docs/config.md', configReference],
  ...Object.entries(manPages()).map(([name, text]) => [name, () => text] as const),
] as const) {
  test(`${file} says what the code says (UPDATE_DOCS=1 writes it anew)`, (t) => {
    const text = make();
    if (process.env['UPDATE_DOCS']) writeFileSync(file, text);
    t.is(read(file), text);
  });
}

for (const file of TEXTS) {
  test(`every "appsup ..." in ${file} is a command line that appsup understands`, (t) => {
    for (const {line, words} of commandsIn(read(file))) {
      t.notThrows(() => understand(words), `${file}:${line}: appsup ${words.join(' ')}`);
    }
    t.pass();
  });

  test(`every TOML block in ${file} is accepted`, (t) => {
    for (const {line, language, text} of blocksIn(read(file))) {
      if (language === 'toml') t.deepEqual(findingsIn(text), [], `${file}:${line}`);
    }
    t.pass();
  });

  test(`every link in ${file} leads to something`, (t) => {
    const folder = new URL(file, `file://${process.cwd()}/`);
    for (const [, target = ''] of read(file).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      if (!/^[a-z]+:/.test(target)) t.true(existsSync(new URL(target, folder)), `${file}: ${target}`);
    }
    t.pass();
  });
}

test("the host's file in docs/administrators.md is examples/site.toml", (t) => {
  const shown = blocksIn(read('docs/administrators.md')).filter(({language}) => language === 'toml');
  t.deepEqual(
    shown.map(({text}) => text.trim()),
    [read('examples/site.toml').trim()],
  );
});

test('the sample of commands that the documents are searched for is found', (t) => {
  const text =
    'Use `appsup status`, then\n```console\n$ cd x && appsup restart a # note\n! appsup is no command\n```\n';
  t.deepEqual(
    commandsIn(text).map(({line, words}) => [line, ...words]),
    [
      [1, 'status'],
      [3, 'restart', 'a'],
    ],
  );
});

/** A sentence may name a verb alone: "`appsup add` writes it". */
function understand(words: readonly string[]): void {
  if (words.length !== 1 || !isVerb(words[0] ?? '')) parseCommandLine(words);
}

/** What is wrong with a text, read as the file that it is: which one can be told by its keys or by its first comment. */
function findingsIn(shown: string): readonly string[] {
  // What an app's code says of itself has no place yet: appsup add decides it.
  const text = shown.startsWith('# How this app is run') ? `directory = "~/app"\n${shown}` : shown;
  const found =
    /^# .*site\.toml/m.test(text) || /^base\s*=/m.test(text)
      ? readSite(text, '/etc/appsup/site.toml').diagnostics
      : /^\[programs\./m.test(text) || /^directory\s*=/m.test(text)
        ? readApp(text, {
            name: 'flasktasks',
            file: '/home/alice/.config/appsup/apps/flasktasks.toml',
            home: '/home/alice',
            user: 'alice',
            mountTemplate: '/{user}_{app}',
            mountRule: undefined,
            defaults: {},
          }).diagnostics
        : readGlobal(text, '/home/alice/.config/appsup/config.toml', '/home/alice').diagnostics;
  return found.map(({line, message}) => `${line}: ${message}`);
}
