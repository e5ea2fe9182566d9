import type {StaticSpec} from '../core/spec.ts';
import type {SnippetValues} from './snippet.ts';

/**
 * A directory that Apache serves by itself: `Alias`, with a slash on both sides, and the right to read it.
 *
 * Links count only while their owner is that of the file: the web server may read what others of the host may not.
 */
export function fileLines(
  {path, fallback}: SnippetValues,
  {path: below, directory}: StaticSpec,
): readonly string[] {
  const isWhole = below === path;
  return [
    `Alias "${below}" "${directory}/"`,
    `<Directory "${directory}/">`,
    '    Require all granted',
    '    Options SymLinksIfOwnerMatch',
    '    AllowOverride None',
    ...(isWhole ? ['    DirectoryIndex index.html'] : []),
    ...(fallback === undefined ? [] : [`    FallbackResource ${isWhole ? fallback : 'disabled'}`]),
    '</Directory>',
  ];
}

/**
 * The rule of links for all of the way from the home: a directory of static files could itself become a link, to what the
 * web server alone may read.
 */
export function homeLines({statics, home}: SnippetValues): readonly string[] {
  if (home === undefined || !statics.some(({directory}) => directory.startsWith(`${home}/`))) return [];
  return [`<Directory "${home}/">`, '    Options SymLinksIfOwnerMatch', '</Directory>'];
}

/** A later `<Location>` is stronger; before that of the app it would have no effect. */
export function keptFromApp({path}: SnippetValues, {path: below}: StaticSpec): readonly string[] {
  return below === path ? [] : [`<Location "${below}">`, '    ProxyPass "!"', '</Location>'];
}
