import {STOP_SIGNALS} from '../core/program-spec.ts';
import type {StopSignal} from '../core/program-spec.ts';

/** supervisord's words for yes and no. */
export function booleanOf(text: string): boolean | undefined {
  if (/^(yes|true|on|1)$/i.test(text)) return true;
  return /^(no|false|off|0)$/i.test(text) ? false : undefined;
}

/** A whole number from 0. */
export function countOf(text: string): number | undefined {
  return /^\+?\d{1,9}$/.test(text.trim()) ? Number(text) : undefined;
}

/** Numbers of Linux (signal(7)). */
const NUMBERS: Readonly<Record<string, string>> = {
  1: 'HUP',
  2: 'INT',
  3: 'QUIT',
  9: 'KILL',
  10: 'USR1',
  12: 'USR2',
  15: 'TERM',
};

/** `SIGINT`, `int` and `2` are INT. `undefined`: none that a program can be stopped by here. */
export function signalOf(text: string): StopSignal | undefined {
  const name = NUMBERS[text] ?? text.toUpperCase().replace(/^SIG/, '');
  return STOP_SIGNALS.find((each) => each === name);
}

/** `022`, `0077` as three digits. */
export function maskOf(text: string): string | undefined {
  return /^0*[0-7]{1,3}$/.test(text) ? Number.parseInt(text, 8).toString(8).padStart(3, '0') : undefined;
}
