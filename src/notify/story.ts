import type {SupervisorEvent} from '../control/api.ts';
import type {ProcessNews} from './news.ts';

/** What has become of one process, as far as it matters for telling. */
export interface Story {
  /** It has been running: a program that never did is in front of whoever starts it. */
  readonly ran: boolean;
  /** Moments of its last failures, monotonic; none is older than {@link WINDOW_MS}. */
  readonly failures: readonly number[];
  /** Since when it is in trouble that somebody should have been told of; milliseconds since 1970. */
  readonly trouble: number | undefined;
  /** When it counts as recovered if nothing happens until then; monotonic. Only while it is in trouble and runs. */
  readonly lasts: number | undefined;
}

export interface Chapter {
  readonly story: Story;
  readonly news: ProcessNews | undefined;
}

export type ProcessEvent = Extract<SupervisorEvent, {type: 'state' | 'change' | 'health'}>;

/** Nothing is known, or it was stopped by the user, who knows. */
export const UNTOLD: Story = {ran: false, failures: [], trouble: undefined, lasts: undefined};

/** One crash is mended before anybody could look; so many within {@link WINDOW_MS} are a program that keeps failing. */
export const FAILURES = 4;
export const WINDOW_MS = 10 * 60_000;
/** A program in trouble that stays up this long has recovered: shorter, and a crash loop would recover in every lap. */
export const LASTS_MS = 60_000;

/** `Story × Event → Story′, News`. Pure. @param now - monotonic. */
export function tellOn(story: Story, event: ProcessEvent, now: number): Chapter {
  switch (event.type) {
    case 'state':
      return onState(story, event, now);
    case 'change':
      // The new process proves itself, as after any other start.
      return quietly(event.phase === 'replaced' ? lasting(story, now) : story);
    case 'health':
      return onHealth(story, event);
  }
}

/** The moment in `lasts` has come: it recovered. */
export function lasted(
  story: Story,
  {app, process, at}: Pick<ProcessNews, 'app' | 'process' | 'at'>,
): Chapter {
  if (story.trouble === undefined) return quietly({...story, lasts: undefined});
  return {
    story: {...UNTOLD, ran: true},
    news: {notice: 'recovered', at, app, process, state: 'running', reason: undefined, since: story.trouble},
  };
}

/** It is not up after a boot: what is told of that is told elsewhere, and its recovery is news. */
export function missed(story: Story, at: number): Story {
  return {...story, ran: true, trouble: story.trouble ?? at};
}

function onState(story: Story, event: Extract<ProcessEvent, {type: 'state'}>, now: number): Chapter {
  const known = {...story, ran: story.ran || event.from === 'running', lasts: undefined};
  switch (event.state) {
    case 'stopped':
      return quietly(UNTOLD);
    case 'running':
      return quietly(lasting({...known, ran: true}, now));
    case 'fatal':
      return inTrouble({...known, failures: []}, event);
    case 'backoff':
      return failed(known, event, now);
    case 'starting':
      // The first failure of a program that did run is mended without a wait.
      return event.from === 'running' ? failed(known, event, now) : quietly(known);
    case 'exited':
    case 'stopping':
    case 'unknown':
      return quietly(known);
  }
}

function failed(story: Story, event: Extract<ProcessEvent, {type: 'state'}>, now: number): Chapter {
  const failures = [...story.failures.filter((at) => now - at < WINDOW_MS), now].slice(-FAILURES);
  const counted = {...story, failures};
  const told = story.trouble !== undefined || !story.ran || failures.length < FAILURES;
  return told ? quietly(counted) : inTrouble({...counted, failures: []}, event);
}

function inTrouble(story: Story, event: Extract<ProcessEvent, {type: 'state'}>): Chapter {
  const {at, app, process, state, reason} = event;
  return {
    story: {...story, trouble: story.trouble ?? at},
    news: {notice: 'fatal', at, app, process, state, reason, since: undefined},
  };
}

function onHealth(story: Story, event: Extract<ProcessEvent, {type: 'health'}>): Chapter {
  if (event.health === 'recovered') return lasted(story, event);
  const sick = {...story, ran: true, lasts: undefined};
  // It is said again after every further round of bad answers.
  if (story.trouble !== undefined) return quietly(sick);
  const {at, app, process, detail} = event;
  return {
    story: {...sick, trouble: at},
    news: {notice: 'unhealthy', at, app, process, state: 'running', reason: detail, since: undefined},
  };
}

function lasting(story: Story, now: number): Story {
  return {...story, lasts: story.trouble === undefined ? undefined : now + LASTS_MS};
}

function quietly(story: Story): Chapter {
  return {story, news: undefined};
}
