export type Environment =
  | {readonly ok: true; readonly values: ReadonlyMap<string, string>}
  | {readonly ok: false; readonly problem: string};

/** What shlex takes for a word when supervisord reads `environment=`; everything else is a token of its own. */
const TOKEN = /\s+|((?:[\w/.+\-():\u00C0-\u00FF]|'[^']*'|"(?:[^"\\]|\\[^])*"|\\[^])+)|([^])/gy;

/**
 * Read `A=1,B="two words"`.
 *
 * What supervisord misreads without a word is a mistake here: of `URL=http://x/?a=1` it makes two variables. Its own
 * messages are matched for the rest: blanks, `@`, `#`, `%` and the like have to be in quotes.
 */
export function parseEnvironment(text: string): Environment {
  const tokens: string[] = [];
  for (const [all, word, other] of text.matchAll(TOKEN)) {
    if (word !== undefined) tokens.push(unquoted(word));
    else if (other !== undefined && `'"\\#`.includes(other))
      return bad(all === '#' ? 'a bare #' : 'an open quote');
    else if (other !== undefined) tokens.push(other);
  }
  const values = new Map<string, string>();
  for (let at = 0; at < tokens.length; at += 4) {
    const [name = '', equals, value, separator = ','] = tokens.slice(at, at + 4);
    if (equals !== '=' || value === undefined) return bad(`no NAME=value at ${JSON.stringify(shown(name))}`);
    if (separator !== ',' && separator !== ';') return bad(`more text behind the value of ${shown(name)}`);
    values.set(name, value);
  }
  return {ok: true, values};
}

function bad(problem: string): Environment {
  return {ok: false, problem: `${problem}: write NAME="value", and a comma between two`};
}

/** A value may stand where a name was expected. */
function shown(name: string): string {
  return /^[A-Z_][A-Z0-9_]*$/.test(name) ? name : '...';
}

function unquoted(word: string): string {
  return word.replace(
    /'([^']*)'|"((?:[^"\\]|\\[^])*)"|\\([^])/g,
    (_, single?: string, double?: string, escaped?: string) =>
      single ?? double?.replace(/\\(["\\])/g, '$1') ?? escaped ?? '',
  );
}
