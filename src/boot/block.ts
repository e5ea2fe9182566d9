import {AppsupError} from '../errors.ts';

/** What is put into a crontab: whose block it is, and what cron shall run. */
export interface Block {
  /** The state directory, absolute. It names the block: each state directory of a user has its own. */
  readonly state: string;
  /** The boot script, absolute: see {@link checkCronPath}. */
  readonly script: string;
}

/** A block that was found. Lines count from 1, as editors do. */
export interface FoundBlock {
  readonly firstLine: number;
  readonly lastLine: number;
  /** With its markers, byte for byte. */
  readonly text: string;
}

/** A table with the block, and what that took. */
export interface Edited {
  readonly text: string;
  readonly change: 'added' | 'changed' | 'unchanged';
}

/**
 * The block as it stands in the table. Tables are strings of bytes, so this is one, too.
 *
 * ```
 * # >>> appsup /home/alice/.local/state/appsup/eco >>>
 * # Keeps your apps running. Made by "appsup boot install", taken out by "appsup boot remove".
 * @reboot /home/alice/.local/state/appsup/eco/boot.sh
 * * * * * * /home/alice/.local/state/appsup/eco/boot.sh
 * # <<< appsup /home/alice/.local/state/appsup/eco <<<
 * ```
 *
 * No variables: they would act on the user's lines below. The minute line is for what `@reboot` misses: homes that are
 * mounted late, a supervisor that died, crons that do not know `@reboot`.
 */
export function blockText({state, script}: Block): string {
  return asBytes(
    [
      `# >>> appsup ${state} >>>`,
      NOTE,
      `@reboot ${script}`,
      `* * * * * ${script}`,
      `# <<< appsup ${state} <<<`,
      '',
    ].join('\n'),
  );
}

/**
 * The table with the block: at its end when it is new, where it stands otherwise. Every other line stays byte for byte.
 *
 * A last line without newline gets one: cron refuses a table that lacks it.
 *
 * @throws AppsupError `CRONTAB_DAMAGED` with the lines' numbers.
 */
export function withBlock(table: string, block: Block): Edited {
  const text = blockText(block);
  const found = findBlock(table, block);
  if (found?.text === text) return {text: table, change: 'unchanged'};
  if (found === undefined) return {text: ended(table) + text, change: 'added'};
  const {before, after} = around(table, found);
  return {text: before + text + after, change: 'changed'};
}

/** The table without the block; the same table when there is none. @throws AppsupError `CRONTAB_DAMAGED` */
export function withoutBlock(table: string, block: Block): string {
  const found = findBlock(table, block);
  if (found === undefined) return table;
  const {before, after} = around(table, found);
  return before + after;
}

/**
 * The block of this state directory, or `undefined`.
 *
 * @throws AppsupError `CRONTAB_DAMAGED` when its markers do not come as one pair, or when a line between them is not ours:
 * to replace it would be to lose what somebody wrote.
 */
export function findBlock(table: string, block: Block): FoundBlock | undefined {
  const lines = linesOf(table);
  const begins = placesOf(lines, `# >>> appsup ${block.state} >>>`);
  const ends = placesOf(lines, `# <<< appsup ${block.state} <<<`);
  const [first, secondFirst] = begins;
  const [last, secondLast] = ends;
  if (first === undefined && last === undefined) return undefined;
  if (last === undefined) throw damaged(`line ${first} begins it, and no line ends it`, begins);
  if (first === undefined) throw damaged(`line ${last} ends it, and no line begins it`, ends);
  if (secondFirst !== undefined) throw damaged(`lines ${first} and ${secondFirst} both begin it`, begins);
  if (secondLast !== undefined) throw damaged(`lines ${last} and ${secondLast} both end it`, ends);
  if (last < first) throw damaged(`line ${last} ends it before line ${first} begins it`, [last, first]);
  const foreign = lines.slice(first, last - 1).findIndex((line) => !isOurs(line, block));
  if (foreign !== -1) {
    throw damaged(`line ${first + foreign + 1} inside it is not appsup's`, [first + foreign + 1]);
  }
  return {firstLine: first, lastLine: last, text: lines.slice(first - 1, last).join('')};
}

/** A crontab line with more than 1000 characters or so is refused, by a message that does not say so. */
const MAX_SCRIPT_PATH = 900;

/**
 * Refuse a path that cron or its shell would not take for one word.
 *
 * `%` ends a command in a crontab, and the shell reads the rest of the line; so: letters, digits, `_ . , : @ + = ~ / -`,
 * and letters of other alphabets.
 *
 * @throws AppsupError `CRON_FAILED`, `PATH_TOO_LONG`
 */
export function checkCronPath(script: string): void {
  const hint = 'choose a plain directory for what appsup keeps: export APPSUP_STATE_DIR=~/.appsup';
  const odd = /[^\w.,:@+=~/\-\p{L}\p{M}\p{N}]/u.exec(script)?.[0];
  if (odd !== undefined || !script.startsWith('/')) {
    throw new AppsupError(
      'CRON_FAILED',
      `Cannot put ${JSON.stringify(script)} into your crontab: ${JSON.stringify(odd ?? script[0] ?? '')} cannot stand there`,
      {hint},
    );
  }
  const bytes = Buffer.byteLength(script);
  if (bytes > MAX_SCRIPT_PATH) {
    throw new AppsupError(
      'PATH_TOO_LONG',
      `Cannot put ${script} into your crontab: a path there may have ${MAX_SCRIPT_PATH} bytes, this one has ${bytes}`,
      {hint},
    );
  }
}

const NOTE = '# Keeps your apps running. Made by "appsup boot install", taken out by "appsup boot remove".';

/** Ours inside the block: comments that speak of us, and whatever runs the script, however it is scheduled now. */
function isOurs(line: string, {script}: Block): boolean {
  const text = line.trim();
  return (
    text === '' ||
    text.endsWith(` ${asBytes(script)}`) ||
    (text.startsWith('#') && text.includes('"appsup boot '))
  );
}

function linesOf(table: string): readonly string[] {
  return table.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** Numbers of the lines that are this marker; blanks and carriage returns at their ends may be an editor's. */
function placesOf(lines: readonly string[], marker: string): readonly number[] {
  const bytes = asBytes(marker);
  return lines.flatMap((line, index) => (line.trim() === bytes ? [index + 1] : []));
}

function around(
  table: string,
  {firstLine, lastLine}: FoundBlock,
): {readonly before: string; readonly after: string} {
  const lines = linesOf(table);
  return {before: lines.slice(0, firstLine - 1).join(''), after: lines.slice(lastLine).join('')};
}

function ended(table: string): string {
  return table === '' || table.endsWith('\n') ? table : `${table}\n`;
}

function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function damaged(what: string, lines: readonly number[]): AppsupError {
  return new AppsupError(
    'CRONTAB_DAMAGED',
    `Cannot edit your crontab: appsup's block in it is damaged: ${what}`,
    {
      hint: 'nothing was changed; mend or delete the block with crontab -e, then: appsup boot install',
      details: {lines},
    },
  );
}
