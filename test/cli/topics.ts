import test from 'ava';

import {blocksOf, sectionOf} from '../../src/cli/topics/blocks.ts';
import {docs} from '../../src/cli/topics/docs.ts';
import {render} from '../../src/cli/topics/render.ts';
import {topicNamed, topicNames, topics} from '../../src/cli/topics/topics.ts';
import {wrap} from '../../src/cli/wrap.ts';
import {appSchema, globalSchema, siteSchema} from '../../src/config/schema.ts';
import {programSchema} from '../../src/config/schema-program.ts';
import {homeWith} from '../helpers/cli.ts';

test('every topic has a text, of at most 80 columns but for what is to be copied', (t) => {
  for (const name of topicNames()) {
    const blocks = topicNamed(name)?.blocks() ?? [];
    t.not(blocks.length, 0, name);
    const prose = render(
      blocks.filter(({type}) => type !== 'code'),
      80,
    );
    for (const line of prose.split('\n')) {
      // A word that is longer than a line cannot be helped.
      if (line.trim().includes(' ')) t.true(line.length <= 80, `${name}: ${line}`);
    }
  }
});

test('every document is a topic', (t) => {
  const known = topics().map(({blocks}) => JSON.stringify(blocks()[0]));
  for (const [file, text] of Object.entries(docs())) {
    // An index, and the text that topics are parts of.
    if (file.endsWith('README.md')) continue;
    t.true(known.includes(JSON.stringify(blocksOf(text)[0])), file);
  }
});

test('every key of every file is a topic', (t) => {
  const keys = [appSchema, globalSchema, siteSchema, programSchema].flatMap(({entries}) =>
    Object.keys(entries),
  );
  for (const key of keys) {
    const text = render(topicNamed(`config.${key}`)?.blocks() ?? [], 80);
    t.true(text.includes(key), key);
  }
  t.regex(
    render(topicNamed('config.programs.restart')?.blocks() ?? [], 80),
    /^\[programs.NAME\]\n\n {2}restart\n/,
  );
  t.is(topicNamed('config.nonsense'), undefined);
});

test('a topic’s name is one word that a shell leaves alone', (t) => {
  for (const name of topicNames()) t.regex(name, /^[a-z][\w.-]*$/);
});

test('«appsup help» lists every topic', async (t) => {
  const {stdout} = await (await homeWith(t)).appsup('help');
  for (const {name} of topics()) t.regex(stdout, new RegExp(`^  ${name} `, 'm'));
  t.true(stdout.split('\n').every((line) => line.length <= 80));
});

test('«appsup help ports» has the options of the verb and the text', async (t) => {
  const {stdout} = await (await homeWith(t)).appsup('help', 'ports');
  t.regex(stdout, /^appsup ports \[move APP\]$/m);
  t.regex(stdout, /^A port or a Unix socket$/m);
});

test('«appsup help idle_stop» explains a key, «appsup help fatal» a state', async (t) => {
  const home = await homeWith(t);
  t.regex((await home.appsup('help', 'idle_stop')).stdout, /Default: it runs on/);
  t.regex((await home.appsup('help', 'fatal')).stdout, /^fatal: a state of a program/);
});

for (const [typed, meant] of [
  ['securty', 'security'],
  ['envirnoment', 'environment'],
  ['config.stop_singal', 'config.stop_signal'],
  ['exit-code', 'exit-codes'],
] as const) {
  test(`«appsup help ${typed}» guesses`, async (t) => {
    const {stderr, code} = await (await homeWith(t)).appsup('help', typed);
    t.is(code, 2);
    t.true(stderr.includes(`did you mean "appsup help ${meant}"?`), stderr);
  });
}

test('topics have colours where they are wanted, and no escape sequence elsewhere', async (t) => {
  const home = await homeWith(t);
  const escape = '\u001b[';
  t.true((await home.with({FORCE_COLOR: '1'}, 'help', 'security')).stdout.includes(escape));
  t.false((await home.with({FORCE_COLOR: '1', NO_COLOR: '1'}, 'help', 'security')).stdout.includes(escape));
  t.false((await home.appsup('help', 'security')).stdout.includes(escape));
});

test('render() shows headings, lists, tables and code', (t) => {
  const markdown = [
    '# One `two`',
    'See [this](other.md) and [that](https://example.org): **now**, `a b`.',
    '- first',
    '  goes on',
    '- second',
    '',
    '| a | b |',
    '| --- | --- |',
    '| `x` | y \\| z &lt;w> |',
    '```sh',
    'keep   this',
    '```',
    '## Last',
    '',
  ].join('\n');
  t.is(
    render(blocksOf(markdown), 40),
    [
      'One two',
      '',
      'See this and that (https://example.org):',
      'now, `a b`.',
      '',
      '  - first goes on',
      '  - second',
      '',
      '  x  y | z <w>',
      '',
      '    keep   this',
      '',
      'Last',
    ].join('\n'),
  );
});

test('sectionOf() ends at the next heading of its level', (t) => {
  const blocks = blocksOf('# A\n## B\ntext\n### C\nmore\n## D\n');
  t.is(sectionOf(blocks, 'B')?.length, 4);
  t.is(sectionOf(blocks, 'E'), undefined);
});

test('wrap() breaks at blanks, and leaves a long word alone', (t) => {
  t.deepEqual(wrap('aa bb cc', 7, '- '), ['- aa bb', '  cc']);
  t.deepEqual(wrap('short averyverylongword x', 8), ['short', 'averyverylongword', 'x']);
  t.deepEqual(wrap('', 8, '  '), ['']);
});
