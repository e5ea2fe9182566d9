import type {Unit} from './unit.ts';

/** Nothing of the unit runs or is being started or stopped. */
export function isAtRest({state, leaving}: Unit): boolean {
  return ['stopped', 'dormant', 'exited', 'fatal', 'backoff'].includes(state.id) && leaving.length === 0;
}

/** It runs, or is about to. */
export function isStartingOrUp({state}: Unit): boolean {
  return state.id === 'starting' || state.id === 'running';
}
