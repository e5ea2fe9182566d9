import {flagOf} from './values.ts';
import type {Unit} from './unit.ts';

/** What a socket unit asks for. */
export interface SocketWish {
  /** The service that it is for, by the unit's name. */
  readonly service: string;
  /** `unix` when all that it listens on is a path. */
  readonly transport: 'unix' | undefined;
}

/** A socket unit. `undefined` after a remark that it was refused, and why. */
export function readSocket(unit: Unit): SocketWish | undefined {
  const service = unit.text('Socket', 'Service');
  if (service !== undefined) unit.say(service.at, 'dropped', 'it is held for the program of that service');
  const wish = service?.value ?? `${unit.name.full.slice(0, -'.socket'.length)}.service`;
  if (unit.masked) {
    unit.say(
      undefined,
      'changed',
      'it is empty, which systemd calls masked, and its service could not be started: a socket is held all the same',
    );
    return {service: wish, transport: undefined};
  }
  const accept = unit.text('Socket', 'Accept');
  if (accept !== undefined && flagOf(accept.value) === true)
    unit.say(accept.at, 'refused', 'a process for each visitor: have the program accept by itself');
  const streams = unit.all('Socket', 'ListenStream');
  const paths = streams.filter(({value}) => /^[/@%]/.test(value));
  for (const at of streams) {
    const value = unit.resolved(at);
    if (value === undefined) continue;
    if (paths.includes(at))
      unit.say(at, 'changed', 'a socket of appsup’s own, held over all restarts: appsup snippet names it');
    else unit.say(at, 'changed', `a port is leased and held over all restarts${portOf(value)}`);
  }
  if (streams.length > 1) streams.slice(1).forEach((at) => unit.say(at, 'refused', 'an app has one socket'));
  unit.noteRest();
  if (unit.refused) return undefined;
  return {service: wish, transport: paths.length > 0 && paths.length === streams.length ? 'unix' : undefined};
}

/** Ports below 1024 are root's, and one that others reach has to stay where it is. */
function portOf(value: string): string {
  const port = Number(/(\d+)$/.exec(value)?.[1]);
  return port >= 1024 && port <= 65_535 ? ` (to keep it: port = ${port})` : '';
}
