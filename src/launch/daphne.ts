import type {Launch} from '../core/program-spec.ts';
import {hasOption, refuseOwnOptions} from './arguments.ts';
import type {OwnOption} from './arguments.ts';
import type {Server, Start} from './contract.ts';
import {listeningFirst} from './listening-first.ts';
import type {Tool} from './tool.ts';
import {cannotStart} from './trouble.ts';

const ADDRESS = 'the address is the one that the front end was told (port = ...)';
const OWN: readonly OwnOption[] = [
  {long: '--bind', short: '-b', why: ADDRESS},
  {long: '--port', short: '-p', why: ADDRESS},
  {long: '--unix-socket', short: '-u', why: ADDRESS},
  {long: '--endpoint', short: '-e', why: ADDRESS},
  {long: '--fd', why: ADDRESS},
];

/**
 * daphne on the held socket, which has to be one of TCP: Twisted changes the mode of a Unix socket by the name that it was
 * bound to, and ours has another one by then.
 *
 * @throws AppsupError `CONFIG` for a Unix socket, and when arguments would move it to another address.
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
  if (inherits && app.transport === 'unix') {
    throw cannotStart(
      start,
      'CONFIG',
      'daphne takes no Unix socket that is held for it, and transport is "unix"',
      `transport = "tcp", or run it by uvicorn or hypercorn: appsup edit ${app.name}`,
    );
  }
  const strips = app.prefix === 'strip' && app.mount !== '' && !hasOption(launch.args, '--root-path');
  const command = [
    ...tool.argv,
    ...(inherits ? ['--fd', '3'] : ['--bind', '127.0.0.1', '--port', String(context.port)]),
    ...(strips ? ['--root-path', app.mount] : []),
    ...launch.args,
    launch.target,
  ];
  return {
    argv: inherits ? listeningFirst(python, 1, command) : command,
    sockets: inherits ? ['held'] : [],
    listenFds: false,
    warnings: [],
  };
}
