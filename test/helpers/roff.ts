import type {Block} from '../../src/cli/topics/blocks.ts';

/**
 * Text for man(7). Each hyphen is one that can be copied into a shell, and everything is ASCII, so that it looks the same
 * in every locale.
 */
export function roff(text: string): string {
  const plain = text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('’', "'")
    .replaceAll('…', '...')
    .replaceAll('~', '\\(ti')
    .replaceAll('^', '\\(ha')
    .replaceAll('`', '\\(ga');
  const foreign = /[^\x20-\x7e\n]/.exec(plain);
  if (foreign !== null) throw new Error(`"${foreign[0]}" has no place in a man page yet: ${text}`);
  return plain
    .split('\n')
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .join('\n');
}

/** Markdown within a paragraph: code and bold stand out, links are their words. */
function inline(markdown: string): string {
  return markdown
    .replace(/\[([^\]]+)\]\(([^)]+)\)/g, (_all, words: string) => words)
    .replaceAll('&lt;', '<')
    .split(/(`[^`]+`|\*\*[^*]+\*\*)/)
    .map((part, at) =>
      at % 2 === 0
        ? plainPart(part)
        : `\\fB${roff(part.startsWith('`') ? part.slice(1, -1) : part.slice(2, -2))}\\fR`,
    )
    .join('');
}

/** The beginning of a part is not that of a line. */
function plainPart(part: string): string {
  const text = roff(part);
  return text.startsWith('\\&') ? text.slice(2) : text;
}

/** One line of text, that is no request. */
export function line(markdown: string): string {
  const text = inline(markdown);
  return /^[.']/.test(text) ? `\\&${text}` : text;
}

/** A term with what is said of it. */
export function tagged(term: string, ...paragraphs: readonly string[]): readonly string[] {
  const [first = '', ...more] = paragraphs;
  return ['.TP', `\\fB${roff(term)}\\fR`, first, ...more.flatMap((each) => ['.br', each])];
}

/** Lines as they are. */
export function example(lines: readonly string[]): readonly string[] {
  return ['.PP', '.in +4n', '.EX', ...lines.map(roff), '.EE', '.in'];
}

/** Headings of the second level are sections, those below subsections; the title is the page's name. */
export function roffOf(blocks: readonly Block[]): readonly string[] {
  return blocks.flatMap((block) => {
    switch (block.type) {
      case 'heading':
        if (block.level === 1) return [];
        return [`${block.level === 2 ? '.SH' : '.SS'} ${heading(block.text)}`];
      case 'paragraph':
        return ['.PP', line(block.text)];
      case 'item':
        return [`.IP ${block.mark === '-' ? '\\(bu 2' : `${block.mark} 4`}`, line(block.text)];
      case 'code':
        return example(block.lines);
      case 'table':
        return block.rows.flatMap(([term = '', ...cells]) =>
          tagged(
            term.replaceAll('`', ''),
            ...cells.map((cell, at) => line(title(block.head[at + 1] ?? '', at) + cell)),
          ),
        );
    }
  });
}

function title(head: string, at: number): string {
  return at === 0 ? '' : `${head}: `;
}

function heading(text: string): string {
  return `"${roff(text.replaceAll('`', '')).replaceAll('"', '\\(dq')}"`;
}
