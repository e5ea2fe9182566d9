import type {ProgramSpec} from '../core/program-spec.ts';

/**
 * The longest wait between two tries after a boot: what they wait for may come at any time, and half a minute later the program is
 * to be up.
 */
const PATIENT_MS = 20_000;

/**
 * What the machine goes by: the spec of what runs, but whatever gets ready next was started from the newest.
 *
 * @param patient - After a boot nothing gives up.
 */
export function rulesFor(current: ProgramSpec, next: ProgramSpec, patient: boolean): ProgramSpec {
  const {backoffMs, backoffCapMs} = current;
  const readyMs = next.readiness.kind === 'none' ? next.readyMs + next.startMs : next.readyMs;
  const rules = {...current, readyMs};
  if (!patient) return rules;
  return {...rules, giveUp: Infinity, backoffCapMs: Math.max(backoffMs, Math.min(backoffCapMs, PATIENT_MS))};
}
