/** The words of a command line, or what is wrong with it and where (index into the text, in UTF-16 units). */
export type Words =
  | {readonly ok: true; readonly words: readonly string[]; readonly bare: readonly string[]}
  | {readonly ok: false; readonly problem: string; readonly index: number};

/**
 * Split a command as a POSIX shell does, and do nothing else that a shell does: quotes and backslashes only,
 * no variables, no patterns, no pipes.
 *
 * `bare` holds the words that were written without any quoting, so that a caller can point at a `|` that will not be a pipe.
 * Source of the rules: POSIX.1-2017, Shell Command Language, 2.2 Quoting.
 */
export function splitWords(text: string): Words {
  const words: string[] = [];
  const bare: string[] = [];
  const step = /\s+|'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\(\n|[^])|[^\s'"\\]+|[^]/y;
  let word: string | undefined;
  let quoted = false;
  for (let match = step.exec(text); match !== null; match = step.exec(text)) {
    const [all, single, double, escaped] = match;
    if (/^\s/.test(all)) {
      end();
      continue;
    }
    if (all === "'" || all === '"')
      return {ok: false, problem: `the ${all} is not closed`, index: match.index};
    if (all === '\\')
      return {ok: false, problem: 'a backslash at the end quotes nothing', index: match.index};
    quoted ||= single !== undefined || double !== undefined || escaped !== undefined;
    word = (word ?? '') + (single ?? unescape(double) ?? (escaped === '\n' ? '' : escaped) ?? all);
  }
  end();
  return {ok: true, words, bare};

  function end(): void {
    if (word !== undefined) words.push(word);
    if (word !== undefined && !quoted) bare.push(word);
    word = undefined;
    quoted = false;
  }
}

/** Inside double quotes a backslash quotes only `$`, `` ` ``, `"`, itself and a line end. */
function unescape(text: string | undefined): string | undefined {
  return text?.replace(/\\(\n|[$`"\\])/g, (_, character: string) => (character === '\n' ? '' : character));
}

/** A command line that {@link splitWords} reads as these words. */
export function joinWords(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./~-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(' ');
}
