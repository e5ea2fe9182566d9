import path from 'node:path';

import {entries} from './look.ts';

/**
 * The version of a package by the name of its metadata directory (`gunicorn-23.0.0.dist-info`, Debian's
 * `gunicorn-20.1.0.egg-info`), so that Python need not be started to know it. `undefined`: not there.
 */
export function installedVersion(
  {sites}: {readonly sites: readonly string[]},
  name: string,
): string | undefined {
  const pattern = new RegExp(`^${name}-(\\d[^-]*?)(?:-py[\\d.]+)?\\.(?:dist|egg)-info$`, 'i');
  for (const site of sites) {
    for (const entry of entries(site)) {
      const version = pattern.exec(entry)?.[1];
      if (version !== undefined) return version;
    }
  }
  return undefined;
}

/** Where an interpreter looks for packages, in its order. `config` is the pyvenv.cfg of a venv. */
export function siteDirectories(
  prefix: string,
  config: ReadonlyMap<string, string> | undefined,
  home: string,
): readonly string[] {
  const own = builtFor(prefix).flatMap((version) =>
    ['lib', 'lib64'].map((lib) => path.join(prefix, lib, `python${version}`, 'site-packages')),
  );
  if (config === undefined) return [...userSites(prefix, home), ...debianSites(prefix), ...own];
  if (config.get('include-system-site-packages') !== 'true') return own;
  const base = path.dirname(config.get('home') ?? '/usr/bin');
  return [...own, ...siteDirectories(base, undefined, home)];
}

/** `pip install --user`. */
function userSites(prefix: string, home: string): readonly string[] {
  return builtFor(prefix).map((version) =>
    path.join(home, '.local/lib', `python${version}`, 'site-packages'),
  );
}

function debianSites(prefix: string): readonly string[] {
  if (prefix !== '/usr') return [];
  const local = builtFor('/usr').map((version) => `/usr/local/lib/python${version}/dist-packages`);
  return [...local, '/usr/lib/python3/dist-packages'];
}

/** The Python versions that a prefix has packages for: `['3.11']`, from `lib/python3.11`. */
export function builtFor(prefix: string): readonly string[] {
  return entries(path.join(prefix, 'lib')).flatMap((name) => /^python(3\.\d+)$/.exec(name)?.[1] ?? []);
}
