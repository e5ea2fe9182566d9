/** A command line of `Exec...=`. */
export type CommandLine =
  | {
      readonly ok: true;
      /** Which of `-@:+!` stood before it. */
      readonly prefixes: string;
      /** Quotes and escapes are resolved; specifiers and variables stand as written. */
      readonly words: readonly string[];
    }
  | {readonly ok: false; readonly problem: string};

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  s: ' ',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** Split as systemd.service(5), "Command lines", and systemd.syntax(7), "Quoting", have it; with `@` the second word is left out. */
export function splitCommand(text: string): CommandLine {
  const prefixes = /^[-@:+!]*/.exec(text)?.[0] ?? '';
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  const step = /\\(x[0-9a-fA-F]{2}|[0-7]{3}|u[0-9a-fA-F]{4}|[^])|[^]/gy;
  for (const [all, escaped] of text.slice(prefixes.length).trim().matchAll(step)) {
    if (escaped !== undefined) {
      const character = unescaped(escaped);
      if (character === undefined) return {ok: false, problem: `\\${escaped} is no escape`};
      word = (word ?? '') + character;
    } else if (quote === undefined && /\s/.test(all)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else if (all === quote) quote = undefined;
    else if (quote === undefined && (all === '"' || all === "'")) {
      quote = all;
      word ??= '';
    } else if (all === '\\') return {ok: false, problem: 'a backslash at the end quotes nothing'};
    else word = (word ?? '') + all;
  }
  if (quote !== undefined) return {ok: false, problem: `the ${quote} is not closed`};
  if (word !== undefined) words.push(word);
  if (words.includes(';')) return {ok: false, problem: 'it holds several commands'};
  if (words.length === 0) return {ok: false, problem: 'it is empty'};
  return {ok: true, prefixes, words: prefixes.includes('@') ? words.toSpliced(1, 1) : words};
}

function unescaped(code: string): string | undefined {
  if (/^[xu]./.test(code)) return String.fromCodePoint(Number.parseInt(code.slice(1), 16));
  if (/^[0-7]{3}$/.test(code)) return String.fromCodePoint(Number.parseInt(code, 8));
  return ESCAPES[code];
}

/**
 * Put the values of variables in: `${NAME}` anywhere, `$NAME` as a word of its own, which may become several or none; `$$` is a `$`.
 *
 * What is not known yet is left to a shell at the start, so that the value of an env file is that of the moment.
 */
export function putIn(words: readonly string[], values: ReadonlyMap<string, string>): readonly string[] {
  const [program = '', ...rest] = words;
  const all = [...rest.join(' ').matchAll(REFERENCES)].map(([, braced, plain]) => braced ?? plain);
  const unknown = all.some((name) => name !== undefined && !values.has(name));
  if (!unknown) {
    return [
      program,
      ...rest.flatMap((word) => {
        const alone = /^\$([A-Za-z_]\w*)$/.exec(word)?.[1];
        if (alone !== undefined) return (values.get(alone) ?? '').split(/\s+/).filter((part) => part !== '');
        return word.replace(/\$\$|\$\{([A-Za-z_]\w*)\}/g, (_, name?: string) =>
          name === undefined ? '$' : (values.get(name) ?? ''),
        );
      }),
    ];
  }
  const line = [program, ...rest].map((word, index) => (index === 0 ? quoted(word) : forShell(word)));
  return ['sh', '-c', `exec ${line.join(' ')}`];
}

const REFERENCES = /\$\$|\$\{([A-Za-z_]\w*)\}|(?<=^|\s)\$([A-Za-z_]\w*)(?=\s|$)/g;

function forShell(word: string): string {
  if (/^\$[A-Za-z_]\w*$/.test(word)) return word;
  return word
    .split(/(\$\$|\$\{[A-Za-z_]\w*\})/)
    .filter((part) => part !== '')
    .map((part) => (part === '$$' ? "'$'" : part.startsWith('${') ? `"${part}"` : quoted(part)))
    .join('');
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
