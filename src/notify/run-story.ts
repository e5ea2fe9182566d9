import type {SupervisorEvent} from '../control/api.ts';
import {UNTOLD} from './story.ts';
import type {Chapter, Story} from './story.ts';

export type RunEvent = Extract<SupervisorEvent, {type: 'run'}>;

/**
 * `Story × Event → Story′, News` of a job or task: each failure is news, and the first success after one. Pure.
 *
 * A run that its user has cancelled is none: he knows.
 */
export function tellOnRun(story: Story, {at, app, name, phase, result, reason}: RunEvent): Chapter {
  const news = {at, app, process: name, state: undefined};
  if (phase !== 'ended') return {story, news: undefined};
  switch (result) {
    case 'failed':
    case 'timeout':
    case 'interrupted':
      return {
        story: {...story, trouble: story.trouble ?? at},
        news: {...news, notice: 'failed', reason: reason ?? result, since: undefined},
      };
    case 'done':
      return story.trouble === undefined
        ? {story, news: undefined}
        : {story: UNTOLD, news: {...news, notice: 'recovered', reason: undefined, since: story.trouble}};
    case 'cancelled':
    case 'running':
      return {story, news: undefined};
  }
}
