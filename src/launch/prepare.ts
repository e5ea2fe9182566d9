import {accessSync, constants, readFileSync, statSync, statfsSync} from 'node:fs';
import path from 'node:path';

import type {AppSpec, Launch, ProgramSpec} from '../core/spec.ts';
import {systemCode} from '../errors.ts';
import {optionValue} from './arguments.ts';
import {command} from './command.ts';
import type {LaunchContext, Prepared, Server, Start} from './contract.ts';
import {readEnvFile} from './env-file.ts';
import {buildEnvironment} from './environment.ts';
import {gunicorn} from './gunicorn.ts';
import {findInterpreter} from './interpreter.ts';
import type {Broken, Interpreter} from './interpreter.ts';
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
 * Changes nothing. What it cannot find or may not use is said before anything runs.
 *
 * @throws AppsupError `NOT_FOUND` (directory, server, program, ini), `NO_INTERPRETER`, `ENV_FILE`, `CONFIG`, each with the way out.
 */
export async function prepare(app: AppSpec, program: ProgramSpec, context: LaunchContext): Promise<Prepared> {
  const start: Start = {app, program, context};
  const {home} = context.user;
  checkDirectory(start);
  checkPort(start);
  const interpreter = interpreterFor(start);
  const uid = process.getuid?.() ?? 0;
  const files = app.envFiles.map((file) => readEnvFile(file, {home, uid}));
  const nodeDirectory = path.dirname(process.execPath);
  const environment = buildEnvironment({...start, interpreter, files, nodeDirectory});
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

async function serverFor(
  start: Start,
  launch: Launch,
  env: Readonly<Record<string, string>>,
  interpreter: Interpreter | undefined,
): Promise<Server> {
  if (launch.kind === 'command') return command(start, launch, env, interpreter);
  if (interpreter === undefined) {
    const venv = typed(path.join(start.app.directory, '.venv'), start.context.user.home);
    throw cannotStart(start, 'NO_INTERPRETER', `there is no Python on this host for ${launch.kind}`, `say where it is: python = "..." (appsup edit ${start.app.name}), or make ${venv}`);
  }
  switch (launch.kind) {
    case 'gunicorn': {
      const tool = await findTool('gunicorn', interpreter, start);
      const config = gunicornConfig(start, launch.args);
      return gunicorn(start, launch, {tool, config, envArgs: env['GUNICORN_CMD_ARGS'] ?? '', sharedMemory: hasSharedMemory()});
    }
    case 'uvicorn':
      return uvicorn(start, launch, await findTool('uvicorn', interpreter, start));
    case 'uwsgi':
      return uwsgi(start, launch, {...(await findUwsgi(start, interpreter)), ini: iniOf(start, launch.target)});
  }
}

function checkDirectory(start: Start): void {
  const {directory} = start.program;
  const place = shown(directory, start.context.user.home);
  const hint = `correct directory = ... : appsup edit ${start.app.name}`;
  try {
    // With the dot a file that is no directory is ENOTDIR, as what does not exist is ENOENT.
    accessSync(`${directory}/.`, constants.X_OK);
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') {
      throw cannotStart(start, 'NOT_FOUND', code === 'ENOENT' ? `the directory ${place} does not exist` : `${place} is not a directory`, hint);
    }
    if (code !== 'EACCES') throw error;
    const look = `see: ls -ld ${typed(directory, start.context.user.home)}`;
    throw cannotStart(start, 'NOT_FOUND', `you may not enter the directory ${place}`, look);
  }
}

/** gunicorn without an address would take 0.0.0.0:8000 or 0.0.0.0:$PORT, where everybody can reach it. */
function checkPort(start: Start): void {
  const {program, context, app} = start;
  if (program.listen !== 'none' && context.port === undefined) throw new Error(`${app.name}:${program.name} listens and has no port`);
  if (program.listen === 'none' && program.launch.kind !== 'command') {
    throw cannotStart(start, 'CONFIG', `${program.launch.kind} serves, and listen is "none"`, `take listen out, or write command = ... : appsup edit ${app.name}`);
  }
}

function interpreterFor(start: Start): Interpreter | undefined {
  const {app, program, context} = start;
  const {kind} = program.launch;
  const look = findInterpreter({
    python: app.python,
    directory: app.directory,
    name: app.name,
    home: context.user.home,
    wants: kind === 'gunicorn' || kind === 'uvicorn' ? kind : undefined,
  });
  if (look === undefined) return undefined;
  if ('found' in look) return look.found;
  throw brokenInterpreter(start, look.broken);
}

function brokenInterpreter(start: Start, {prefix, problem, venv}: Broken) {
  const {app, program, context} = start;
  const {home} = context.user;
  const name = typed(prefix, home);
  if (!venv) {
    const hint = `correct python = "${app.python === 'auto' ? 'auto' : shown(app.python, home)}": appsup edit ${app.name}`;
    return cannotStart(start, 'NO_INTERPRETER', `there is no Python at ${shown(prefix, home)}: ${problem}`, hint);
  }
  const requirements = path.join(app.directory, 'requirements.txt');
  const packages = isFile(requirements) ? `-r ${typed(requirements, home)}` : 'what the app needs';
  const server = program.launch.kind === 'command' ? '' : `${program.launch.kind} `;
  const hint = `make it again: python3 -m venv --clear ${name} && ${name}/bin/pip install ${server}${packages}`;
  return cannotStart(start, 'NO_INTERPRETER', `the virtual environment ${shown(prefix, home)} is broken: ${problem}`, hint);
}

/** The settings file that gunicorn will read: the one of `--config`, else `gunicorn.conf.py` in the directory. */
function gunicornConfig({program}: Start, args: readonly string[]): {readonly name: string; readonly text: string} | undefined {
  const said = optionValue(args, '--config', '-c');
  if (said?.startsWith('python:') === true) return undefined;
  const name = (said ?? 'gunicorn.conf.py').replace(/^file:/, '');
  const text = readText(path.resolve(program.directory, name));
  return text === undefined ? undefined : {name, text};
}

function iniOf(start: Start, target: string): {readonly file: string; readonly text: string} | undefined {
  if (!target.endsWith('.ini')) return undefined;
  const file = path.resolve(start.program.directory, target);
  const text = readText(file);
  if (text !== undefined) return {file, text};
  throw cannotStart(start, 'NOT_FOUND', `${shown(file, start.context.user.home)} cannot be read`, `correct uwsgi = ... : appsup edit ${start.app.name}`);
}

/** TMPFS_MAGIC of statfs(2). */
const TMPFS = 0x01021994;

function hasSharedMemory(): boolean {
  try {
    accessSync('/dev/shm', constants.W_OK | constants.X_OK);
    return statfsSync('/dev/shm').type === TMPFS;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
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

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}

function isFile(file: string): boolean {
  try {
    return statSync(file).isFile();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
