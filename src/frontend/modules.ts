import {readdirSync, readFileSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';

/** What in a snippet needs which module of Apache; in the order in which they are named to a reader. */
const NEEDS: readonly (readonly [RegExp, string])[] = [
  [/^\s*(?:RedirectMatch|Alias)\b/m, 'alias'],
  [/^\s*(?:FallbackResource|DirectoryIndex)\b/m, 'dir'],
  [/^\s*ProxyPass|^\s*RewriteRule.*\[[^\]]*\bP\b/m, 'proxy'],
  [/["|]http:\/\//, 'proxy_http'],
  [/["|]uwsgi:\/\//, 'proxy_uwsgi'],
  [/"ws:\/\//, 'proxy_wstunnel'],
  [/^\s*(?:RequestHeader|Header)\b/m, 'headers'],
  [/^\s*Rewrite(?:Engine|Cond|Rule)\b/m, 'rewrite'],
];

/** Names, without `mod_`, of the modules that lines for Apache need. Pure. */
export function modulesFor(snippet: string): readonly string[] {
  const lines = snippet.replaceAll(/^\s*#.*$/gm, '');
  return NEEDS.filter(([sign]) => sign.test(lines)).map(([, module]) => module);
}

/** Debian's links, one per module; Red Hat's files of `LoadModule` lines. */
const DEBIAN = '/etc/apache2/mods-enabled';
const RED_HAT = '/etc/httpd/conf.modules.d';

/**
 * Modules that the Apache of this host loads, as its files say; `undefined` where they cannot be read.
 *
 * `apachectl -M` would know as well, and fails for everybody but root where a key or log is root's.
 *
 * @param root - Where the file system begins; for tests.
 */
export function loadedModules(root = '/'): ReadonlySet<string> | undefined {
  const debian = namesIn(path.join(root, DEBIAN));
  if (debian !== undefined)
    return new Set(debian.filter((name) => name.endsWith('.load')).map((name) => name.slice(0, -5)));
  const folder = path.join(root, RED_HAT);
  const files = namesIn(folder)?.filter((name) => name.endsWith('.conf'));
  if (files === undefined) return undefined;
  const lines = files.map((name) => textOf(path.join(folder, name))).join('\n');
  return new Set([...lines.matchAll(/^\s*LoadModule\s+(\w+)_module\s/gim)].map(([, name = '']) => name));
}

function namesIn(directory: string): readonly string[] | undefined {
  return quietly(() => readdirSync(directory));
}

function textOf(file: string): string {
  return quietly(() => readFileSync(file, 'utf8')) ?? '';
}

/** What is not there, or not for us to see, is not known. */
function quietly<Value>(look: () => Value): Value | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
