import path from 'node:path';

import type {Importer} from '../imported.ts';

export type Resolved =
  | {readonly ok: true; readonly text: string}
  | {readonly ok: false; readonly problem: string};

/** `backup@db` of `backup@db.service`; `instance` is absent for what is no template, and empty for a template itself. */
export interface UnitName {
  /** With its suffix. */
  readonly full: string;
  /** Without suffix and instance. */
  readonly prefix: string;
  readonly instance?: string;
}

/** The parts of a file's name. */
export function unitName(file: string): UnitName {
  const full = path.basename(file);
  const stem = full.slice(0, full.length - path.extname(full).length);
  const at = stem.indexOf('@');
  return at < 0 ? {full, prefix: stem} : {full, prefix: stem.slice(0, at), instance: stem.slice(at + 1)};
}

/**
 * Put values in for `%h`, `%u`, `%i` and the like (systemd.unit(5), "Specifiers"); `%%` is one `%`.
 *
 * Directories are those of the system's manager (`%t` is `/run`); `%h` and `%u` are the importer's, because everything runs as he.
 */
export function resolve(text: string, name: UnitName, importer: Importer): Resolved {
  let problem: string | undefined;
  const values = valuesOf(name, importer);
  const done = text.replace(/%([^])?/g, (all, letter: string | undefined) => {
    if (letter === '%') return '%';
    const value = letter !== undefined && Object.hasOwn(values, letter) ? values[letter] : undefined;
    if (value !== undefined && value !== '') return value;
    problem ??=
      letter !== undefined && 'iIjJ'.includes(letter)
        ? name.instance === undefined
          ? `${all} is the name behind the @, and ${name.full} has none`
          : `this is a template: copy it to a file whose name says the instance, ${name.prefix}@NAME.service`
        : letter === undefined
          ? 'a lone % has to be written %%'
          : `${all} is not known here`;
    return all;
  });
  return problem === undefined ? {ok: true, text: done} : {ok: false, problem};
}

function valuesOf(
  {full, prefix, instance}: UnitName,
  {username, uid, home, hostname}: Importer,
): Readonly<Record<string, string | undefined>> {
  const bare = instance === undefined ? prefix : `${prefix}@${instance}`;
  return {
    h: home,
    u: username,
    U: String(uid),
    H: hostname,
    l: hostname.split('.', 1)[0],
    n: full,
    N: bare,
    p: prefix,
    P: unescape(prefix),
    i: instance,
    I: instance === undefined ? undefined : unescape(instance),
    j: prefix.split('-').at(-1),
    J: unescape(prefix.split('-').at(-1) ?? ''),
    t: '/run',
    S: '/var/lib',
    C: '/var/cache',
    L: '/var/log',
    E: '/etc',
    T: '/tmp',
    V: '/var/tmp',
  };
}

/** `-` is `/`, and `\x2d` a `-` (systemd-escape(1)). */
function unescape(text: string): string {
  return text
    .replaceAll('-', '/')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)));
}
