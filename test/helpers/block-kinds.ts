import type {Block} from './markdown.ts';

/**
 * Kinds of fenced blocks in the documents, and the marks that may follow them. Each kind is proven by a test.
 *
 * - `console`: commands behind `$ `, with what they print; typed by the page's end-to-end test. A line `...` stands for any lines.
 *   `sh`: commands alone. Their marks: `exit=1`, how the last command ends; `admin`, a matter of root's or of a mail, of which
 *   only the syntax is checked; `again`, what stands elsewhere on the page, too, and is typed there.
 * - `toml`: an app's file, or what the mark names: `config.toml`, `site.toml`, `appsup.toml`; read as appsup reads it.
 * - `ini`: a supervisord.conf, read by the importer.
 * - `screen`: a picture of `appsup top`, drawn by its own test.
 * - `apache`, `nginx`: for a virtual host; loaded into the real server. `nft`: a file for nft(8), checked by it.
 */
const KINDS: Readonly<Record<string, RegExp>> = {
  console: /^(exit=\d+|admin|clone|again)$/,
  sh: /^(exit=\d+|admin|clone|again)$/,
  toml: /^(config|site|appsup)\.toml$/,
  ini: /^$/,
  screen: /^$/,
  apache: /^$/,
  nginx: /^$/,
  nft: /^$/,
};

/** What is wrong with the words behind a fence; `undefined`: nothing. */
export function wrongKind({language, marks}: Pick<Block, 'language' | 'marks'>): string | undefined {
  const allowed = KINDS[language];
  if (allowed === undefined) return language === '' ? 'a block without a kind' : `no kind "${language}"`;
  const odd = marks.find((mark) => !allowed.test(mark));
  return odd === undefined ? undefined : `no mark "${odd}" of "${language}"`;
}

/** Commands, wherever they are typed. */
export function hasCommands({language}: Pick<Block, 'language'>): boolean {
  return language === 'console' || language === 'sh';
}

/** Commands that the page's test types where they stand. */
export function isTyped(block: Pick<Block, 'language' | 'marks'>): boolean {
  return hasCommands(block) && !block.marks.some((mark) => /^(admin|clone|again)$/.test(mark));
}

/** How the last command of a block ends. */
export function exitOf({marks}: Pick<Block, 'marks'>): number {
  const [, code = '0'] = marks.map((mark) => /^exit=(\d+)$/.exec(mark)).find((found) => found !== null) ?? [];
  return Number(code);
}
