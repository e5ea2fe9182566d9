import type {Start} from './contract.ts';
import {cannotStart} from './trouble.ts';

/** An option of a server that is ours to give. */
export interface OwnOption {
  /** `--bind`; matched also as `--bind=x`. */
  readonly long: string;
  /** `-b`; matched also as `-bx`. */
  readonly short?: string;
  /** Goes on from `Cannot start "x": args has --bind, `. */
  readonly why: string;
}

/** @throws AppsupError `CONFIG` when the words have an option that is ours. */
export function refuseOwnOptions(
  start: Start,
  words: readonly string[],
  where: string,
  own: readonly OwnOption[],
): void {
  for (const word of words) {
    const clash = own.find((option) => names(word, option));
    if (clash === undefined) continue;
    const option = word.split('=', 1)[0] ?? word;
    throw cannotStart(
      start,
      'CONFIG',
      `${where} has ${option}: ${clash.why}`,
      `take it out: appsup edit ${start.app.name}`,
    );
  }
}

/** The value of an option among arguments, the last one if it is there twice: `-k gevent`, `--worker-class=gevent`. */
export function optionValue(words: readonly string[], long: string, short?: string): string | undefined {
  let value: string | undefined;
  for (const [index, word] of words.entries()) {
    if (word === long || word === short) value = words[index + 1];
    else if (word.startsWith(`${long}=`)) value = word.slice(long.length + 1);
    else if (short !== undefined && names(word, {long, short, why: ''})) value = word.slice(short.length);
  }
  return value;
}

/** True when an option, with or without a value, is among the arguments. */
export function hasOption(words: readonly string[], long: string, short?: string): boolean {
  return words.some((word) => names(word, {long, why: '', ...(short === undefined ? {} : {short})}));
}

function names(word: string, {long, short}: OwnOption): boolean {
  if (word === long || word.startsWith(`${long}=`)) return true;
  return short !== undefined && word.startsWith(short) && !word.startsWith('--');
}

/** Whole seconds for a server's own graceful stop: a little less than ours, so that it ends by itself before SIGKILL. */
export function gracefulSeconds(stopMs: number): number {
  return Math.max(1, Math.floor(stopMs / 1000) - 2);
}
