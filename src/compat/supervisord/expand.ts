export type Expanded =
  | {readonly ok: true; readonly text: string}
  | {readonly ok: false; readonly problem: string};

/**
 * Put values in for `%(here)s`, `%(ENV_HOME)s`, `%(process_num)02d`, as Python's `%` does for supervisord; `%%` is one `%`.
 *
 * @param names - Numbers may be written with flags and a width.
 */
export function expand(text: string, names: Readonly<Record<string, string | number | undefined>>): Expanded {
  let problem: string | undefined;
  const put = (all: string, name?: string, flags = '', width = '', form = ''): string => {
    if (all === '%%') return '%';
    if (name === undefined) {
      problem ??= 'a lone % has to be written %%';
      return all;
    }
    const value = Object.hasOwn(names, name) ? names[name] : undefined;
    if (value === undefined) {
      problem ??= name.startsWith('ENV_')
        ? `%(${name})s: there is no variable ${name.slice(4)} in your environment`
        : `%(${name})${form} is not known here`;
      return all;
    }
    if (form !== 's' && typeof value !== 'number') {
      problem ??= `%(${name})${form} wants a number`;
      return all;
    }
    return padded(typeof value === 'number' ? inBase(value, form) : value, flags, width);
  };
  const done = text.replace(/%%|%\(([^)]*)\)([-0 +#]*)(\d*)([sdixo])|%/g, put);
  return problem === undefined ? {ok: true, text: done} : {ok: false, problem};
}

function inBase(value: number, form: string): string {
  return value.toString(form === 'x' ? 16 : form === 'o' ? 8 : 10);
}

function padded(text: string, flags: string, width: string): string {
  if (flags.includes('-')) return text.padEnd(Number(width));
  return text.padStart(Number(width), flags.includes('0') ? '0' : ' ');
}
