import {blocksOf} from './blocks.ts';
import type {Block} from './blocks.ts';
import {docs} from './docs.ts';
import type {Topic} from './topic.ts';

type Table = Extract<Block, {type: 'table'}>;

/** A table of a file, as docs/config.md has it. */
interface Section {
  /** `app`, `programs.health`, `user`, `site`; what stands behind `config.` */
  readonly name: string;
  readonly title: string;
  readonly blocks: readonly Block[];
}

/** The three files: their own keys have no name in them. */
const FILES: readonly (readonly [RegExp, string])[] = [
  [/^An app/, 'app'],
  [/^All your apps/, 'user'],
  [/^The host/, 'site'],
];

/** Everything above the first table, and what tables there are. */
export function configIndex(): readonly Block[] {
  const all = blocksOf(docs()['docs/config.md'] ?? '');
  const from = all.findIndex(({type}, at) => at > 0 && type === 'heading');
  // The others have the keys of a table that is there.
  const own = sections().filter(({blocks}) => keysOf(blocks).length > 0);
  const rows = own.map(({name, blocks}) => [`config.${name}`, keysOf(blocks).join(' ')]);
  return [
    ...all.slice(0, from),
    {
      type: 'paragraph',
      text: 'The tables and their keys; `appsup help config.KEY` explains one, `appsup help config.TABLE` all of a table:',
    },
    {type: 'table', head: ['Table', 'Keys'], rows},
  ];
}

/** What `config.NAME` stands for: a table, or the keys of that name in whatever table. */
export function configTopic(topic: string): Topic | undefined {
  if (!topic.startsWith('config.')) return undefined;
  const name = topic.slice('config.'.length);
  const blocks = sections().flatMap((section) =>
    isCalled(section.name, name) ? section.blocks : keyIn(section, name),
  );
  return blocks.length === 0
    ? undefined
    : {name: topic, summary: `the key or table ${name}`, blocks: () => blocks};
}

/** Names of all tables and keys: `config.programs`, `config.restart`. */
export function configTopics(): readonly string[] {
  const names = sections().flatMap(({name, blocks}) => [name, ...keysOf(blocks)]);
  return [...new Set(names)].map((name) => `config.${name}`);
}

/** `health` is `programs.health` as well. */
function isCalled(name: string, wanted: string): boolean {
  return name === wanted || name.endsWith(`.${wanted}`);
}

function keyIn({name, title, blocks}: Section, wanted: string): readonly Block[] {
  const table = tableOf(blocks);
  const row = table?.rows.find(([key = '']) => {
    const plain = key.replaceAll('`', '');
    return plain === wanted || `${name}.${plain}` === wanted;
  });
  if (table === undefined || row === undefined) return [];
  return [
    {type: 'heading', level: 3, text: title},
    {type: 'table', head: table.head, rows: [row]},
  ];
}

function keysOf(blocks: readonly Block[]): readonly string[] {
  return (tableOf(blocks)?.rows ?? []).map(([key = '']) => key.replaceAll('`', ''));
}

function tableOf(blocks: readonly Block[]): Table | undefined {
  return blocks.find((block): block is Table => block.type === 'table');
}

function sections(): readonly Section[] {
  const all = blocksOf(docs()['docs/config.md'] ?? '');
  const starts = all.flatMap((block, at) =>
    block.type === 'heading' && nameOf(block.text) !== undefined ? [at] : [],
  );
  return starts.map((from, index) => {
    const heading = all[from];
    const title = heading?.type === 'heading' ? heading.text : '';
    return {name: nameOf(title) ?? '', title, blocks: all.slice(from, starts[index + 1])};
  });
}

/** `[programs.NAME.health]` is `programs.health`. */
function nameOf(title: string): string | undefined {
  const [, table] = /^`\[(.*)\]`$/.exec(title) ?? [];
  if (table !== undefined) return table.replaceAll('.NAME', '');
  return FILES.find(([pattern]) => pattern.test(title))?.[1];
}
