import {backoffDelay} from './backoff.ts';
import type {Change, Context, Exit, Next, Role, Step, UnitEvent, UnitState} from './state.ts';

/** A process that was running this long is a success: its earlier failures are forgotten. */
export const SETTLE_MS = 10_000;
/** SIGKILL is sent again this often, for a process in uninterruptible sleep. */
export const KILL_AGAIN_MS = 2000;

type Of<Id extends UnitState['id']> = Extract<UnitState, {id: Id}>;
type Gone = Extract<UnitEvent, {type: 'exited' | 'failed'}>;
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

function onRunning(state: Of<'running'>, event: UnitEvent, context: Context): Step {
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

function follow(next: Next, context: Context): Step {
  switch (next.id) {
    case 'stop':
      return step({id: 'stopped'});
    case 'start':
      return start(context, 0);
    case 'doze':
      return step({id: 'dormant'});
    case 'exit':
      return step({id: 'exited', exit: next.exit});
    case 'retry':
      return retry(next.tries, next.why, context);
  }
}

function start(context: Context, tries: number): Step {
  const {readyMs, startMs} = context.spec;
  const until = context.now + (context.probed ? readyMs : startMs);
  return step({id: 'starting', tries, until}, [{type: 'spawn', role: 'main'}]);
}

function stop(alive: readonly Role[], next: Next, context: Context): Step {
  return step(
    {id: 'stopping', until: context.now + context.spec.stopMs, next, alive},
    alive.map((role) => ({type: role === 'candidate' ? 'kill' : 'terminate', role})),
  );
}

/** A process ended by itself: again, later, or not. */
function ended(tries: number, exit: Exit, why: string | undefined, context: Context): Step {
  if (!restarts(exit, context)) return step({id: 'exited', exit});
  return retry(tries + 1, why ?? describeExit(exit), context);
}

/** A start came to nothing: again after a while, unless that was the last try. */
function retry(tries: number, why: string, context: Context): Step {
  const {spec, now} = context;
  if (spec.restart === 'never' || tries >= spec.giveUp) return step({id: 'fatal', why});
  return step({id: 'backoff', tries, until: now + backoffDelay(tries, spec), why});
}

function restarts(exit: Exit, {spec}: Context): boolean {
  return spec.restart === 'always' || (spec.restart === 'on-failure' && exit.code !== 0);
}

function running(tries: number, context: Context): Of<'running'> {
  return {id: 'running', tries, settles: context.now + SETTLE_MS, change: undefined};
}

function wantsStart(event: UnitEvent): boolean {
  return event.type === 'start' || event.type === 'restart';
}

/** Only what can be asked can be proven beside the old process. */
function canOverlap({overlap, probed}: Context): boolean {
  return overlap && probed;
}

function notReady({spec}: Context): string {
  return `not ready within ${spec.readyMs / 1000} s`;
}

function reasonOf(event: Gone): string {
  return event.why ?? (event.type === 'exited' ? describeExit(event.exit) : 'could not be started');
}

/** `exit 1`, `killed by SIGKILL`, `ended (status unknown: it was adopted)`. */
export function describeExit(exit: Exit): string {
  if (exit.signal !== undefined) return `killed by ${exit.signal}`;
  return exit.code === undefined ? 'ended (status unknown: it was adopted)' : `exit ${exit.code}`;
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

function step(state: UnitState, actions: Step['actions'] = []): Step {
  return {state, actions};
}

function stay(state: UnitState): Step {
  return {state, actions: []};
}
