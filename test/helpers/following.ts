import type {ExecutionContext} from 'ava';

import {follow} from '../../src/logs/follow.ts';
import type {Reader} from '../../src/logs/follow.ts';

export interface Following {
  /** All that was handed out. */
  readonly lines: string[];
  /** Resolves once so many lines have come. */
  readonly until: (count: number) => Promise<void>;
}

/** Follows with a reader until the test ends. */
export function following(
  t: ExecutionContext,
  open: (onLines: (lines: readonly string[]) => void) => Reader,
): Following {
  const lines: string[] = [];
  let wake: () => void = () => {};
  const control = new AbortController();
  const reader = open((fresh) => {
    for (const line of fresh) lines.push(line);
    wake();
  });
  const done = follow([reader], control.signal);
  t.teardown(async () => {
    control.abort();
    await done;
  });
  return {
    lines,
    async until(count) {
      while (lines.length < count) await new Promise<void>((resolve) => (wake = resolve));
    },
  };
}
