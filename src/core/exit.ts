import type {Exit} from './state.ts';

/** `exit 1`, `killed by SIGKILL`, `ended (status unknown: it was adopted)`. */
export function describeExit(exit: Exit): string {
  if (exit.signal !== undefined) return `killed by ${exit.signal}`;
  return exit.code === undefined ? 'ended (status unknown: it was adopted)' : `exit ${exit.code}`;
}
