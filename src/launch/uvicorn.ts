import type {Launch} from '../core/program-spec.ts';
import {gracefulSeconds, hasOption, refuseOwnOptions} from './arguments.ts';
import type {OwnOption} from './arguments.ts';
import type {Server, Start} from './contract.ts';
import type {Tool} from './tool.ts';
import {atLeast} from './versions.ts';

const ADDRESS = 'the address is the one that the front end was told (port = ...)';
const OWN: readonly OwnOption[] = [
  {long: '--host', why: ADDRESS},
  {long: '--port', why: ADDRESS},
  {long: '--uds', why: ADDRESS},
  {long: '--fd', why: ADDRESS},
];

/**
 * uvicorn on the held socket. It takes one descriptor only, so there is none to ask it in private.
 *
 * The prefix: `--root-path` is for front ends that strip it. Up to 0.25 uvicorn left the path as it came, since 0.26
 * it puts the prefix back in front of it, which Starlette (0.35, FastAPI 0.109) expects; with either, links and routes
 * agree. In keep mode the prefix would then be there twice.
 *
 * @throws AppsupError `CONFIG` when arguments would move it to another address.
 */
export function uvicorn(start: Start, launch: Extract<Launch, {kind: 'uvicorn'}>, tool: Tool): Server {
  const {app, program, context} = start;
  refuseOwnOptions(start, launch.args, 'args', OWN);
  const inherits = program.listen === 'socket';
  const strips = app.prefix === 'strip' && app.mount !== '' && !hasOption(launch.args, '--root-path');
  const options = [
    ...(inherits ? ['--fd', '3'] : ['--host', '127.0.0.1', '--port', String(context.port)]),
    ...(launch.workers > 1 ? ['--workers', String(launch.workers)] : []),
    ...(strips ? ['--root-path', app.mount] : []),
    // Through a Unix socket a visitor has no address, and uvicorn trusts none: but only the web server can connect.
    ...(app.transport === 'unix' && !hasOption(launch.args, '--forwarded-allow-ips')
      ? ['--forwarded-allow-ips', '*']
      : []),
    // Without it uvicorn waits for open streams and WebSockets until it is killed.
    ...(atLeast(tool.version, 0, 22)
      ? ['--timeout-graceful-shutdown', String(gracefulSeconds(program.stopMs))]
      : []),
  ];
  return {
    argv: [...tool.argv, ...options, ...launch.args, launch.target],
    sockets: inherits ? ['held'] : [],
    listenFds: false,
    warnings:
      app.prefix === 'keep'
        ? [
            `uvicorn does not divide ${app.mount} from the path: set prefix = "strip", or give the app its prefix: FastAPI(root_path=os.environ["APPSUP_MOUNT"])`,
          ]
        : [],
  };
}
