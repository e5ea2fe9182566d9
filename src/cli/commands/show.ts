import type {JobsReport} from '../../control/api.ts';
import {formatDuration} from '../../config/duration.ts';
import {formatSize} from '../../config/size.ts';
import {joinWords} from '../../config/words.ts';
import type {Endpoint, Launch, ProgramSpec} from '../../core/program-spec.ts';
import type {AppSpec} from '../../core/spec.ts';
import type {StepSpec} from '../../core/task-spec.ts';
import {describeEnvironment} from '../../launch/describe.ts';
import {looksSecret} from '../../launch/secrets.ts';
import {leaseOf, namedLeases} from '../../ports/leases.ts';
import {configOf, namesOf, specNamed} from '../apps.ts';
import type {Command} from '../context.ts';
import {forEachApp} from '../each.ts';
import {tilde} from '../format.ts';
import {printable} from '../printable.ts';
import {historyText, runsOf} from '../run-history.ts';

/** `appsup show APP...`: what its file means, with every default filled in; in the form of a file. */
export const show: Command = async (context, {words}) => {
  const config = configOf(context);
  const {paths} = context;
  return await forEachApp(
    namesOf(config, 'show', words),
    async (name) => {
      const spec = specNamed(config, 'show', name);
      const port = spec.port ?? leaseOf(paths, name)?.port;
      const named = namedLeases(paths, name);
      const runs = await runsOf(context, spec);
      return {
        text: printable(specText(spec, {port, named, runs, home: paths.home, now: context.clock.wall()})),
        json: [
          {
            app: name,
            leasedPort: port ?? null,
            namedPorts: Object.fromEntries(named),
            ...veiled(spec),
            runs: runs ?? null,
          },
        ],
      };
    },
    '\n\n',
  );
};

interface Facts {
  readonly port: number | undefined;
  /** Of named sockets. */
  readonly named: ReadonlyMap<string, number>;
  readonly runs: JobsReport | undefined;
  readonly home: string;
  readonly now: number;
}

/** Pure but for the time zone. */
function specText(spec: AppSpec, {port, named, runs, home, now}: Facts): string {
  const history = (known: Parameters<typeof historyText>[0] | undefined) =>
    known === undefined ? [] : [`# ${historyText(known, now)}`];
  const leased = port === undefined ? 'leased at the first start' : `${port}  # leased`;
  const head = {
    directory: text(tilde(spec.directory, home)),
    mount: text(spec.mount || '/'),
    prefix: text(spec.prefix),
    ...(spec.port === undefined
      ? {[port === undefined ? '# port' : 'port']: leased}
      : {port: String(spec.port)}),
    transport: text(spec.transport),
    python: text(tilde(spec.python, home)),
    env_file: list(spec.envFiles.map((file) => tilde(file, home))),
    env: table(spec.env, spec.computed),
    ...frontKeys(spec, home),
    ...Object.fromEntries(keysOf({logs: spec.logs})),
    log_files: list(spec.logFiles.map((file) => tilde(file, home))),
    notify: String(spec.notify),
  };
  const programs = spec.programs.map((program) => [
    '',
    `[programs.${program.name}]`,
    ...lines(programKeys(program, {spec, named, home})),
  ]);
  const jobs = spec.jobs.map(({name, step, env, ...rest}) => [
    '',
    `[jobs.${name}]`,
    ...history(runs?.jobs.find(({job}) => job === name)),
    ...lines({
      ...Object.fromEntries(keysOf(rest)),
      ...stepKeys(step, spec, home),
      ...(Object.keys(env).length === 0 ? {} : {env: table(env)}),
    }),
  ]);
  const tasks = spec.tasks.map(({name, work, directory, env, ...rest}) => {
    const {kind, ...settings} = work;
    const own =
      work.kind === 'steps' ? {steps: list(work.steps.map((step) => step.name))} : {recipe: text(kind)};
    const recipe = work.kind === 'steps' ? {} : Object.fromEntries(keysOf(withNames(settings)));
    return [
      '',
      `[tasks.${name}]`,
      ...history(runs?.tasks?.find(({task}) => task === name)),
      ...lines({
        ...own,
        ...recipe,
        ...Object.fromEntries(keysOf(rest)),
        ...(directory === spec.directory ? {} : {directory: text(tilde(directory, home))}),
        ...(Object.keys(env).length === 0 ? {} : {env: table(env)}),
      }),
    ];
  });
  const tables = [...programs, ...jobs, ...tasks].flat();
  return [`# ${tilde(spec.file, home)}`, ...lines(head), ...tables].join('\n');
}

/** Steps are shown by their names. */
function withNames(settings: object): object {
  const names = (value: unknown): unknown =>
    Array.isArray(value)
      ? value.map((each: string | StepSpec) => (typeof each === 'string' ? each : each.name))
      : value;
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]: [string, unknown]) => [key, names(value)]),
  );
}

function stepKeys({action}: StepSpec, {directory}: AppSpec, home: string): Readonly<Record<string, string>> {
  if (action.kind === 'restart') return {restart: list(action.programs)};
  if (action.kind !== 'command') return {};
  return {
    command: text(joinWords(action.argv)),
    timeout: duration(action.timeoutMs),
    ...(action.directory === directory ? {} : {directory: text(tilde(action.directory, home))}),
  };
}

function frontKeys({front}: AppSpec, home: string): Readonly<Record<string, string>> {
  const {statics, bodyLimitBytes, passes, fallback, ...rest} = front;
  const whole = {fallback, ...(passes.length === 0 ? {} : {pass: passes})};
  const files = statics.map(({path, directory}) => `${text(path)} = ${text(tilde(directory, home))}`);
  return {
    ...(files.length === 0 ? {} : {static: `{ ${files.join(', ')} }`}),
    front: valueOf('', {body_limit: formatSize(bodyLimitBytes), ...rest, ...whole}) ?? '{}',
  };
}

function programKeys(
  program: ProgramSpec,
  {spec, named, home}: {readonly spec: AppSpec; readonly named: Facts['named']; readonly home: string},
): Readonly<Record<string, string>> {
  const {
    name: _,
    launch,
    directory,
    env,
    umask,
    readiness,
    health,
    after,
    needs,
    sockets,
    ...values
  } = program;
  const {limits, overlap, reloadSignal = 'none', ...rest} = values;
  // What would have no effect is not shown as if it had.
  const {lifetimeJitterMs, ...others} = limits;
  const {argv, ...asked} = 'argv' in readiness ? readiness : {...readiness, argv: undefined};
  const command = argv === undefined ? undefined : joinWords(argv);
  return {
    ...launchKeys(launch),
    ...socketKeys(sockets, named),
    ...Object.fromEntries(
      keysOf({
        ...rest,
        ...(program.listen === 'socket' ? {overlap} : {}),
        limits: limits.lifetimeMs === undefined ? others : {...others, lifetimeJitterMs},
        reloadSignal,
      }),
    ),
    after: list([...after, ...needs.map(endpointText)]),
    ...Object.fromEntries(keysOf({health: {...asked, command, ...health}})),
    ...(directory === spec.directory ? {} : {directory: text(tilde(directory, home))}),
    ...(Object.keys(env).length === 0 ? {} : {env: table(env)}),
    umask: text(umask.toString(8).padStart(3, '0')),
  };
}

/** The ports behind it are leased: none may stand in a file. */
function socketKeys(
  sockets: ProgramSpec['sockets'],
  named: Facts['named'],
): Readonly<Record<string, string>> {
  const pairs = Object.entries(sockets).map(
    ([name, type]) => `${/\./.test(name) ? text(name) : name} = ${text(type)}`,
  );
  if (pairs.length === 0) return {};
  const ports = [...named].map(([name, port]) => `${name} ${port}`);
  return {sockets: `{ ${pairs.join(', ')} }${ports.length === 0 ? '' : `  # leased: ${ports.join(', ')}`}`};
}

function endpointText({host, port}: Endpoint): string {
  return `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Keys of a file that are not the spec's words in another spelling. */
const FILE_KEYS: Readonly<Record<string, string>> = {
  startMs: 'start_time',
  readyMs: 'ready_timeout',
  stopMs: 'stop_timeout',
  maxAgeMs: 'max_age',
  maxBytes: 'max_size',
  gzip: 'compress',
  retryMs: 'retry_after',
  timeoutMs: 'timeout',
  finish: 'then',
};

/** Whatever a spec holds: a key that is new there is shown here as well. What is not said is left out. */
function keysOf(values: object): readonly (readonly [string, string])[] {
  return Object.entries(values).flatMap(([name, value]: [string, unknown]) => {
    const shown = valueOf(name, value);
    return shown === undefined
      ? []
      : [[FILE_KEYS[name] ?? snake(name.replace(/(Ms|Bytes)$/, '')), shown] as const];
  });
}

function valueOf(name: string, value: unknown): string | undefined {
  if (typeof value === 'number') return numberText(name, value);
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return text(value);
  if (Array.isArray(value)) return `[${value.map((each: unknown) => valueOf('', each) ?? '').join(', ')}]`;
  if (typeof value !== 'object' || value === null) return undefined;
  const inside = keysOf(value).map(([key, shown]) => `${key} = ${shown}`);
  return inside.length === 0 ? undefined : `{ ${inside.join(', ')} }`;
}

/** With the unit that its name says. */
function numberText(name: string, value: number): string {
  if (value === Infinity) return text('never');
  if (name.endsWith('Ms')) return duration(value);
  return name.endsWith('Bytes') ? text(formatSize(value)) : String(value);
}

function snake(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function launchKeys(launch: Launch): Readonly<Record<string, string>> {
  if (launch.kind === 'command') return {command: text(joinWords(launch.argv))};
  if (launch.kind === 'gateway') return {gateway: 'true'};
  return {
    [launch.kind]: text(launch.target),
    ...('workers' in launch ? {workers: String(launch.workers)} : {}),
    ...('threads' in launch ? {threads: String(launch.threads)} : {}),
    ...('protocol' in launch ? {protocol: text(launch.protocol)} : {}),
    ...('workerClass' in launch && launch.workerClass !== undefined
      ? {worker_class: text(launch.workerClass)}
      : {}),
    ...(launch.args.length === 0 ? {} : {args: list(launch.args)}),
  };
}

/** The same with hidden secrets: `env` of a file is for settings, but people put passwords there. */
function veiled(spec: AppSpec): AppSpec {
  return {
    ...spec,
    env: veil(spec.env),
    programs: spec.programs.map((program) => ({...program, env: veil(program.env)})),
    jobs: spec.jobs.map((job) => ({...job, env: veil(job.env)})),
    tasks: spec.tasks.map((task) => ({...task, env: veil(task.env)})),
  };
}

function veil(env: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const hidden = Object.keys(env).filter(looksSecret);
  const shown = describeEnvironment({env, hidden, secrets: hidden.map((name) => env[name] ?? '')});
  return Object.fromEntries(shown.map(({name, value}) => [name, value]));
}

function table(
  env: Readonly<Record<string, string>>,
  computed: Readonly<Record<string, readonly string[]>> = {},
): string {
  const pairs = [
    ...Object.entries(veil(env)).map(([name, value]) => `${name} = ${text(value)}`),
    ...Object.entries(computed).map(([name, argv]) => `${name} = { run = ${text(joinWords(argv))} }`),
  ];
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
