import {messageOf} from '../errors.ts';
import type {Clock} from '../system/clock.ts';
import {undelivered} from './delivery.ts';
import type {Delivery} from './delivery.ts';

/** One message on its way. */
export interface Letter {
  /** For the log. */
  readonly subject: string;
  readonly send: () => Promise<Delivery>;
}

export interface OutboxOptions {
  /** `command`, `webhook`, `mail`. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: (level: 'info' | 'warn', message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** Messages that may wait; the oldest goes when another one comes, since it says the least about now. */
export const MOST_WAITING = 20;
/** For one attempt, whatever the way of telling thinks of it: a server may send a byte a second for ever. */
export const ATTEMPT_MS = 120_000;
/** Waits before further attempts; then the message is dropped. */
export const RETRY_MS: readonly number[] = [30_000, 300_000];

/** The messages for one way of telling, one after the other, in their order. Never throws, never rejects. */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #waiting: Letter[] = [];
  #busy = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  put(letter: Letter): void {
    this.#waiting.push(letter);
    if (this.#waiting.length > MOST_WAITING) {
      const dropped = this.#waiting.shift();
      this.#options.log('warn', 'a message is dropped: too many wait', {
        by: this.#options.name,
        subject: dropped?.subject,
      });
    }
    if (!this.#busy) void this.#work();
  }

  async #work(): Promise<void> {
    this.#busy = true;
    for (let letter = this.#waiting.shift(); letter !== undefined; letter = this.#waiting.shift()) {
      await this.#deliver(letter);
    }
    this.#busy = false;
  }

  async #deliver({subject, send}: Letter): Promise<void> {
    const {name: by, clock, log} = this.#options;
    for (const wait of [...RETRY_MS, undefined]) {
      const delivery = await this.#attempt(send);
      if (delivery.ok) return log('info', 'told', {by, subject});
      const again = delivery.again && wait !== undefined;
      log('warn', 'a message could not be delivered', {by, subject, reason: delivery.why, again});
      if (!again) return;
      await new Promise<void>((resolve) => clock.after(wait, resolve));
    }
  }

  /** Whatever a way of telling does, it must not reach the supervisor. */
  async #attempt(send: Letter['send']): Promise<Delivery> {
    return await new Promise((resolve) => {
      const late = this.#options.clock.after(ATTEMPT_MS, () =>
        resolve(undelivered(`not done within ${ATTEMPT_MS / 1000} s`)),
      );
      const settle = (delivery: Delivery) => {
        late.cancel();
        resolve(delivery);
      };
      send().then(settle, (error: unknown) => settle(undelivered(messageOf(error))));
    });
  }
}
