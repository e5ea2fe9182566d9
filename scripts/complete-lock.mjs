// After a change of dependencies: `node scripts/complete-lock.mjs`.
// Some tools come as one optional package per platform. A registry mirror that carries only a few of them makes npm
// leave the rest out of the lockfile, and `npm ci` then refuses the lockfile, everywhere. This puts them back: their
// names and versions stand in the tool's own entry, their platform is in the name (`binding-linux-x64-musl`).
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

process.chdir(path.dirname(import.meta.dirname));

const platform = /(?<os>android|darwin|freebsd|linux|openharmony|win32)-(?<cpu>[a-z0-9]+)(-(?<abi>[a-z]+))?$/;

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'));
const added = {};
for (const {optionalDependencies = {}, dev} of Object.values(lock.packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const {os, cpu, abi} = platform.exec(name)?.groups ?? {};
    if (os === undefined || lock.packages[`node_modules/${name}`] !== undefined) continue;
    const libc = {gnu: ['glibc'], musl: ['musl']}[abi];
    added[`node_modules/${name}`] = {
      version,
      cpu: [cpu],
      ...(dev && {dev}),
      ...(os === 'linux' && libc && {libc}),
      optional: true,
      os: [os],
    };
  }
}

// In npm's own order, so that npm finds nothing to rewrite.
const entries = Object.entries({...lock.packages, ...added});
entries.sort(([a], [b]) => a.localeCompare(b, 'en'));
writeFileSync(
  'package-lock.json',
  `${JSON.stringify({...lock, packages: Object.fromEntries(entries)}, undefined, 2)}\n`,
);
console.log(`${Object.keys(added).length} platform packages added to package-lock.json`);
