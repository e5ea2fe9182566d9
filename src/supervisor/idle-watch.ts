import type {Clock, Timer} from '../system/clock.ts';

export interface IdleWatchOptions {
  readonly clock: Clock;
  readonly idleMs: number;
  /** Call when the next visitor comes; that one may be missed, since whoever accepts him may be quicker. */
  readonly nextVisitor: (call: () => void) => void;
  /** Whether somebody is connected now, or was within so many milliseconds. */
  readonly hasVisitors: (withinMs: number) => boolean;
  /** Called after each further quarter, too, until this is closed. */
  readonly onIdle: () => void;
}

/** Looks are taken this often in the time after which a program is idle. */
const LOOKS = 4;

/**
 * Tells when nobody has come for a while: between one and one and a quarter of `idleMs` after the last visitor.
 *
 * A visitor is an event, which costs nothing until he comes and of which one in each quarter is enough. As it may be
 * missed, each quarter ends with a look at what he left: the access time of a Unix socket, connections and those of the
 * last minute of a port. Four quarters without either are idle. So a port with less than a visitor a minute, and quarters
 * longer than that, may be found idle too early; then the next visitor waits for a start.
 */
export class IdleWatch {
  readonly #options: IdleWatchOptions;
  readonly #onVisitor = (): void => {
    this.#seen = true;
  };
  #seen = false;
  #quiet = 0;
  #timer: Timer;

  constructor(options: IdleWatchOptions) {
    this.#options = options;
    this.#timer = this.#arm();
  }

  get idleMs(): number {
    return this.#options.idleMs;
  }

  close(): void {
    this.#timer.cancel();
  }

  #arm(): Timer {
    const {clock, idleMs, nextVisitor} = this.#options;
    this.#seen = false;
    nextVisitor(this.#onVisitor);
    return clock.after(idleMs / LOOKS, () => this.#look());
  }

  #look(): void {
    const {idleMs, hasVisitors, onIdle} = this.#options;
    this.#quiet = this.#seen || hasVisitors(idleMs / LOOKS) ? 0 : this.#quiet + 1;
    // It may not be possible to stop it at this moment: then it is told again a quarter later.
    this.#timer = this.#arm();
    if (this.#quiet >= LOOKS) onIdle();
  }
}
