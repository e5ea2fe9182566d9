import type {Notice} from '../core/spec.ts';
import type {ProcessNews} from './news.ts';

/** What was told about one process lately, and what waits because of it. */
export interface Ration {
  /** When each kind was told last; monotonic. */
  readonly told: Readonly<Partial<Record<Notice, number>>>;
  readonly held: Held | undefined;
}

/** News that came too soon after other news of its kind. Of many, the last one and their number are kept. */
export interface Held {
  readonly last: ProcessNews;
  /** How often each kind was held back, the last one included. */
  readonly counts: Readonly<Partial<Record<Notice, number>>>;
  /** When the first of them happened; milliseconds since 1970. */
  readonly since: number;
}

/** News that may go out now, with what was held back before it. */
export interface Portion {
  readonly news: ProcessNews;
  /** Without `news` itself. */
  readonly held: Pick<Held, 'counts' | 'since'> | undefined;
}

export interface Serving {
  readonly ration: Ration;
  /** `undefined`: it has to wait. */
  readonly portion: Portion | undefined;
}

export const FRESH: Ration = {told: {}, held: undefined};

/** Let news out, or hold it back: each kind goes out once in `everyMs`. Pure. @param now - monotonic. */
export function offer(ration: Ration, news: ProcessNews, now: number, everyMs: number): Serving {
  const {told, held} = ration;
  if (now < opening(ration, news.notice, everyMs))
    return {ration: {told, held: added(held, news)}, portion: undefined};
  return {ration: {told: {...told, [news.notice]: now}, held: undefined}, portion: {news, held}};
}

/** When what is held back may go out; monotonic. `undefined`: nothing is held back. */
export function opensAt(ration: Ration, everyMs: number): number | undefined {
  return ration.held === undefined ? undefined : opening(ration, ration.held.last.notice, everyMs);
}

/** Let out what was held back, if its time has come: one portion, whose news is the last that happened. Pure. */
export function release(ration: Ration, now: number, everyMs: number): Serving {
  const {told, held} = ration;
  if (held === undefined || now < opening(ration, held.last.notice, everyMs))
    return {ration, portion: undefined};
  const {[held.last.notice]: count = 1, ...others} = held.counts;
  const counts = count > 1 ? {...others, [held.last.notice]: count - 1} : others;
  const rest = Object.keys(counts).length === 0 ? undefined : {counts, since: held.since};
  return {
    ration: {told: {...told, [held.last.notice]: now}, held: undefined},
    portion: {news: held.last, held: rest},
  };
}

function opening({told}: Ration, notice: Notice, everyMs: number): number {
  return (told[notice] ?? -Infinity) + everyMs;
}

function added(held: Held | undefined, news: ProcessNews): Held {
  const counts = held?.counts ?? {};
  return {
    last: news,
    counts: {...counts, [news.notice]: (counts[news.notice] ?? 0) + 1},
    since: held?.since ?? news.at,
  };
}
