import type {Invocation, Options} from './args.ts';

/** Verbs that are typed all day, or by scripts. All but `status` want a name. */
export const EVERY_DAY = ['status', 'start', 'stop', 'restart', 'reload'] as const;
export type EveryDay = (typeof EVERY_DAY)[number];

/** True for a verb whose code every command loads. */
export function isEveryDay(word: string): word is EveryDay {
  return (EVERY_DAY as readonly string[]).includes(word);
}

const NO_OPTIONS: Options = {
  has: () => false,
  value: () => undefined,
  values: () => [],
  duration: () => undefined,
  count: () => undefined,
};

/**
 * A command line of nothing but an everyday verb and names, understood without the table of all verbs; `undefined` for any
 * other, a wrong one too. What it returns is what `parseCommandLine()` would.
 */
export function plainInvocation([verb, ...words]: readonly string[]): Invocation | undefined {
  if (verb === undefined || !isEveryDay(verb)) return undefined;
  if (words.some((word) => word.startsWith('-')) || (words.length === 0 && verb !== 'status'))
    return undefined;
  return {verb, words, options: NO_OPTIONS, help: false, json: false};
}
