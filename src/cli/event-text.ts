import type {SupervisorEvent} from '../control/api.ts';
import {oneLine} from './printable.ts';
import type {Style} from './terminal.ts';

/** An event out of a line of the supervisor's own log; `undefined` for everything else that stands there. Pure. */
export function eventOf(line: string): SupervisorEvent | undefined {
  // Most lines are events; those that are not need no parsing.
  if (!line.includes('"type":')) return undefined;
  try {
    const {
      at,
      level: _level,
      message: _message,
      ...facts
    } = JSON.parse(line) as Readonly<Record<string, unknown>>;
    const moment = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    const event = {...facts, at: moment} as unknown as SupervisorEvent;
    // Written by a supervisor of ours, perhaps a newer one: what has another shape is not shown.
    return Number.isNaN(moment) || !isComplete(event) ? undefined : event;
  } catch (error) {
    // A line that was cut off by a full disk.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  state: ['app', 'process', 'from', 'state'],
  change: ['app', 'process', 'phase'],
  health: ['app', 'process', 'health'],
  config: ['app', 'change'],
  boot: ['running', 'missing'],
  run: ['app', 'name', 'kind', 'phase', 'result'],
} satisfies Record<SupervisorEvent['type'], readonly string[]>;

function isComplete(event: SupervisorEvent): boolean {
  const needed = Object.hasOwn(NEEDED, event.type) ? NEEDED[event.type] : undefined;
  if (needed === undefined) return false;
  const values = needed.map((name) => (event as unknown as Readonly<Record<string, unknown>>)[name]);
  return values.every((value) => (event.type === 'boot' ? Array.isArray(value) : typeof value === 'string'));
}

/** `2026-11-20 14:02:11  flasktasks:web  running -> backoff  exit 1: ...`. Pure but for the time zone. */
export function eventLine(event: SupervisorEvent, style: Style): string {
  const {name, what, paint, more} = partsOf(event, style);
  const parts = [
    style.dim(timeOf(event.at)),
    style.bold(name),
    paint(what),
    ...(more === undefined ? [] : [oneLine(more)]),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

interface Parts {
  readonly name: string;
  readonly what: string;
  readonly paint: (text: string) => string;
  readonly more: string | undefined;
}

function partsOf(event: SupervisorEvent, style: Style): Parts {
  switch (event.type) {
    case 'state': {
      const paint =
        event.state === 'running'
          ? style.good
          : event.state === 'fatal' || event.state === 'backoff'
            ? style.bad
            : same;
      const pid = event.pid === undefined ? undefined : `pid ${event.pid}`;
      return {name: nameOf(event), what: `${event.from} -> ${event.state}`, paint, more: event.reason ?? pid};
    }
    case 'change':
      return {
        name: nameOf(event),
        what: PHASES[event.phase],
        paint: event.phase === 'gave-up' ? style.bad : same,
        more: event.reason,
      };
    case 'health':
      return {
        name: nameOf(event),
        what: event.health,
        paint: event.health === 'unhealthy' ? style.bad : style.good,
        more: event.detail,
      };
    case 'config':
      return {
        name: event.app,
        what: `file ${event.change}`,
        paint: event.change === 'broken' ? style.bad : same,
        more: undefined,
      };
    case 'run': {
      const ended = event.phase === 'ended';
      return {
        name: nameOf({app: event.app, process: event.name}),
        what: `${event.kind} ${ended ? event.result : event.phase}`,
        paint: !ended || event.result === 'done' ? same : style.bad,
        more: event.reason,
      };
    }
    case 'boot':
      return {
        name: '',
        what: `after the boot: ${event.running.length} up`,
        paint: event.missing.length === 0 ? style.good : style.bad,
        more: event.missing.length === 0 ? undefined : `missing: ${event.missing.join(', ')}`,
      };
  }
}

const PHASES = {
  proving: 'new version starting',
  replaced: 'new version serves',
  'gave-up': 'new version given up',
} as const;

function nameOf({app, process}: {readonly app: string; readonly process: string}): string {
  return `${app}:${process}`;
}

function same(text: string): string {
  return text;
}

/** In the user's time zone, with the date: events are looked at days later. */
function timeOf(at: number): string {
  const moment = new Date(at);
  const two = (figure: number): string => String(figure).padStart(2, '0');
  const date = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join('-');
  return `${date} ${[moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(':')}`;
}
