/** One `Key=value` with its place. */
export interface Directive {
  /** Without brackets; `''` before the first. */
  readonly section: string;
  readonly key: string;
  /** Continued lines are joined by a blank; quotes and specifiers stand as written. */
  readonly value: string;
  /** Absolute. */
  readonly file: string;
  /** From 1; of the key. */
  readonly line: number;
}

/**
 * Read a unit file as systemd.syntax(7) has it: `#` and `;` begin a comment line, a backslash at the end continues a line, also
 * over comments.
 *
 * A line that systemd would pass over with a warning is a directive with an empty section, or an empty key.
 */
export function parseUnit(text: string, file: string): readonly Directive[] {
  const directives: Directive[] = [];
  let section = '';
  let open: {readonly line: number; readonly parts: string[]} | undefined;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const said = raw.trim();
    if (/^[#;]/.test(said)) continue;
    const continued = said.endsWith('\\');
    const part = continued ? said.slice(0, -1).trim() : said;
    open ??= {line: index + 1, parts: []};
    open.parts.push(part);
    if (continued) continue;
    const whole = open.parts.join(' ').trim();
    const {line} = open;
    open = undefined;
    if (whole === '') continue;
    const header = /^\[(.+)\]$/.exec(whole)?.[1];
    if (header !== undefined) {
      section = header;
      continue;
    }
    const [, key = '', value = ''] = /^([^=\s]+)\s*=\s*(.*)$/s.exec(whole) ?? [];
    directives.push({section, key, value: key === '' ? whole : value, file, line});
  }
  return directives;
}

/** The values of a list that count: an empty one takes back those before it. */
export function listed(directives: readonly Directive[], section: string, key: string): readonly Directive[] {
  const all = directives.filter((each) => each.section === section && each.key === key);
  return all.slice(all.findLastIndex(({value}) => value === '') + 1);
}
