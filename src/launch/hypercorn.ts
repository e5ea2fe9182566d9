import type {Launch} from '../core/program-spec.ts';
import {gracefulSeconds, hasOption, refuseOwnOptions} from './arguments.ts';
import type {OwnOption} from './arguments.ts';
import type {Server, Start} from './contract.ts';
import type {Tool} from './tool.ts';

const ADDRESS = 'the address is the one that the front end was told (port = ...)';
const OWN: readonly OwnOption[] = [
  {long: '--bind', short: '-b', why: ADDRESS},
  {long: '--insecure-bind', why: ADDRESS},
  {long: '--quic-bind', why: ADDRESS},
];

/**
 * hypercorn on the inherited sockets, one `fd://` for each: the second is to ask it in private.
 *
 * @throws AppsupError `CONFIG` when arguments would move it to another address.
 */
export function hypercorn(start: Start, launch: Extract<Launch, {kind: 'hypercorn'}>, tool: Tool): Server {
  const {app, program, context} = start;
  refuseOwnOptions(start, launch.args, 'args', OWN);
  const inherits = program.listen === 'socket';
  const addresses = inherits ? ['fd://3', 'fd://4'] : [`127.0.0.1:${context.port}`];
  const strips = app.prefix === 'strip' && app.mount !== '' && !hasOption(launch.args, '--root-path');
  const options = [
    ...addresses.flatMap((address) => ['--bind', address]),
    ...['--workers', String(launch.workers)],
    ...(strips ? ['--root-path', app.mount] : []),
    // Of three seconds by itself.
    ...['--graceful-timeout', String(gracefulSeconds(program.stopMs))],
  ];
  return {
    argv: [...tool.argv, ...options, ...launch.args, launch.target],
    sockets: inherits ? ['held', 'private'] : [],
    listenFds: false,
    warnings: [],
  };
}
