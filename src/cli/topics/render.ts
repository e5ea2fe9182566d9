import {PLAIN} from '../terminal.ts';
import type {Style} from '../terminal.ts';
import {definitions, wrap} from '../wrap.ts';
import type {Block} from './blocks.ts';

/** Blocks as text for a terminal. Code is not wrapped: it is to be copied. */
export function render(blocks: readonly Block[], width: number, style: Style = PLAIN): string {
  const lines: string[] = [];
  for (const [at, block] of blocks.entries()) {
    const before = blocks[at - 1];
    if (before !== undefined && !(before.type === 'item' && block.type === 'item')) lines.push('');
    lines.push(...linesOf(block, width, style));
  }
  return lines.join('\n');
}

function linesOf(block: Block, width: number, style: Style): readonly string[] {
  switch (block.type) {
    case 'heading':
      return wrap(plain(block.text), width).map(style.bold);
    case 'paragraph':
      return wrap(inline(block.text, style), width);
    case 'item':
      return wrap(inline(block.text, style), width, `  ${block.mark} `);
    case 'code':
      return block.lines.map((line) => `    ${line}`.trimEnd());
    case 'table':
      return tableLines(block, width, style);
  }
}

/** A row is a term with what the other cells say of it: beside it where it is one, else below it. */
function tableLines(
  {head, rows}: Extract<Block, {type: 'table'}>,
  width: number,
  style: Style,
): readonly string[] {
  if (head.length <= 2)
    return definitions(
      rows.map(([term = '', text = '']) => [plain(term), inline(text, style)]),
      width,
    );
  return rows.flatMap(([term = '', ...cells], row) => [
    ...(row === 0 ? [] : ['']),
    `  ${style.bold(plain(term))}`,
    ...cells.flatMap((cell, at) => {
      const title = head[at + 1] === 'Meaning' ? '' : `${plain(head[at + 1] ?? '')}: `;
      return cell === '' ? [] : wrap(`${title}${inline(cell, style)}`, width, '      ');
    }),
  ]);
}

/** Without the marks of Markdown. Code keeps its backquotes where there is no bold to show it. */
function inline(text: string, style: Style): string {
  const bold = style.bold('x') !== 'x';
  return entities(
    text
      .replace(/\[([^\]]+)\]\(([^)]+)\)/g, (_all, words: string, target: string) =>
        /^https?:/.test(target) && words !== target ? `${words} (${target})` : words,
      )
      .replace(/\*\*([^*]+)\*\*/g, (_all, words: string) => style.bold(words))
      // Bold word by word: what is wrapped must not leave a colour open at the end of a line.
      .replace(/`([^`]+)`/g, (all, code: string) => (bold ? code.split(' ').map(style.bold).join(' ') : all)),
  );
}

/** For a term at the beginning of a line, which needs no marks. */
function plain(text: string): string {
  return inline(text, PLAIN).replaceAll('`', '');
}

function entities(text: string): string {
  return text.replaceAll('&lt;', '<').replaceAll('&amp;', '&');
}
