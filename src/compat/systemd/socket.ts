import {isSocketName, socketVariable} from '../../core/names.ts';
import {MAIN_SOCKET} from '../../core/program-spec.ts';
import type {SocketType} from '../../core/program-spec.ts';
import type {Directive} from './unit-file.ts';
import {flagOf} from './values.ts';
import type {Unit} from './unit.ts';

/** What a socket unit asks for. */
export interface SocketWish {
  /** The service that it is for, by the unit's name. */
  readonly service: string;
  /** `unix` when the first that it listens on is a path. */
  readonly transport: 'unix' | undefined;
  /** What else it listens on: held sockets of the program, by name. */
  readonly further: readonly FurtherSocket[];
}

export interface FurtherSocket {
  readonly name: string;
  readonly type: SocketType;
  readonly at: Directive;
}

/**
 * A socket unit. `undefined` after a remark that it was refused, and why.
 *
 * @param earlier - Units before it, perhaps for the same service: its first socket is the app's, and names are given once.
 */
export function readSocket(unit: Unit, earlier: readonly (SocketWish | undefined)[]): SocketWish | undefined {
  const service = unit.text('Socket', 'Service');
  if (service !== undefined) unit.say(service.at, 'dropped', 'it is held for the program of that service');
  const wish = service?.value ?? `${unit.name.full.slice(0, -'.socket'.length)}.service`;
  if (unit.masked) {
    unit.say(
      undefined,
      'changed',
      'it is empty, which systemd calls masked, and its service could not be started: a socket is held all the same',
    );
    return {service: wish, transport: undefined, further: []};
  }
  const accept = unit.text('Socket', 'Accept');
  if (accept !== undefined && flagOf(accept.value) === true)
    unit.say(accept.at, 'refused', 'a process for each visitor: have the program accept by itself');
  const streams = unit.all('Socket', 'ListenStream');
  const others = earlier.filter((other) => other?.service === wish);
  const name = readName(unit);
  const names = others.flatMap((other) => other?.further ?? []).map((each) => each.name);
  const further: FurtherSocket[] = [];
  for (const [index, at] of streams.entries()) {
    const value = unit.resolved(at);
    if (value === undefined) continue;
    if (index === 0 && others.length === 0) noteMain(unit, at, value);
    else {
      const socket = {name: freeName(name, names), type: typeOf(at), at};
      names.push(socket.name);
      further.push(socket);
      unit.say(
        at,
        'changed',
        `a socket of the program, ${socket.name} in LISTEN_FDNAMES, held over all restarts`,
      );
    }
  }
  unit.noteRest();
  if (unit.refused) return undefined;
  const [first] = streams;
  return {
    service: wish,
    transport: first !== undefined && typeOf(first) === 'unix' ? 'unix' : undefined,
    further,
  };
}

function typeOf({value}: Directive): SocketType {
  return /^[/@%]/.test(value) ? 'unix' : 'tcp';
}

function noteMain(unit: Unit, at: Directive, value: string): void {
  if (typeOf(at) === 'unix')
    unit.say(at, 'changed', 'a socket of appsup’s own, held over all restarts: appsup snippet names it');
  else unit.say(at, 'changed', `a port is leased and held over all restarts${portOf(value)}`);
}

/** systemd calls all sockets of a unit alike: as it is said, or as the unit (systemd.socket(5)). */
function readName(unit: Unit): string {
  const said = unit.text('Socket', 'FileDescriptorName');
  if (said !== undefined)
    unit.say(
      said.at,
      'changed',
      `the app's own socket is ${MAIN_SOCKET} in LISTEN_FDNAMES, each other one has a name`,
    );
  const name = said?.value ?? unit.name.prefix;
  return isSocketName(name) ? name : 'socket';
}

function freeName(wish: string, taken: readonly string[]): string {
  const isTaken = (name: string) =>
    [MAIN_SOCKET, ...taken].some((other) => socketVariable(other) === socketVariable(name));
  if (!isTaken(wish)) return wish;
  let number = 2;
  while (isTaken(numbered(wish, number))) number++;
  return numbered(wish, number);
}

function numbered(name: string, number: number): string {
  return `${name.slice(0, 28)}-${number}`;
}

/** Ports below 1024 are root's, and one that others reach has to stay where it is. */
function portOf(value: string): string {
  const port = Number(/(\d+)$/.exec(value)?.[1]);
  return port >= 1024 && port <= 65_535 ? ` (to keep it: port = ${port})` : '';
}
