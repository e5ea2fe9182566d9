// Bundles src/ into dist/*.cjs. CommonJS and few files, because the time of `appsup status` is the time of loading it.
import {copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync} from 'node:fs';
import path from 'node:path';

import {build} from 'esbuild';

process.chdir(path.dirname(import.meta.dirname));

/** Programs: bin/ requires the first two, the supervisor starts the third. */
const programs = {
  'src/cli/main.ts': 'appsup',
  'src/daemon/main.ts': 'appsupd',
  'src/gateway/main.ts': 'gateway',
};

/**
 * Parts that few commands need: each is a file of its own, read when its `import()` runs. Unused code in the
 * main file costs about 2 ms per 100 KB at every start. A module that two files need exists twice: know errors
 * by name (`isAppsupError`), not with `instanceof`, and keep no state in shared modules.
 */
const chunks = {
  'src/cli/command-line.ts': 'command-line',
  'src/cli/cold.ts': 'cold',
  'src/cli/reference.ts': 'reference',
  'src/notify/smtp.ts': 'smtp',
  // No import() of it: a process of its own, which cli/cold.ts names.
  'src/admin/reader.ts': 'request-reader',
  'src/schedule/cron.ts': 'cron',
  'src/cli/top.ts': 'top',
  'src/dashboard/terminal.ts': 'terminal',
};

/** Turns `import('./cold.ts')` into loading `./cold.cjs`, for every module of the table above. */
const lazyChunks = {
  name: 'lazy-chunks',
  setup({onResolve}) {
    onResolve({filter: /\.ts$/}, ({kind, path: request, resolveDir}) => {
      if (kind !== 'dynamic-import') return undefined;
      const name = chunks[path.relative('.', path.resolve(resolveDir, request))];
      return name === undefined ? undefined : {path: `./${name}.cjs`, external: true};
    });
  },
};

const sources = Object.entries({...programs, ...chunks}).filter(([source, name]) => {
  if (!existsSync(source)) console.log(`dist/${name}.cjs skipped: there is no ${source}`);
  return existsSync(source);
});

/** What `appsup help TOPIC` prints parts of. Only the chunk that uses it holds it. */
const texts = [
  'README.md',
  ...readdirSync('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];
const docs = Object.fromEntries(texts.map((file) => [file, readFileSync(file, 'utf8')]));

const {version} = JSON.parse(readFileSync('package.json', 'utf8'));
const {metafile} = await build({
  entryPoints: sources.map(([source, name]) => ({in: source, out: name})),
  outdir: 'dist',
  outExtension: {'.js': '.cjs'},
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'cjs',
  // Dead branches go; names and lines stay, so that a stack trace can be read without its map.
  minifySyntax: true,
  sourcemap: 'linked',
  metafile: true,
  define: {
    __VERSION__: JSON.stringify(version),
    __DOCS__: JSON.stringify(docs),
    'import.meta.dirname': '__dirname',
    'import.meta.filename': '__filename',
  },
  // `import()` becomes `require()`: the ESM loader costs 4 ms.
  supported: {'dynamic-import': false},
  // It finds its own parts and the terminal descriptions beside them by their paths.
  external: ['blessed'],
  // `import.meta.url` does not exist in CommonJS: better no bundle than one that fails at run time.
  logOverride: {'empty-import-meta': 'error'},
  plugins: [lazyChunks],
  logLevel: 'warning',
});

const written = new Set(Object.keys(metafile.outputs));
for (const file of [...written].filter((name) => name.endsWith('.cjs'))) {
  console.log(`${file} ${Math.ceil(metafile.outputs[file].bytes / 1024)} KB`);
}

// Helpers in other languages lie flat in dist/helpers: src/launch/fetch.py -> dist/helpers/fetch.py.
mkdirSync('dist/helpers', {recursive: true});
for (const file of filesIn('src').filter((name) => /\.(py|sh)$/.test(name))) {
  const target = `dist/helpers/${path.basename(file)}`;
  if (written.has(target)) throw new Error(`Two helpers are called ${path.basename(file)}`);
  copyFileSync(file, target);
  written.add(target);
}

// Last, so that dist/ is whole at every moment: what no longer has a source must not be published.
for (const file of filesIn('dist').filter((name) => !written.has(name))) rmSync(file);

function filesIn(folder) {
  const found = readdirSync(folder, {recursive: true, withFileTypes: true});
  return found.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}
