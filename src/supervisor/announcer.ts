import type {SupervisorEvent} from '../control/api.ts';
import type {Level, Log} from '../logs/own-log.ts';

/** An event with what the own log says of it. */
export interface News {
  readonly level: Level;
  readonly message: string;
  readonly event: SupervisorEvent;
}

export type Listener = (event: SupervisorEvent) => void;

/** Tells what happens: whoever listens now, and the own log, where `appsup events` finds it later. */
export class Announcer {
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();

  constructor(log: Log) {
    this.#log = log;
  }

  /** The event stands in the log as a whole. */
  tell({level, message, event}: News): void {
    const {at: _at, ...facts} = event;
    this.#log(level, message, facts);
    for (const listener of [...this.#listeners]) listener(event);
  }

  /** Tell of what happens while some work is done. */
  async during<T>(listener: Listener, work: () => Promise<T>): Promise<T> {
    this.#listeners.add(listener);
    try {
      return await work();
    } finally {
      this.#listeners.delete(listener);
    }
  }

  /** Tell of everything until the signal. */
  async follow(listener: Listener, signal: AbortSignal): Promise<void> {
    await this.during(
      listener,
      async () =>
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve();
          else signal.addEventListener('abort', () => resolve(), {once: true});
        }),
    );
  }
}
