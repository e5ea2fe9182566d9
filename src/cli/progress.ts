import type {Timer} from '../system/clock.ts';
import type {Context} from './context.ts';
import {age} from './format.ts';
import {oneLine} from './printable.ts';

/** A wait that a person may look at. */
export interface Waiting {
  /** What is going on now. */
  tell(line: string): void;
  end(): void;
}

/** Show, from the second second on, what is waited for and for how long. On a tty only. */
export function waiting(
  {clock, terminal}: Pick<Context, 'clock' | 'terminal'>,
  first = 'waiting for the supervisor',
): Waiting {
  const since = clock.monotonic();
  let line = first;
  let timer: Timer = clock.after(1000, tick);
  return {
    tell(text) {
      line = oneLine(text);
    },
    end() {
      timer.cancel();
      terminal.progress(undefined);
    },
  };

  function tick(): void {
    terminal.progress(`${line}  ${age(clock.monotonic() - since)}`);
    timer = clock.after(1000, tick);
  }
}
