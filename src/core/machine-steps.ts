import {backoffDelay} from './backoff.ts';
import {describeExit} from './exit.ts';
import type {Context, Exit, Next, Role, Step, UnitEvent, UnitState} from './state.ts';

/** A process that was running this long is a success: its earlier failures are forgotten. */
export const SETTLE_MS = 10_000;

/** SIGKILL is sent again this often, for a process in uninterruptible sleep. */
export const KILL_AGAIN_MS = 2000;

/** The state of a name. */
export type Of<Id extends UnitState['id']> = Extract<UnitState, {id: Id}>;
/** There is no process any more, or never was. */
export type Gone = Extract<UnitEvent, {type: 'exited' | 'failed'}>;

/** Into a state, with what is to be done. */
export function step(state: UnitState, actions: Step['actions'] = []): Step {
  return {state, actions};
}

/** Nothing happens. */
export function stay(state: UnitState): Step {
  return {state, actions: []};
}

/** All that had to be ended is gone: what was to come next comes. */
export function follow(next: Next, context: Context): Step {
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

/** Start the main process; `tries` starts before it came to nothing. */
export function start(context: Context, tries: number): Step {
  const {readyMs, startMs} = context.spec;
  const until = context.now + (context.probed ? readyMs : startMs);
  return step({id: 'starting', tries, until}, [{type: 'spawn', role: 'main'}]);
}

/** End what lives, the main process with its stop signal, and then go on with what is next. */
export function stop(alive: readonly Role[], next: Next, context: Context): Step {
  return step(
    {id: 'stopping', until: context.now + context.spec.stopMs, next, alive},
    alive.map((role) => ({type: role === 'candidate' ? 'kill' : 'terminate', role})),
  );
}

/** A process ended by itself: again, later, or not. */
export function ended(tries: number, exit: Exit, why: string | undefined, context: Context): Step {
  if (!restarts(exit, context)) return step({id: 'exited', exit});
  return retry(tries + 1, why ?? describeExit(exit), context);
}

/** A start came to nothing: again after a while, unless that was the last try. */
export function retry(tries: number, why: string, context: Context): Step {
  const {spec, now} = context;
  if (spec.restart === 'never' || tries >= spec.giveUp) return step({id: 'fatal', why});
  return step({id: 'backoff', tries, until: now + backoffDelay(tries, spec), why});
}

/** Whether the program is to run again after such an end. */
export function restarts(exit: Exit, {spec}: Context): boolean {
  return spec.restart === 'always' || (spec.restart === 'on-failure' && exit.code !== 0);
}

/** Ready, and not yet for long. */
export function running(tries: number, context: Context): Of<'running'> {
  return {id: 'running', tries, settles: context.now + SETTLE_MS, change: undefined};
}

/** Why a process was given up that had its time. */
export function notReady({spec}: Context): string {
  return `not ready within ${spec.readyMs / 1000} s`;
}

/** Why there is no process any more. */
export function reasonOf(event: Gone): string {
  return event.why ?? (event.type === 'exited' ? describeExit(event.exit) : 'could not be started');
}
