/** True for a variable whose value nobody should see: `DB_PASSWORD`, `SECRET_KEY`, `GITHUB_TOKEN`, `SENTRY_DSN`. */
export function looksSecret(name: string): boolean {
  return /pass(word|wd|phrase)?|secret|token|credential|private|(^|_)(api_?)?(keys?|pwd|pw|auth|dsn|salt|pin)(_|$)/i.test(
    name,
  );
}

/** True for a value that carries a password in a URL: `postgres://tasks:pa55@db/tasks`. */
export function carriesPassword(value: string): boolean {
  return URL_PASSWORD.test(value);
}

const URL_PASSWORD = /:\/\/[^\s/:@]*:([^\s/@]+)@/;
/** A shorter text would be found everywhere, and say nothing. */
const LEAST = 6;
/** Of a variable that calls itself secret, also shorter ones. */
const LEAST_NAMED = 4;
/** Values of env files that are no secrets, and that logs should go on showing. */
const PLAIN = new Set([
  'production',
  'development',
  'staging',
  'testing',
  'localhost',
  '127.0.0.1',
  '0.0.0.0',
  'disabled',
  'enabled',
]);

/** Files of an app's directory that often hold secrets, although nobody has named them. */
export const SECRET_FILES: readonly string[] = [
  '.env',
  'secrets.json',
  'config/secrets.json',
  'config.py',
  'instance/config.py',
  'settings.py',
];

/** A variable, and whether it came from an env file. */
export interface Variable {
  readonly name: string;
  readonly value: string;
  readonly fromFile: boolean;
}

/**
 * The texts to mask in what an app prints: secret values, their lines, the password in a URL, and the forms that
 * they take in URLs and JSON. The longest first.
 *
 * @param known - Values that everybody may see (the directory, the mount): not masked, even if an env file repeats them.
 */
export function secretTexts(variables: readonly Variable[], known: readonly string[]): readonly string[] {
  const texts = new Set<string>();
  for (const {name, value, fromFile} of variables) {
    const named = looksSecret(name);
    if (!named && (known.includes(value) || PLAIN.has(value))) continue;
    const password = URL_PASSWORD.exec(value)?.[1];
    if (password !== undefined) forms(password, LEAST_NAMED).forEach((text) => texts.add(text));
    if (named || fromFile) forms(value, named ? LEAST_NAMED : LEAST).forEach((text) => texts.add(text));
    else if (password !== undefined) texts.add(value);
  }
  return [...texts].toSorted((a, b) => b.length - a.length);
}

/** Names that appsup, the shell or the interpreter set: their values are no secrets. */
const OURS =
  /^(APPSUP_\w+|LISTEN_\w+|GUNICORN_\w+|HOME|USER|LOGNAME|SHELL|LANG|PATH|PWD|OLDPWD|SHLVL|_|PYTHON\w*|HOST|PORT|SCRIPT_NAME|VIRTUAL_ENV|CONDA_\w+)$/;

/**
 * The texts to mask of a process of which only its environment is known, because an earlier supervisor started it.
 *
 * What came from an env file cannot be told from the other settings there, so each counts as if it did.
 */
export function secretsIn(env: Readonly<Record<string, string>>): readonly string[] {
  const variables = Object.entries(env).map(([name, value]) => ({name, value, fromFile: true}));
  const known = variables.filter(({name}) => OURS.test(name)).map(({value}) => value);
  return secretTexts(
    variables.filter(({name}) => !OURS.test(name)),
    known,
  );
}

function forms(value: string, least: number): readonly string[] {
  // A log shows a key file line by line.
  const parts = [value, ...value.split(/\r?\n/).map((line) => line.trim())].filter(
    (part) => part.length >= least,
  );
  return parts.flatMap((part) => [part, escaped(part), encodeURIComponent(part), decoded(part)]);
}

function escaped(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** A password in a URL is written encoded, and used decoded. */
function decoded(text: string): string {
  return /%[0-9a-f]{2}/i.test(text)
    ? text.replace(/(%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString())
    : text;
}
