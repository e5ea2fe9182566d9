import {
  KILL_AGAIN_MS,
  stop,
  start,
  ended,
  notReady,
  reasonOf,
  restarts,
  running,
  stay,
  step,
} from './machine-steps.ts';
import type {Gone, Of} from './machine-steps.ts';
import type {Change, Context, Next, Role, Step, UnitEvent} from './state.ts';

/** What happens to a unit that serves: its end, and the whole of an overlapping restart. */
export function onRunning(state: Of<'running'>, event: UnitEvent, context: Context): Step {
  const {change} = state;
  const roles: readonly Role[] = change === undefined ? ['main'] : ['main', 'candidate'];
  switch (event.type) {
    case 'start':
      return stay(state);
    case 'stop':
      return stop(roles, {id: 'stop'}, context);
    case 'doze':
      // Whoever is proving a new version is not idle.
      return change === undefined ? stop(roles, {id: 'doze'}, context) : stay(state);
    case 'restart':
      if (change !== undefined) return restartAgain(state, change, context);
      return canOverlap(context) ? prove(state, context) : stop(['main'], {id: 'start'}, context);
    case 'ready':
      return event.role === 'candidate' && change?.phase === 'proving'
        ? step(running(0, context), [{type: 'promote'}])
        : stay(state);
    case 'exited':
    case 'failed':
      return event.role === 'candidate'
        ? candidateGone(state, event, context)
        : mainGone(state, event, context);
    case 'due':
      return runningDue(state, context);
  }
}

function prove(state: Of<'running'>, context: Context): Step {
  const until = context.now + context.spec.readyMs;
  return step({...state, change: {phase: 'proving', until}}, [{type: 'spawn', role: 'candidate'}]);
}

/** The candidate may have read the code before its last edit: it makes room for one that reads it now. */
function restartAgain(state: Of<'running'>, change: Change, context: Context): Step {
  if (change.phase === 'abandoning') return step({...state, change: {...change, again: true}});
  return abandon(state, {why: 'restarted again', again: true}, context);
}

function abandon(
  state: Of<'running'>,
  rest: {readonly why: string; readonly again: boolean},
  context: Context,
): Step {
  const until = context.now + KILL_AGAIN_MS;
  return step({...state, change: {phase: 'abandoning', until, ...rest}}, [{type: 'kill', role: 'candidate'}]);
}

function candidateGone(state: Of<'running'>, event: Gone, context: Context): Step {
  const {change} = state;
  if (change === undefined) return stay(state);
  if (change.phase === 'abandoning' && change.again) return prove(state, context);
  const why = change.phase === 'abandoning' ? change.why : reasonOf(event);
  return step({...state, change: undefined}, [{type: 'gave-up-change', why}]);
}

/** The serving process died. A candidate takes its place; else the restart policy decides. */
function mainGone(state: Of<'running'>, event: Gone, context: Context): Step {
  const {change, tries} = state;
  const exit = event.type === 'exited' ? event.exit : {code: undefined, signal: undefined};
  // The user asked for the candidate, so it starts with all its tries.
  if (change?.phase === 'proving')
    return step({id: 'starting', tries: 0, until: change.until}, [{type: 'promote'}]);
  if (change?.phase === 'abandoning') {
    const later: Next = restarts(exit, context)
      ? {id: 'retry', tries: tries + 1, why: reasonOf(event)}
      : {id: 'exit', exit};
    return step({
      id: 'stopping',
      until: change.until,
      next: change.again ? {id: 'start'} : later,
      alive: ['candidate'],
    });
  }
  // The first failure of something that did run is mended at once; only repeated ones have to wait.
  if (tries === 0 && restarts(exit, context)) return start(context, 1);
  return ended(tries, exit, event.why, context);
}

function runningDue(state: Of<'running'>, context: Context): Step {
  const {change, settles = Infinity} = state;
  const settled = settles <= context.now ? {...state, tries: 0, settles: undefined} : state;
  if (change === undefined || change.until > context.now) return step(settled);
  const {why, again} = change.phase === 'abandoning' ? change : {why: notReady(context), again: false};
  return abandon(settled, {why, again}, context);
}

/** Only what can be asked can be proven beside the old process. */
function canOverlap({overlap, probed}: Context): boolean {
  return overlap && probed;
}
