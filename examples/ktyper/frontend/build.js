// Joins src into dist/main.js, as a bundler would.
import {chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync} from 'node:fs';

const parts = readdirSync('src')
  .toSorted()
  .map((name) => readFileSync(`src/${name}`, 'utf8'));
mkdirSync('dist', {recursive: true});
writeFileSync('dist/main.js', `(() => {\n${parts.join('')}})();\n`);
// The web server, which is another account, reads them.
chmodSync('dist', 0o755);
chmodSync('dist/main.js', 0o644);
