/** Something to call off. */
export interface Timer {
  cancel(): void;
}

/** Time, handed in, so that tests move it. */
export interface Clock {
  /** Milliseconds since some moment; never set back. For durations. */
  monotonic(): number;
  /** Milliseconds since 1970. For people. */
  wall(): number;
  /** Call `action` once, `ms` from now. */
  after(ms: number, action: () => void): Timer;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  monotonic: () => performance.now(),
  wall: () => Date.now(),
  after(ms, action) {
    // setTimeout counts with 31 bits; above, it would fire at once.
    const timer = setTimeout(action, Math.min(Math.max(0, Math.ceil(ms)), 2 ** 31 - 1));
    return {cancel: () => clearTimeout(timer)};
  },
};
