import type {ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';

const NO_LIMITS = {
  memoryBytes: undefined,
  nofile: undefined,
  nproc: undefined,
  coreBytes: undefined,
  nice: undefined,
  lifetimeMs: undefined,
  lifetimeJitterMs: 0,
} as const;

const FRONT = {
  bodyLimitBytes: 100_000_000,
  timeoutMs: 300_000,
  statics: [],
  fallback: undefined,
  passes: [],
  maintenance: undefined,
  streaming: false,
} as const;

/** A program with the defaults, for what a test does not care about. */
export function programSpec(changes: Partial<ProgramSpec> = {}): ProgramSpec {
  return {
    name: 'web',
    launch: {kind: 'command', argv: ['/bin/true']},
    listen: 'none',
    numprocs: 1,
    restart: 'always',
    startMs: 1000,
    readyMs: 60_000,
    readiness: {kind: 'none'},
    giveUp: 10,
    backoffMs: 1000,
    backoffCapMs: 60_000,
    stopSignal: 'TERM',
    stopMs: 10_000,
    overlap: true,
    sockets: {},
    lazy: false,
    idleStopMs: undefined,
    health: undefined,
    after: [],
    needs: [],
    directory: '/',
    env: {},
    umask: 0o027,
    limits: NO_LIMITS,
    reloadSignal: undefined,
    ...changes,
  };
}

/** An app around programs. */
export function appSpec(programs: readonly ProgramSpec[], changes: Partial<AppSpec> = {}): AppSpec {
  return {
    name: 'tasks',
    file: '/home/alice/.config/appsup/apps/tasks.toml',
    directory: '/',
    mount: '/alice_tasks',
    prefix: 'keep',
    front: FRONT,
    port: undefined,
    transport: 'tcp',
    python: 'auto',
    envFiles: [],
    env: {},
    computed: {},
    programs,
    jobs: [],
    tasks: [],
    logs: {
      maxBytes: 10 * 1024 * 1024,
      maxAgeMs: undefined,
      keep: 10,
      totalBytes: 100 * 1024 * 1024,
      gzip: true,
    },
    logFiles: [],
    notify: true,
    ...changes,
  };
}
