import test from 'ava';
import {build} from 'esbuild';

import {COMMANDS} from '../../src/cli/table.ts';
import {homeWith} from '../helpers/cli.ts';

test('«appsup help» names every verb', async (t) => {
  const home = await homeWith(t);
  const {stdout, code} = await home.appsup('help');
  t.is(code, 0);
  for (const verb of Object.keys(COMMANDS)) t.regex(stdout, new RegExp(`^  ${verb} `, 'm'));
});

for (const verb of Object.keys(COMMANDS).filter((each) => each !== 'help')) {
  test(`«appsup ${verb} --help» has a summary and an example`, async (t) => {
    const home = await homeWith(t);
    const {stdout, code} = await home.appsup(verb, '--help');
    t.is(code, 0);
    t.regex(stdout, new RegExp(`^appsup ${verb}`));
    t.regex(stdout, new RegExp(`^Examples?\\n  appsup ${verb}`, 'm'));
    const help = await home.appsup('help', verb);
    t.true(help.stdout.startsWith(stdout));
  });
}

test('«appsup help exit-codes» has all of them', async (t) => {
  const {stdout} = await (await homeWith(t)).appsup('help', 'exit-codes');
  t.deepEqual(stdout.match(/^ {2}\d+/gm)?.map(Number), [0, 1, 2, 3, 4, 7, 124]);
});

test('«appsup help strat» guesses', async (t) => {
  const {stderr, code} = await (await homeWith(t)).appsup('help', 'strat');
  t.is(code, 2);
  t.regex(stderr, /did you mean "appsup help start"\?/);
});

test('help, explanations and topics load no library, neither the schema nor a parser of files', async (t) => {
  const {metafile} = await build({
    entryPoints: ['src/cli/command-line.ts', 'src/cli/reference.ts'],
    outdir: 'unused',
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    define: {'import.meta.dirname': '__dirname'},
  });
  t.deepEqual(
    Object.keys(metafile.inputs).filter(
      (file) => !/^src\/(cli|control|core|system|config\/duration|doctor\/finding|errors|version)/.test(file),
    ),
    [],
  );
});

test('what every command loads has no library and no slow part of Node in it', async (t) => {
  const {metafile} = await build({
    entryPoints: ['src/cli/main.ts'],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    define: {'import.meta.dirname': '__dirname'},
    plugins: [
      {
        name: 'cold',
        setup: (bundler) =>
          bundler.onResolve({filter: /\/(cold|command-line|top)\.ts$/}, ({path}) => ({path, external: true})),
      },
    ],
  });
  t.deepEqual(
    Object.keys(metafile.inputs).filter(
      (file) => !/(^|\/)src\/(cli|control|core|system|config\/duration|errors|version)/.test(file),
    ),
    [],
  );
  const loaded = Object.values(metafile.outputs).flatMap(({imports}) => imports.map(({path}) => path));
  // node:crypto, node:child_process and node:http cost 2 to 8 ms each.
  t.deepEqual([...new Set(loaded)].filter((name) => !name.endsWith('.ts')).sort(), [
    'node:fs',
    'node:net',
    'node:os',
    'node:path',
  ]);
});
