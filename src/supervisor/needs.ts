import type {Endpoint} from '../core/program-spec.ts';
import type {Clock, Timer} from '../system/clock.ts';
import {askEndpoint} from './probe.ts';
import type {ProbeResult} from './probe.ts';

/** How long one connection may take. */
const CONNECT_MS = 3000;
/** First and longest wait between two looks; a database that comes late is noticed within two seconds. */
const WAITS_MS = [250, 2000] as const;
/** An endpoint that answered is believed for this long. */
const BELIEVED_MS = 5000;

export interface NeedsOptions {
  readonly clock: Clock;
  /** Called when an endpoint that was awaited answers. */
  readonly onAnswer: () => void;
  readonly ask?: (endpoint: Endpoint, signal: AbortSignal) => Promise<ProbeResult>;
}

/** Endpoints outside the app that programs wait for before they start. Asks only while somebody waits. */
export class Needs {
  readonly #options: NeedsOptions;
  /** When each endpoint answered last, monotonic. */
  readonly #answered = new Map<string, number>();
  readonly #asking = new Map<string, {readonly abort: AbortController; timer: Timer | undefined}>();

  constructor(options: NeedsOptions) {
    this.#options = options;
  }

  /** The first endpoint that has not answered lately, as `tcp://host:port`. */
  missing(endpoints: readonly Endpoint[]): string | undefined {
    const since = this.#options.clock.monotonic() - BELIEVED_MS;
    return endpoints.map(nameOf).find((name) => (this.#answered.get(name) ?? -Infinity) < since);
  }

  /** Ask these until they answer. */
  await(endpoints: readonly Endpoint[]): void {
    for (const endpoint of endpoints) {
      const name = nameOf(endpoint);
      if (this.#asking.has(name) || this.missing([endpoint]) === undefined) continue;
      this.#asking.set(name, {abort: new AbortController(), timer: undefined});
      void this.#ask(endpoint, WAITS_MS[0]);
    }
  }

  /** Nobody waits any more. */
  rest(): void {
    for (const {abort, timer} of this.#asking.values()) {
      abort.abort();
      timer?.cancel();
    }
    this.#asking.clear();
  }

  async #ask(endpoint: Endpoint, waitMs: number): Promise<void> {
    const name = nameOf(endpoint);
    const asking = this.#asking.get(name);
    if (asking === undefined) return;
    const {ask = askOverTcp, clock, onAnswer} = this.#options;
    const {up} = await ask(endpoint, asking.abort.signal);
    if (asking.abort.signal.aborted) return;
    if (up) {
      this.#asking.delete(name);
      this.#answered.set(name, clock.monotonic());
      onAnswer();
      return;
    }
    asking.timer = clock.after(waitMs, () => void this.#ask(endpoint, Math.min(waitMs * 2, WAITS_MS[1])));
  }
}

async function askOverTcp({host, port}: Endpoint, signal: AbortSignal): Promise<ProbeResult> {
  return await askEndpoint(host, port, CONNECT_MS, signal);
}

function nameOf({host, port}: Endpoint): string {
  return `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
