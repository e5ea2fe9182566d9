/** A piece of a Markdown text, as far as the project's own texts use Markdown. */
export type Block =
  | {readonly type: 'heading'; readonly level: number; readonly text: string}
  | {readonly type: 'paragraph'; readonly text: string}
  /** `mark`: `-`, `1.`. */
  | {readonly type: 'item'; readonly mark: string; readonly text: string}
  | {readonly type: 'code'; readonly lines: readonly string[]}
  | {readonly type: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[]};

/** The blocks of a text, in order. Comments are left out. */
export function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  const lines = markdown.replace(/<!--.*?-->\n?/gs, '').split('\n');
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? '';
    const until = (ends: (line: string) => boolean): readonly string[] => {
      const from = at++;
      while (at < lines.length && !ends(lines[at] ?? '')) at++;
      return lines.slice(from, at);
    };
    const [, fence] = /^\s*(`{3,})/.exec(line) ?? [];
    const [, mark, item] = /^\s*(-|\d+\.) (.*)$/.exec(line) ?? [];
    const [, marks, title] = /^(#+) (.*)$/.exec(line) ?? [];
    if (fence !== undefined) {
      blocks.push({type: 'code', lines: until((each) => each.trim() === fence).slice(1)});
      at++;
    } else if (marks !== undefined) {
      blocks.push({type: 'heading', level: marks.length, text: title ?? ''});
      at++;
    } else if (line.startsWith('|')) {
      blocks.push(tableOf(until((each) => !each.startsWith('|'))));
    } else if (mark !== undefined) {
      const [, ...more] = until((each) => !/^\s+\S/.test(each) || /^\s*(-|\d+\.) /.test(each));
      blocks.push({type: 'item', mark, text: [item, ...more.map((each) => each.trim())].join(' ')});
    } else if (line.trim() === '') {
      at++;
    } else {
      blocks.push({
        type: 'paragraph',
        text: until((each) => /^(\s*$|\s*`{3}|\||#+ |- )/.test(each)).join(' '),
      });
    }
  }
  return blocks;
}

/** The blocks below a heading, with those of its subsections; `undefined` when there is no such heading. */
export function sectionOf(blocks: readonly Block[], title: string): readonly Block[] | undefined {
  const from = blocks.findIndex((block) => block.type === 'heading' && block.text === title);
  const heading = blocks[from];
  if (heading?.type !== 'heading') return undefined;
  const rest = blocks.slice(from + 1);
  const end = rest.findIndex((block) => block.type === 'heading' && block.level <= heading.level);
  return [heading, ...(end < 0 ? rest : rest.slice(0, end))];
}

function tableOf(lines: readonly string[]): Block {
  const [head = [], , ...rows] = lines.map((line) =>
    line
      .replace(/^\||\|\s*$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim().replaceAll('\\|', '|')),
  );
  return {type: 'table', head, rows};
}
