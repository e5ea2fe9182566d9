import type {Health, Listen, Readiness} from '../core/program-spec.ts';
import {readCommand} from './command.ts';
import {listed} from './keys.ts';
import type {ProgramContext} from './program-launch.ts';
import type {HealthFile} from './schema-health.ts';

export interface ReadHealth {
  readonly readiness: Readiness;
  readonly health: Health | undefined;
}

/** How a program is asked, with every default filled in. What has no effect is warned of. */
export function readHealth(file: HealthFile, listen: Listen, context: ProgramContext): ReadHealth {
  const kind = file.kind ?? kindOf(listen, context);
  checkListen(kind, listen, context);
  checkValues(file, context);
  checkEffect(file, kind, context);
  const readiness = readReadiness(file, kind, context);
  if (file.every === undefined || kind === 'none' || kind === 'log') return {readiness, health: undefined};
  const {every: everyMs, failures = 3, on_unhealthy: onUnhealthy = 'restart'} = file;
  return {readiness, health: {everyMs, failures, onUnhealthy}};
}

type Kind = Readiness['kind'];

function kindOf(listen: Listen, {health}: ProgramContext): Kind {
  if (health.has('command')) return 'exec';
  if (health.has('pattern')) return 'log';
  return listen === 'none' ? 'none' : 'http';
}

function readReadiness(file: HealthFile, kind: Kind, context: ProgramContext): Readiness {
  const path = ['programs', context.name, 'health'];
  const timeoutMs = file.timeout ?? 5000;
  switch (kind) {
    case 'http':
      return {kind, path: file.path ?? '/', host: file.host, status: file.status, timeoutMs};
    case 'tcp':
      return {kind, timeoutMs};
    case 'exec': {
      demand('command', 'kind = "exec", command = "python manage.py check"');
      const argv = readCommand(file.command, {...context, path: [...path, 'command']}) ?? [];
      return {kind, argv, timeoutMs};
    }
    case 'log':
      demand('pattern', 'kind = "log", pattern = "Listening on"');
      return {kind, pattern: file.pattern ?? ''};
    case 'none':
      return {kind};
  }

  function demand(key: 'command' | 'pattern', example: string): void {
    if (context.health.has(key)) return;
    context.report({
      path: [...path, 'kind'],
      message: `"${key}" is missing: kind = "${kind}" needs one`,
      hint: `as health = { ${example} }`,
    });
  }
}

function checkListen(kind: Kind, listen: Listen, {name, report}: ProgramContext): void {
  if (listen !== 'none' || (kind !== 'http' && kind !== 'tcp')) return;
  report({
    path: ['programs', name, 'health', 'kind'],
    message: `Cannot ask "${name}" for its health by ${kind}: it listens to nothing`,
    hint: 'say how it listens: listen = "port"; or ask by a command: health = { command = "..." }',
  });
}

const HOST = /^(?=.{1,253}(:|$))[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?$/;

function checkValues(file: HealthFile, {name, report}: ProgramContext): void {
  const path = ['programs', name, 'health'];
  if (file.path !== undefined && !/^\/[^\s\\#]*$/.test(file.path)) {
    report({
      path: [...path, 'path'],
      message: `Expected "path" to begin with / and to hold no blank: got ${JSON.stringify(file.path)}`,
    });
  }
  if (file.host !== undefined && !HOST.test(file.host)) {
    report({
      path: [...path, 'host'],
      message: `Expected "host" to be a host name: got ${JSON.stringify(file.host)}`,
    });
  }
}

type Key = Exclude<keyof HealthFile, 'kind'>;

/** Which keys each kind looks at. */
const KEYS: Readonly<Record<Kind, readonly Key[]>> = {
  http: ['path', 'host', 'status', 'timeout', 'every', 'failures', 'on_unhealthy'],
  tcp: ['timeout', 'every', 'failures', 'on_unhealthy'],
  exec: ['command', 'timeout', 'every', 'failures', 'on_unhealthy'],
  log: ['pattern'],
  none: [],
};

function checkEffect(file: HealthFile, kind: Kind, {name, report}: ProgramContext): void {
  const path = ['programs', name, 'health'];
  if (kind === 'log' && file.every !== undefined) {
    report({
      path: [...path, 'every'],
      at: 'key',
      message: `Cannot look again and again for a line: "${name}" prints it once, when it starts`,
      hint: 'remove every, or ask by kind = "http", "tcp" or "exec"',
    });
  }
  for (const key of Object.keys(file) as (keyof HealthFile)[]) {
    if (key === 'kind' || file[key] === undefined || KEYS[kind].includes(key)) continue;
    if (kind === 'log' && key === 'every') continue;
    report({
      path: [...path, key],
      at: 'key',
      severity: 'warning',
      message: `"${key}" has no effect with kind = "${kind}"`,
      hint: hintFor(key, kind),
    });
  }
  if (file.every !== undefined || !KEYS[kind].includes('every')) return;
  for (const key of ['failures', 'on_unhealthy'] as const) {
    if (file[key] === undefined) continue;
    report({
      path: [...path, key],
      at: 'key',
      severity: 'warning',
      message: `"${key}" has no effect without every: it is asked only when it starts`,
      hint: 'add: every = "30s"',
    });
  }
}

function hintFor(key: Key, kind: Kind): string {
  if (key === 'timeout' && kind === 'log') return 'how long it may take to get ready: ready_timeout';
  const kinds = (Object.keys(KEYS) as Kind[]).filter((each) => KEYS[each].includes(key));
  return `remove it, or write ${listed(kinds.map((each) => `kind = "${each}"`))}`;
}
