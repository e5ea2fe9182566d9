import {formatDuration} from '../../config/duration.ts';
import {joinWords} from '../../config/words.ts';
import type {AppSpec, Launch, ProgramSpec, Readiness} from '../../core/spec.ts';
import {describeEnvironment} from '../../launch/describe.ts';
import {looksSecret} from '../../launch/secrets.ts';
import {leaseOf} from '../../ports/leases.ts';
import {configOf, specNamed} from '../apps.ts';
import type {Command} from '../context.ts';
import {tilde} from '../format.ts';
import {printable} from '../printable.ts';
import {checkedTargets} from '../targets.ts';

/** `appsup show APP`: what its file means, with every default filled in; in the form of a file. */
export const show: Command = async (context, {words}) => {
  const [name = ''] = checkedTargets('show', words);
  const spec = specNamed(configOf(context), 'show', name);
  const port = spec.port ?? leaseOf(context.paths, name)?.port;
  return {
    text: printable(specText(spec, port, context.paths.home)),
    json: [{app: name, leasedPort: port ?? null, ...veiled(spec)}],
  };
};

/** Pure. */
export function specText(spec: AppSpec, port: number | undefined, home: string): string {
  const head = {
    directory: text(tilde(spec.directory, home)),
    mount: text(spec.mount || '/'),
    prefix: text(spec.prefix),
    port:
      port === undefined
        ? '# leased at the first start'
        : `${port}${spec.port === undefined ? '  # leased' : ''}`,
    python: text(tilde(spec.python, home)),
    env_file: list(spec.envFiles.map((file) => tilde(file, home))),
    env: table(spec.env),
  };
  const programs = spec.programs.map((program) => [
    '',
    `[programs.${program.name}]`,
    ...lines(programKeys(program, spec, home)),
  ]);
  return [`# ${tilde(spec.file, home)}`, ...lines(head), ...programs.flat()].join('\n');
}

function programKeys(program: ProgramSpec, spec: AppSpec, home: string): Readonly<Record<string, string>> {
  return {
    ...launchKeys(program.launch),
    listen: text(program.listen),
    numprocs: String(program.numprocs),
    after: list(program.after),
    restart: text(program.restart),
    health: health(program.readiness),
    start_time: duration(program.startMs),
    ready_timeout: duration(program.readyMs),
    give_up: program.giveUp === Infinity ? text('never') : String(program.giveUp),
    backoff: duration(program.backoffMs),
    backoff_cap: duration(program.backoffCapMs),
    stop_signal: text(program.stopSignal),
    stop_timeout: duration(program.stopMs),
    overlap: String(program.overlap),
    ...(program.directory === spec.directory ? {} : {directory: text(tilde(program.directory, home))}),
    ...(Object.keys(program.env).length === 0 ? {} : {env: table(program.env)}),
    umask: text(program.umask.toString(8).padStart(3, '0')),
  };
}

function launchKeys(launch: Launch): Readonly<Record<string, string>> {
  if (launch.kind === 'command') return {command: text(joinWords(launch.argv))};
  return {
    [launch.kind]: text(launch.target),
    workers: String(launch.workers),
    ...('threads' in launch ? {threads: String(launch.threads)} : {}),
    ...('workerClass' in launch && launch.workerClass !== undefined
      ? {worker_class: text(launch.workerClass)}
      : {}),
    ...(launch.args.length === 0 ? {} : {args: list(launch.args)}),
  };
}

function health(readiness: Readiness): string {
  if (readiness.kind === 'none') return '{ kind = "none" }';
  const limit = `timeout = ${duration(readiness.timeoutMs)}`;
  if (readiness.kind === 'tcp') return `{ kind = "tcp", ${limit} }`;
  const host = readiness.host === undefined ? '' : `, host = ${text(readiness.host)}`;
  const status = readiness.status === undefined ? '' : `, status = [${readiness.status.join(', ')}]`;
  return `{ kind = "http", path = ${text(readiness.path)}${host}${status}, ${limit} }`;
}

/** The same with hidden secrets: `env` of a file is for settings, but people put passwords there. */
function veiled(spec: AppSpec): AppSpec {
  return {
    ...spec,
    env: veil(spec.env),
    programs: spec.programs.map((program) => ({...program, env: veil(program.env)})),
  };
}

function veil(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const hidden = Object.keys(env).filter(looksSecret);
  const shown = describeEnvironment({env, hidden, secrets: hidden.map((name) => env[name] ?? '')});
  return Object.fromEntries(shown.map(({name, value}) => [name, value]));
}

function table(env: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(veil(env)).map(([name, value]) => `${name} = ${text(value)}`);
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`;
}

function lines(keys: Readonly<Record<string, string>>): readonly string[] {
  const width = Math.max(...Object.keys(keys).map((key) => key.length));
  return Object.entries(keys).map(([key, value]) => `${key.padEnd(width)} = ${value}`);
}

function duration(ms: number): string {
  return text(formatDuration(ms));
}

function list(values: readonly string[]): string {
  return `[${values.map(text).join(', ')}]`;
}

function text(value: string): string {
  return JSON.stringify(value);
}
