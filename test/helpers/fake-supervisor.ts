import {once} from 'node:events';
import {mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import type {
  ActResult,
  AppStatus,
  ProcessStatus,
  SignalResult,
  StatusReport,
  SupervisorApi,
  SupervisorEvent,
  SupervisorInfo,
} from '../../src/control/api.ts';

/** 2026-11-21 10:00:00 UTC, for everything that fakes say. */
export const NOW = Date.UTC(2026, 10, 21, 10);

export function infoOf(fields: Partial<SupervisorInfo> = {}): SupervisorInfo {
  return {
    version: '0.1.0',
    protocol: 1,
    pid: 4242,
    since: NOW - 60_000,
    adopted: 0,
    goneMs: undefined,
    cameBackAt: undefined,
    ...fields,
  };
}

export function processOf(fields: Partial<ProcessStatus> = {}): ProcessStatus {
  return {
    app: 'hello',
    program: 'web',
    process: fields.program ?? 'web',
    state: 'running',
    desired: 'running',
    since: NOW - 5000,
    restarts: 0,
    pid: 41_873,
    memory: undefined,
    reason: undefined,
    nextTryAt: undefined,
    health: undefined,
    adopted: false,
    lastChangeFailed: undefined,
    outdated: false,
    serves: (fields.program ?? 'web') === 'web',
    ...fields,
  };
}

export function appOf(fields: Partial<AppStatus> = {}): AppStatus {
  const app = fields.app ?? 'hello';
  return {
    app,
    file: `/home/alice/.config/appsup/apps/${app}.toml`,
    port: 20_140,
    mount: `/alice_${app}`,
    where: `http://127.0.0.1:20140/alice_${app}/`,
    problems: [],
    front: {requestedAt: undefined, stale: undefined, verified: undefined},
    processes: [processOf({app})],
    ...fields,
  };
}

export function resultOf(fields: Partial<ActResult> = {}): ActResult {
  return {
    app: 'hello',
    process: 'web',
    ok: true,
    state: 'running',
    unchanged: false,
    pid: 41_873,
    previousPid: undefined,
    readyMs: 900,
    overlapped: false,
    cutOff: false,
    url: 'http://127.0.0.1:20140/alice_hello/',
    error: undefined,
    output: [],
    ...fields,
  };
}

export function signalledOf(fields: Partial<SignalResult> = {}): SignalResult {
  return {
    app: 'hello',
    process: 'web',
    ok: true,
    state: 'running',
    pid: 41_873,
    restart: 'always',
    shell: false,
    error: undefined,
    ...fields,
  };
}

export function stateEvent(fields: Partial<Extract<SupervisorEvent, {type: 'state'}>> = {}): SupervisorEvent {
  return {
    type: 'state',
    at: NOW,
    app: 'hello',
    process: 'web',
    from: 'stopped',
    state: 'starting',
    pid: 1,
    reason: undefined,
    ...fields,
  };
}

/** A supervisor that does what the test says; what it does not say is answered with the simplest truth. */
export function fakeSupervisor(fields: Partial<SupervisorApi> = {}): SupervisorApi {
  return {
    info: async () => infoOf(),
    status: async (): Promise<StatusReport> => ({supervisor: infoOf(), apps: [appOf()]}),
    act: async () => ({results: [resultOf()]}),
    signal: async () => ({results: [signalledOf()]}),
    run: async () => {
      throw new Error('nothing to run');
    },
    cancel: async () => ({cancelled: false}),
    jobs: async () => ({jobs: []}),
    reload: async () => ({apps: [], problems: []}),
    challenge: async () => ({answered: true, head: undefined, passedOn: 0}),
    async events(_onEvent, signal) {
      await once(signal, 'abort');
    },
    shutdown: async () => ({pid: 4242}),
    ...fields,
  };
}

/** A directory with a short path (sockets), removed at the end of the test. */
export function temporaryDirectory(t: {teardown(action: () => void): void}): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'appsup-'));
  t.teardown(() => rmSync(directory, {recursive: true, force: true}));
  return directory;
}
