/** One `key = value` with its place. */
export interface Entry {
  /** Lower case. */
  readonly key: string;
  /** Lines of a continued value are joined with line feeds; quotes and `%(...)s` stand as written. */
  readonly value: string;
  /** Absolute. */
  readonly file: string;
  /** From 1; of the key. */
  readonly line: number;
}

/** One `[name]`, merged from all places where it stands. */
export interface Section {
  readonly name: string;
  readonly file: string;
  /** Of its first header. */
  readonly line: number;
  /** By key; the last one wins. */
  readonly entries: Map<string, Entry>;
}

export type Ini =
  | {readonly ok: true; readonly sections: ReadonlyMap<string, Section>}
  | {readonly ok: false; readonly line: number; readonly problem: string};

/**
 * Read a supervisord.conf as Python's configparser does for it (RawConfigParser, `strict=False`, inline comments by
 * `;` and `#` behind a blank, `[DEFAULT]` for all sections).
 *
 * Its habits are kept, because the file means what supervisord made of it: a ` ;` cuts the rest of a line also within
 * quotes, and an indented line continues the value above it, over empty lines.
 */
export function parseIni(text: string, file: string): Ini {
  const sections = new Map<string, Open>();
  let section: Open | undefined;
  let option: OpenEntry | undefined;
  let indent = 0;
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\r|\n/)
    .entries()) {
    const line = index + 1;
    const end = commentIn(raw);
    const value = raw.slice(0, end).trim();
    if (value === '') {
      if (end === undefined) option?.lines.push('');
      continue;
    }
    const here = raw.search(/\S/);
    if (option !== undefined && here > indent) {
      option.lines.push(value);
      continue;
    }
    indent = here;
    const header = /^\[(.+)\]/.exec(value)?.[1];
    if (header !== undefined) {
      section = sections.get(header) ?? {name: header, line, entries: new Map()};
      sections.set(header, section);
      option = undefined;
      continue;
    }
    if (section === undefined) return {ok: false, line, problem: 'a line before the first [section]'};
    const pair = /^(.*?)\s*[=:]\s*(.*)$/s.exec(value);
    const key = pair?.[1]?.trimEnd().toLowerCase() ?? '';
    if (key === '') return {ok: false, line, problem: 'expected key = value'};
    option = {line, lines: [pair?.[2] ?? '']};
    section.entries.set(key, option);
  }
  return {ok: true, sections: closed(sections, file)};
}

interface OpenEntry {
  readonly line: number;
  readonly lines: string[];
}

interface Open {
  readonly name: string;
  readonly line: number;
  readonly entries: Map<string, OpenEntry>;
}

/** Where the comment of a line begins; `undefined`: it has none. */
function commentIn(line: string): number | undefined {
  if (/^\s*[#;]/.test(line)) return 0;
  const inline = line.search(/(?<=\s)[#;]/);
  return inline < 0 ? undefined : inline;
}

function closed(sections: ReadonlyMap<string, Open>, file: string): ReadonlyMap<string, Section> {
  const defaults = sections.get('DEFAULT')?.entries ?? new Map<string, OpenEntry>();
  return new Map(
    [...sections]
      .filter(([name]) => name !== 'DEFAULT')
      .map(([name, {line, entries}]) => {
        const all = [...defaults, ...entries].map(([key, entry]): [string, Entry] => [
          key,
          {key, file, line: entry.line, value: entry.lines.join('\n').trimEnd()},
        ]);
        return [name, {name, file, line, entries: new Map(all)}];
      }),
  );
}
