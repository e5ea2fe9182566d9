/** Signals of Linux by their names without `SIG` (signal(7)), as Node knows them. Real-time signals have no names there. */
export const SIGNALS = [
  'HUP',
  'INT',
  'QUIT',
  'ILL',
  'TRAP',
  'ABRT',
  'BUS',
  'FPE',
  'KILL',
  'USR1',
  'SEGV',
  'USR2',
  'PIPE',
  'ALRM',
  'TERM',
  'CHLD',
  'CONT',
  'STOP',
  'TSTP',
  'TTIN',
  'TTOU',
  'URG',
  'XCPU',
  'XFSZ',
  'VTALRM',
  'PROF',
  'WINCH',
  'IO',
  'PWR',
  'SYS',
] as const;
/** `TERM`, `USR1`. */
export type SignalName = (typeof SIGNALS)[number];

/** True for a signal's name without `SIG`. */
export function isSignal(text: string): text is SignalName {
  return (SIGNALS as readonly string[]).includes(text);
}

/** What a signal does to most programs that run for long: `ends` them, `halts` them until a CONT, or is an `order` to them, or nothing. */
export function usualEffect(signal: SignalName): 'ends' | 'halts' | 'order' {
  if (HALTS.includes(signal)) return 'halts';
  return ORDERS.includes(signal) ? 'order' : 'ends';
}

const HALTS: readonly SignalName[] = ['STOP', 'TSTP'];
const ORDERS: readonly SignalName[] = [
  'HUP',
  'USR1',
  'USR2',
  'PIPE',
  'CHLD',
  'CONT',
  'TTIN',
  'TTOU',
  'URG',
  'WINCH',
  'IO',
];
