import {locate} from '../config/places.ts';
import type {Path, Spans} from '../config/places.ts';
import {readToml} from '../config/toml.ts';
import {MASK, mask} from '../launch/mask.ts';
import {looksSecret} from '../launch/secrets.ts';

/**
 * A config file for other eyes: every value of an `env` table, and of each key that sounds secret, is `"***"`; comments and
 * order stay. Of a text that is no TOML, only headers and the names of keys are left. Pure.
 */
export function redactToml(text: string): string {
  if (!readToml(text).ok) return redactBroken(text);
  const spans = [...locate(text)]
    .filter(([name, span]) => isSecretPath(JSON.parse(name) as Path) && !isHeader(span))
    .map(([, {value}]) => value)
    .toSorted((a, b) => a.start - b.start);
  let result = '';
  let done = 0;
  for (const {start, end} of spans) {
    // An inline table was masked with all that is in it.
    if (start < done) continue;
    result += `${text.slice(done, start)}"${MASK}"`;
    done = end;
  }
  return scrub(result + text.slice(done), []);
}

/** Config keys whose value may hold a secret, whatever they are called (`secret` in the schema). */
const SECRET_KEYS: ReadonlySet<string | number> = new Set(['webhook', 'smtp']);

function isSecretPath(path: Path): boolean {
  const env = path.indexOf('env');
  const key = path.at(-1) ?? '';
  return (env !== -1 && path.length > env + 1) || SECRET_KEYS.has(key) || looksSecret(String(key));
}

/** The value of a `[table]` is its header, which begins before its key. */
function isHeader({key, value}: Spans): boolean {
  return value.start < key.start;
}

/** What follows an `=` may be a value, and so may any line below it. */
function redactBroken(text: string): string {
  return text
    .split('\n')
    .map((line) => {
      if (/^\s*(\[+[\w."'-]+\]+)?\s*$/.test(line)) return line;
      const key = /^\s*[\w."'-]+\s*=/.exec(line)?.[0];
      return key === undefined ? MASK : `${key} ${MASK}`;
    })
    .join('\n');
}

/** A value in quotes, in quotes of a text within a text, or up to a blank or sign. */
const VALUE = String.raw`"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|\\"[^"\n]*?\\"|[^\s"',;&)\]}\\]+`;
/** Names have an end: so long a text of letters is looked at once only. */
const NAMED = [
  /(?<!\w)([A-Za-z_][\w.-]{0,80})\\?["']?\s{0,8}[=:]\s{0,8}/g,
  // An option of a command line, or two words of a list.
  /(?<![\w-])(--?[A-Za-z][\w-]{0,80})(?:\s{1,8}|["']\s{0,8},\s{0,8}(?=["']))/g,
];

/** What gives itself away by its form, wherever it stands. */
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*(?:KEY|CERTIFICATE)[A-Z ]*-----[^]*?(?:-----END [A-Z ]*-----|$)/g, MASK],
  [/(:\/\/[^\s/:@]*:)[^\s/@]+@/g, `$1${MASK}@`],
  [/\b(Bearer|Basic|Digest|Negotiate)\s+[\w.~+/=-]{6,}/gi, `$1 ${MASK}`],
  [/\b((?:Set-)?Cookie\\?["']?\s*[:=]\s*)[^\n"]+/gi, `$1${MASK}`],
  [/\beyJ[\w-]{6,}\.[\w-]+\.[\w-]*/g, MASK],
  [
    /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_\w{20,}|\bgithub_pat_\w{20,}|\bglpat-[\w-]{16,}|\bxox[abprs]-[\w-]{10,}|\bsk[-_][\w-]{16,}/g,
    MASK,
  ],
];

/**
 * A text without secrets: those that are known, and what looks like one by the name in front of it or by its form. Pure.
 *
 * @param secrets - As of `secretTexts()`.
 */
export function scrub(text: string, secrets: readonly string[]): string {
  const known = mask(text, secrets);
  const formed = FORMS.reduce((rest, [form, instead]) => rest.replace(form, instead), known);
  return NAMED.reduce(maskNamed, formed);
}

/** What stands behind a name that is a secret's. Behind any other it is looked into: `"message":"password=..."`. */
function maskNamed(text: string, names: RegExp): string {
  const name = new RegExp(names);
  let result = '';
  let done = 0;
  for (let found = name.exec(text); found !== null; found = name.exec(text)) {
    if (!looksSecret((found[1] ?? '').replaceAll('-', '_'))) continue;
    const value = new RegExp(VALUE, 'y');
    value.lastIndex = name.lastIndex;
    const secret = value.exec(text)?.[0];
    if (secret === undefined || isHarmless(secret)) continue;
    const quote = /^\\?["']/.exec(secret)?.[0] ?? '';
    result += `${text.slice(done, name.lastIndex)}${quote}${MASK}${quote}`;
    done = name.lastIndex = value.lastIndex;
  }
  return result + text.slice(done);
}

/** Masked already; or JSON of ours, which says `"token": null`. */
function isHarmless(value: string): boolean {
  return /^(\\?["']?\*\*\*|(null|true|false|undefined|None|\{|\[)$)/.test(value);
}
