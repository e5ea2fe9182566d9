import {accessSync, constants} from 'node:fs';
import path from 'node:path';

import {MARK} from '../core/mark.ts';
import {isQueue} from '../core/program-spec.ts';
import type {Launch, ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {systemCode} from '../errors.ts';
import {interpreterFor} from './choose-interpreter.ts';
import {command} from './command.ts';
import type {LaunchContext, Prepared, Server, Start} from './contract.ts';
import {daphne} from './daphne.ts';
import {readEnvFile} from './env-file.ts';
import {computeValues, locate} from './compute.ts';
import {buildEnvironment} from './environment.ts';
import type {Environment} from './environment.ts';
import {gateway} from './gateway.ts';
import {gunicorn} from './gunicorn.ts';
import {hypercorn} from './hypercorn.ts';
import type {Interpreter} from './interpreter.ts';
import {queue} from './queue.ts';
import {gunicornConfig, hasSharedMemory, iniOf} from './settings.ts';
import {findTool} from './tool.ts';
import {cannotStart, shown, typed} from './trouble.ts';
import {findUwsgi} from './uwsgi-binary.ts';
import {uvicorn} from './uvicorn.ts';
import {uwsgi} from './uwsgi.ts';

export type {LaunchContext, Prepared} from './contract.ts';

/**
 * What to start for one process of a program, now: looked up anew at every start, so that a new venv, an edited env
 * file or an upgraded server counts without anything else being told.
 *
 * Changes nothing, but for what the commands in `env` do, which it runs. What it cannot find or may not use is said before anything runs.
 *
 * @throws AppsupError `NOT_FOUND` (directory, server, program, ini), `NO_INTERPRETER`, `ENV_FILE`, `CONFIG`, `NO_VALUE`, each with the way out.
 */
export async function prepare(app: AppSpec, program: ProgramSpec, context: LaunchContext): Promise<Prepared> {
  const start: Start = {app, program, context};
  checkDirectory(start);
  checkPort(start);
  const {environment, interpreter} = await surroundings(start);
  const server = await serverFor(start, program.launch, environment.env, interpreter);
  return {
    argv: server.argv,
    env: environment.env,
    directory: program.directory,
    umask: program.umask,
    sockets: server.sockets,
    listenFds: server.listenFds,
    ...probeOf(start),
    secrets: environment.secrets,
    hidden: environment.hidden,
    warnings: [...environment.warnings, ...server.warnings],
  };
}

/**
 * A command of the user's choice in the place of a program: its directory, interpreter, environment and mask, computed as at a start.
 *
 * It is none of the program's processes, so it does not carry their mark: it ends by itself, and they without it.
 *
 * @throws AppsupError as {@link prepare}, but for what concerns the server alone, which may be what is to be repaired.
 */
export async function prepareBeside(
  app: AppSpec,
  program: ProgramSpec,
  context: LaunchContext,
): Promise<Beside> {
  const start: Start = {app, program, context};
  checkDirectory(start);
  const {environment, interpreter} = await surroundings(start);
  const {[MARK]: _, ...env} = environment.env;
  const {directory, umask} = program;
  return {
    env,
    directory,
    umask,
    warnings: environment.warnings,
    locate: (argv) => locate(argv, {directory, env, interpreter, home: context.user.home}),
  };
}

/** Where a command of the user's is run. */
export interface Beside extends Pick<Prepared, 'env' | 'directory' | 'umask' | 'warnings'> {
  /** The words with their program as this place finds it; what is not found stays as it was typed. */
  locate(argv: readonly string[]): readonly string[];
}

async function surroundings(
  start: Start,
): Promise<{readonly environment: Environment; readonly interpreter: Interpreter | undefined}> {
  const interpreter = interpreterFor(start);
  const {home} = start.context.user;
  const uid = process.getuid?.() ?? 0;
  const files = start.app.envFiles.map((file) => readEnvFile(file, {home, uid}));
  const nodeDirectory = path.dirname(process.execPath);
  const ingredients = {...start, interpreter, files, nodeDirectory};
  const computed = await computeValues(start, buildEnvironment({...ingredients, computed: {}}), interpreter);
  return {environment: buildEnvironment({...ingredients, computed}), interpreter};
}

async function serverFor(
  start: Start,
  launch: Launch,
  env: Readonly<Record<string, string>>,
  interpreter: Interpreter | undefined,
): Promise<Server> {
  if (launch.kind === 'command') return command(start, launch, env, interpreter);
  if (launch.kind === 'gateway') return gateway(start);
  if (interpreter === undefined) {
    const venv = typed(path.join(start.app.directory, '.venv'), start.context.user.home);
    throw cannotStart(
      start,
      'NO_INTERPRETER',
      `there is no Python on this host for ${launch.kind}`,
      `say where it is: python = "..." (appsup edit ${start.app.name}), or make ${venv}`,
    );
  }
  switch (launch.kind) {
    case 'gunicorn': {
      const tool = await findTool('gunicorn', interpreter, start);
      const config = gunicornConfig(start, launch.args);
      return gunicorn(start, launch, {
        tool,
        config,
        envArgs: env['GUNICORN_CMD_ARGS'] ?? '',
        sharedMemory: hasSharedMemory(),
      });
    }
    case 'uvicorn':
      return uvicorn(start, launch, await findTool('uvicorn', interpreter, start));
    case 'hypercorn':
      return hypercorn(start, launch, await findTool('hypercorn', interpreter, start));
    case 'daphne':
      return daphne(start, launch, await findTool('daphne', interpreter, start), interpreter.python);
    case 'huey':
    case 'celery':
    case 'rq':
    case 'dramatiq':
      return queue(start, launch, await findTool(launch.kind, interpreter, start), interpreter.python);
    case 'uwsgi':
      return uwsgi(start, launch, {
        ...(await findUwsgi(start, interpreter)),
        ini: iniOf(start, launch.target),
      });
  }
}

function checkDirectory(start: Start): void {
  const {directory} = start.program;
  const place = shown(directory, start.context.user.home);
  try {
    // With the dot a file is ENOTDIR, where what does not exist is ENOENT.
    accessSync(`${directory}/.`, constants.X_OK);
  } catch (error) {
    const problems: Readonly<Record<string, string>> = {
      ENOENT: `the directory ${place} does not exist`,
      ENOTDIR: `${place} is not a directory`,
      EACCES: `you may not enter the directory ${place}`,
    };
    const problem = problems[systemCode(error) ?? ''];
    if (problem === undefined) throw error;
    throw cannotStart(start, 'NOT_FOUND', problem, `correct directory = ... : appsup edit ${start.app.name}`);
  }
}

/** gunicorn without an address would take 0.0.0.0:8000 or 0.0.0.0:$PORT, where everybody can reach it. */
function checkPort(start: Start): void {
  const {program, context, app} = start;
  if (program.listen !== 'none' && context.port === undefined)
    throw new Error(`${app.name}:${program.name} listens and has no port`);
  if (program.listen === 'none' && program.launch.kind !== 'command' && !isQueue(program.launch)) {
    throw cannotStart(
      start,
      'CONFIG',
      `${program.launch.kind} serves, and listen is "none"`,
      `take listen out, or write command = ... : appsup edit ${app.name}`,
    );
  }
}

/** Where and under which name to ask: as a visitor's request reaches the process. */
function probeOf({app, program, context}: Start): Pick<Prepared, 'probePath' | 'probeHost'> {
  const {readiness} = program;
  if (program.listen === 'none') return {probePath: undefined, probeHost: undefined};
  const below = readiness.kind === 'http' ? readiness.path : '/';
  const {publicUrl} = context.base;
  const said = readiness.kind === 'http' ? readiness.host : undefined;
  return {
    probePath: app.prefix === 'keep' ? app.mount + below : below,
    probeHost: said ?? (publicUrl === undefined ? undefined : new URL(publicUrl).host),
  };
}
