import type {Launch} from '../core/spec.ts';
import {hasOption, refuseOwnOptions} from './arguments.ts';
import type {OwnOption} from './arguments.ts';
import type {Server, Start} from './contract.ts';
import {listeningFirst} from './listening-first.ts';
import type {Tool} from './tool.ts';

const ADDRESS = 'the address is the one that the front end was told (port = ...)';
const OWN: readonly OwnOption[] = [
  {long: '--bind', short: '-b', why: ADDRESS},
  {long: '--port', short: '-p', why: ADDRESS},
  {long: '--unix-socket', short: '-u', why: ADDRESS},
  {long: '--endpoint', short: '-e', why: ADDRESS},
  {long: '--fd', why: ADDRESS},
];

/**
 * daphne on the held socket. Its `--fd` takes a TCP socket only; one of Unix is handed over as systemd does it.
 *
 * @throws AppsupError `CONFIG` when arguments would move it to another address.
 */
export function daphne(
  start: Start,
  launch: Extract<Launch, {kind: 'daphne'}>,
  tool: Tool,
  python: string,
): Server {
  const {app, program, context} = start;
  refuseOwnOptions(start, launch.args, 'args', OWN);
  const inherits = program.listen === 'socket';
  const isUnix = app.transport === 'unix';
  const held = isUnix ? ['--endpoint', 'systemd:domain=UNIX:index=0'] : ['--fd', '3'];
  const strips = app.prefix === 'strip' && app.mount !== '' && !hasOption(launch.args, '--root-path');
  const command = [
    ...tool.argv,
    ...(inherits ? held : ['--bind', '127.0.0.1', '--port', String(context.port)]),
    ...(strips ? ['--root-path', app.mount] : []),
    ...launch.args,
    launch.target,
  ];
  return {
    argv: inherits ? listeningFirst(python, 1, command) : command,
    sockets: inherits ? ['held'] : [],
    listenFds: inherits && isUnix,
    warnings: [],
  };
}
