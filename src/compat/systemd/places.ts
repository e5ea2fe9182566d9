import path from 'node:path';

/** Where the host's directories of a service are, and the key and variable that stand for each (systemd.exec(5)). */
const ROOTS = [
  {key: 'RuntimeDirectory', variable: 'RUNTIME_DIRECTORY', root: '/run', ours: 'run'},
  {key: 'StateDirectory', variable: 'STATE_DIRECTORY', root: '/var/lib', ours: 'lib'},
  {key: 'CacheDirectory', variable: 'CACHE_DIRECTORY', root: '/var/cache', ours: 'cache'},
  {key: 'LogsDirectory', variable: 'LOGS_DIRECTORY', root: '/var/log', ours: 'log'},
] as const;

export const DIRECTORY_KEYS = ROOTS.map(({key}) => key);

/** A directory of the host, and the user's own one in its place. Both absolute. */
export interface Place {
  readonly theirs: string;
  readonly ours: string;
}

/** What `RuntimeDirectory=gunicorn gunicorn/cache` stands for. @param base - Of one unit, absolute. */
export function placesOf(
  key: string,
  value: string,
  base: string,
): {readonly variable: string; readonly places: readonly Place[]} | undefined {
  const kind = ROOTS.find((each) => each.key === key);
  if (kind === undefined) return undefined;
  const names = value.split(/\s+/).map((name) => name.split(':', 1)[0] as string);
  const places = names.map((name) => ({
    theirs: path.join(kind.root, name),
    ours: path.join(base, kind.ours, path.join('/', name)),
  }));
  return {variable: kind.variable, places};
}

/** The same of a path that tmpfiles.d would make; `undefined`: none of these places. */
export function placeOf(said: string, base: string): Place | undefined {
  const theirs = path.normalize(said.replace(/^\/var\/run\//, '/run/')).replace(/(?<=.)\/$/, '');
  const kind = ROOTS.find(({root}) => theirs.startsWith(`${root}/`));
  if (kind === undefined) return undefined;
  return {theirs, ours: path.join(base, kind.ours, theirs.slice(kind.root.length))};
}

/** A text that names their directories, with ours instead. */
export function moved(text: string, places: readonly Place[]): string {
  const longestFirst = places.toSorted((a, b) => b.theirs.length - a.theirs.length);
  return longestFirst.reduce((done, {theirs, ours}) => {
    const pattern = theirs
      .replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
      .replace(/^\/run\//, '(?:/var)?/run/');
    return done.replaceAll(new RegExp(String.raw`(?<![\w./-])${pattern}(?![\w.-])`, 'g'), () => ours);
  }, text);
}
