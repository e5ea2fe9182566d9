import {splitWords} from './shell-words.ts';

/** A fenced block of a Markdown text. */
export interface Block {
  /** Of its first line of text, from 1. */
  readonly line: number;
  /** The first word behind the fence: `console`; empty when there is none. */
  readonly language: string;
  /** The further words: `['exit=1']`. What they mean is in test/helpers/block-kinds.ts. */
  readonly marks: readonly string[];
  /** With its last line end. */
  readonly text: string;
  /** The headings above it, outermost first. */
  readonly headings: readonly string[];
}

/** Every fenced block, in order. */
export function blocksIn(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  let headings: readonly string[] = [];
  let open:
    | (Pick<Block, 'line' | 'language' | 'marks'> & {readonly fence: string; readonly lines: string[]})
    | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    const [, fence, info = ''] = /^\s*(`{3,})([^`]*)$/.exec(line) ?? [];
    if (open === undefined) {
      const [, hashes, title = ''] = /^(#+) (.*)$/.exec(line) ?? [];
      if (hashes !== undefined) headings = [...headings.slice(0, hashes.length - 1), title];
      const [language = '', ...marks] = info.trim().split(/\s+/);
      if (fence !== undefined) open = {line: index + 2, language, marks, fence, lines: []};
    } else if (fence === open.fence && info.trim() === '') {
      const {line: first, language, marks, lines} = open;
      blocks.push({line: first, language, marks, text: `${lines.join('\n')}\n`, headings});
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  return blocks;
}

/** A command with what the text shows of its output. */
export interface Step {
  readonly line: number;
  /** As it is typed; several lines when they end with `\`. */
  readonly command: string;
  /** Output lines below it; `undefined` for a block that shows commands only. */
  readonly output: readonly string[] | undefined;
}

/** The commands of a block: every line of an `sh` block, those behind `$ ` of a `console` block. */
export function stepsOf({line, language, text}: Block): readonly Step[] {
  const steps: {line: number; command: string; output: string[] | undefined}[] = [];
  for (const [index, each] of text.trimEnd().split('\n').entries()) {
    const last = steps.at(-1);
    if (last?.command.endsWith('\\') === true && (last.output?.length ?? 0) === 0)
      last.command += `\n${each}`;
    else if (language === 'sh') {
      if (each.trim() !== '' && !each.startsWith('#'))
        steps.push({line: line + index, command: each, output: undefined});
    } else if (each.startsWith('$ ')) steps.push({line: line + index, command: each.slice(2), output: []});
    else last?.output?.push(each);
  }
  return steps;
}

/** A use of appsup in a text. */
export interface Mention {
  readonly line: number;
  /** Behind `appsup`. */
  readonly words: readonly string[];
}

/** Every `appsup VERB ...` of a text: in code between backquotes, and among the commands of its blocks. */
export function commandsIn(markdown: string): readonly Mention[] {
  const inBlocks = blocksIn(markdown)
    .filter(({language}) => language === 'sh' || language === 'console')
    .flatMap(stepsOf)
    .flatMap(({line, command}) => mentions(line, command));
  const prose = withoutBlocks(markdown).split('\n');
  const inProse = prose.flatMap((text, index) =>
    [...text.matchAll(/`([^`]+)`/g)].flatMap(([, code = '']) => mentions(index + 1, code)),
  );
  return [...inProse, ...inBlocks].toSorted((a, b) => a.line - b.line);
}

function mentions(line: number, code: string): readonly Mention[] {
  return splitWords(code).flatMap((words) => {
    const [first, ...rest] = words;
    return first === 'appsup' && rest.length > 0 ? [{line, words: rest}] : [];
  });
}

/** Empty lines in place of blocks, so that line numbers stay. */
function withoutBlocks(markdown: string): string {
  return markdown.replace(/^(\s*`{3,})[^`\n]*\n[\s\S]*?^\1\s*$/gm, (block) => block.replace(/[^\n]/g, ''));
}
