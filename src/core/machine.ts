import {onRunning} from './machine-running.ts';
import {
  KILL_AGAIN_MS,
  ended,
  follow,
  notReady,
  retry,
  running,
  start,
  stay,
  step,
  stop,
} from './machine-steps.ts';
import type {Gone, Of} from './machine-steps.ts';
import type {Context, Next, Step, UnitEvent, UnitState} from './state.ts';

type On<State> = (state: State, event: UnitEvent, context: Context) => Step;

const machine: {readonly [Id in UnitState['id']]: On<Of<Id>>} = {
  stopped: onResting,
  dormant: onResting,
  starting: onStarting,
  running: onRunning,
  backoff: onBackoff,
  stopping: onStopping,
  exited: onResting,
  fatal: onResting,
};

/** `State × Event → State′, Actions`. Pure: same input, same answer, no clock, no process. */
export function transition<Id extends UnitState['id']>(
  state: Of<Id>,
  event: UnitEvent,
  context: Context,
): Step {
  // A timer may fire a little early, and one that was set for an earlier state late.
  if (event.type === 'due' && (deadlineOf(state) ?? Infinity) > context.now) return stay(state);
  return (machine[state.id] as On<Of<Id>>)(state, event, context);
}

/** The next moment at which `due` has to be sent, or `undefined`. */
export function deadlineOf(state: UnitState): number | undefined {
  switch (state.id) {
    case 'starting':
    case 'backoff':
    case 'stopping':
      return state.until;
    case 'running':
      return earlier(state.settles, state.change?.until);
    case 'stopped':
    case 'dormant':
    case 'exited':
    case 'fatal':
      return undefined;
  }
}

/** The state of a process that was found running by a new supervisor. */
export function adopted(): UnitState {
  return {id: 'running', tries: 0, settles: undefined, change: undefined};
}

function onStarting(state: Of<'starting'>, event: UnitEvent, context: Context): Step {
  switch (event.type) {
    case 'ready':
      return event.role === 'main' ? step(running(state.tries, context)) : stay(state);
    case 'exited':
      return event.role === 'main' ? ended(state.tries, event.exit, event.why, context) : stay(state);
    case 'failed':
      return event.role === 'main' ? retry(state.tries + 1, event.why, context) : stay(state);
    case 'due':
      return context.probed
        ? stop(['main'], {id: 'retry', tries: state.tries + 1, why: notReady(context)}, context)
        : step(running(state.tries, context));
    case 'stop':
      return stop(['main'], {id: 'stop'}, context);
    case 'restart':
      return stop(['main'], {id: 'start'}, context);
    case 'start':
    case 'doze':
      return stay(state);
  }
}

function onBackoff(state: Of<'backoff'>, event: UnitEvent, context: Context): Step {
  switch (event.type) {
    case 'start':
    case 'restart':
      return start(context, 0);
    case 'stop':
      return step({id: 'stopped'});
    case 'doze':
      return step({id: 'dormant'});
    case 'due':
      return start(context, state.tries);
    case 'ready':
    case 'exited':
    case 'failed':
      return stay(state);
  }
}

function onStopping(state: Of<'stopping'>, event: UnitEvent, context: Context): Step {
  switch (event.type) {
    case 'stop':
      return step({...state, next: {id: 'stop'}});
    case 'start':
    case 'restart':
      return step({...state, next: {id: 'start'}});
    case 'doze':
      return step({...state, next: {id: 'doze'}});
    case 'exited':
    case 'failed': {
      if (!state.alive.includes(event.role)) return stay(state);
      const alive = state.alive.filter((role) => role !== event.role);
      return alive.length > 0 ? step({...state, alive}) : follow(explained(state.next, event), context);
    }
    case 'due':
      return step(
        {...state, until: context.now + KILL_AGAIN_MS},
        state.alive.map((role) => ({type: 'kill', role})),
      );
    case 'ready':
      return stay(state);
  }
}

function onResting(
  state: Of<'stopped'> | Of<'dormant'> | Of<'exited'> | Of<'fatal'>,
  event: UnitEvent,
  context: Context,
): Step {
  if (wantsStart(event)) return start(context, 0);
  if (event.type === 'stop' && state.id !== 'stopped') return step({id: 'stopped'});
  return event.type === 'doze' && state.id !== 'dormant' ? step({id: 'dormant'}) : stay(state);
}

/** Whoever ended a process that did not get ready may know more of it by now. */
function explained(next: Next, {role, why}: Gone): Next {
  return next.id === 'retry' && role === 'main' && why !== undefined ? {...next, why} : next;
}

function wantsStart(event: UnitEvent): boolean {
  return event.type === 'start' || event.type === 'restart';
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}
