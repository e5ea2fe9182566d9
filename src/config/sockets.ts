import path from 'node:path';

import {isSocketName, socketVariable} from '../core/names.ts';
import {MAIN_SOCKET} from '../core/program-spec.ts';
import type {Launch, Listen, ProgramSpec} from '../core/program-spec.ts';
import type {ProgramContext} from './program-launch.ts';

/** Serves its app on every socket that it is handed, whatever it is called (gunicorn/systemd.py, gunicorn/arbiter.py). */
const SERVES_ON_ALL = 'gunicorn';

/** True for what can be handed several sockets, and will tell them apart. */
export function takesSockets(launch: Launch): boolean {
  return launch.kind === 'command' && path.basename(launch.argv[0] ?? '') !== SERVES_ON_ALL;
}

/** The named sockets of a program; kinds of servers other than a command are refused with their other keys. */
export function readSockets(
  sockets: ProgramSpec['sockets'],
  {launch, listen}: {readonly launch: Launch; readonly listen: Listen},
  {name, report}: Pick<ProgramContext, 'name' | 'report'>,
): ProgramSpec['sockets'] {
  const names = Object.keys(sockets);
  if (names.length === 0 || launch.kind !== 'command') return {};
  const at = ['programs', name, 'sockets'];
  if (listen !== 'socket') {
    report({
      path: at,
      message: `"sockets" cannot be with listen = "${listen}": they come after the app's own, which is descriptor 3`,
      hint: 'if the program can take open sockets: listen = "socket"',
    });
  }
  if (!takesSockets(launch)) {
    report({
      path: at,
      message: `Cannot hand further sockets to ${SERVES_ON_ALL}: it would serve the app on each of them`,
      hint: 'remove sockets; a program of your own can tell them apart by LISTEN_FDNAMES',
    });
  }
  for (const [index, each] of names.entries()) {
    const message = mistakeIn(each, names.slice(0, index).filter(isSocketName));
    if (message !== undefined)
      report({
        path: [...at, each],
        at: 'key',
        message: `Cannot use ${JSON.stringify(each)} as a socket's name${message}`,
        hint: "letters, digits, '.', _ and -; at most 32, a letter first",
      });
  }
  return sockets;
}

function mistakeIn(name: string, before: readonly string[]): string | undefined {
  if (!isSocketName(name)) return '';
  if (name === MAIN_SOCKET) return ": it is that of the app's own";
  const twin = before.find((other) => socketVariable(other) === socketVariable(name));
  return twin === undefined ? undefined : `: with "${twin}" it would share ${socketVariable(name)}`;
}
