import {isName} from '../core/names.ts';
import {isSignal} from '../core/signals.ts';
import {AppsupError} from '../errors.ts';
import type {ErrorRecord} from '../errors.ts';
import type {
  ActRequest,
  ChallengeRequest,
  RunRequest,
  ShutdownRequest,
  SignalRequest,
  StatusRequest,
} from './api.ts';

/**
 * The `/v1` protocol: HTTP/1.1 over a Unix socket, JSON in and out.
 *
 * ```
 * GET  /v1/info                          {"result": SupervisorInfo}
 * GET  /v1/status?app=web&memory=1       {"result": StatusReport}
 * POST /v1/act       ActRequest          {"event": …}* then {"result": ActReport}    one JSON text a line
 * POST /v1/signal    SignalRequest       {"result": SignalReport}
 * POST /v1/reload    {"apps": […]}       {"result": ReloadReport}
 * POST /v1/challenge ChallengeRequest    {"result": ChallengeReport}                 as a stream: it may take a while
 * POST /v1/run       RunRequest          {"event": …}* then {"result": RunStatus}    the same
 * POST /v1/cancel    {"app", "name"}     {"result": {"cancelled": true}}
 * POST /v1/jobs      {"apps": […]}       {"result": JobsReport}
 * GET  /v1/events                        {"event": …}* until somebody hangs up
 * POST /v1/shutdown  {"stopApps": true}  {"result": {"pid": 7}}
 * ```
 *
 * Instead of a result there may be `{"error": ErrorRecord}`. Every answer names its version in `Appsup-Version`.
 */
export const VERSION_HEADER = 'appsup-version';

/** Of a request's body. Requests are names; the longest sensible one is far below. */
export const MAX_BODY_BYTES = 64 * 1024;
/** Of a request's or an answer's head. */
export const MAX_HEAD_BYTES = 16 * 1024;
/** Targets in one request. */
const MAX_TARGETS = 1000;

const ACTIONS = ['start', 'stop', 'restart', 'reload'] as const;
/** `all`, `app`, `app:program`, `app:*`; each part as a name of config. */
const TARGET = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}(:([A-Za-z0-9][A-Za-z0-9_-]{0,66}|\*))?$/;

/** True for a word that the supervisor takes as a target. */
export function isTarget(word: string): boolean {
  return TARGET.test(word);
}

/** One line of a stream, or a whole plain answer. */
export type Envelope = {readonly event: unknown} | {readonly result: unknown} | {readonly error: ErrorRecord};

/** @throws AppsupError `PROTOCOL` */
export function parseAct(body: unknown): ActRequest {
  const fields = objectOf(body, ['action', 'targets', 'wait', 'surplus']);
  const action = ACTIONS.find((known) => known === fields['action']);
  if (action === undefined) throw refused('"action" to be "start", "stop" or "restart"', fields['action']);
  return {
    action,
    targets: someTargets(fields['targets']),
    wait: booleanOf(fields, 'wait', true),
    ...(booleanOf(fields, 'surplus', false) ? {surplus: true} : {}),
  };
}

/** @throws AppsupError `PROTOCOL` */
export function parseSignal(body: unknown): SignalRequest {
  const fields = objectOf(body, ['signal', 'targets', 'group']);
  const {signal} = fields;
  if (typeof signal !== 'string' || !isSignal(signal))
    throw refused('"signal" to be a name such as "TERM" or "USR1"', signal);
  return {signal, targets: someTargets(fields['targets']), group: booleanOf(fields, 'group', false)};
}

function someTargets(value: unknown): readonly string[] {
  const targets = targetsOf(value, '"targets"');
  if (targets.length === 0) throw refused('"targets" to name something', targets);
  return targets;
}

/** @throws AppsupError `PROTOCOL` */
export function parseReload(body: unknown): {readonly apps: readonly string[]} {
  return {apps: targetsOf(objectOf(body, ['apps'])['apps'] ?? [], '"apps"')};
}

const QUESTION = /^[A-Za-z0-9_-]{16,128}$/;
const MAX_ANSWER = 1024;
const MAX_CHALLENGE_MS = 60_000;
const MAX_PAUSE_MS = 10_000;

/** @throws AppsupError `PROTOCOL` */
export function parseChallenge(body: unknown): ChallengeRequest {
  const {
    app,
    question,
    answer,
    headers,
    timeoutMs,
    pauseMs = 0,
  } = objectOf(body, ['app', 'question', 'answer', 'headers', 'timeoutMs', 'pauseMs']);
  if (typeof app !== 'string' || !isTarget(app) || app.includes(':'))
    throw refused('"app" to name an app', app);
  // A short one might be in the target of somebody who asks for something else.
  if (typeof question !== 'string' || !QUESTION.test(question))
    throw refused('"question" to be 16 to 128 letters, digits, "-" and "_"', question);
  if (typeof answer !== 'string' || answer.length > MAX_ANSWER)
    throw refused(`"answer" to be text of at most ${MAX_ANSWER} characters`, answer);
  const isTime = Number.isInteger(timeoutMs) && Number(timeoutMs) >= 1;
  if (!isTime || Number(timeoutMs) > MAX_CHALLENGE_MS)
    throw refused(`"timeoutMs" to be from 1 to ${MAX_CHALLENGE_MS}`, timeoutMs);
  const isPause = Number.isInteger(pauseMs) && Number(pauseMs) >= 0;
  if (!isPause || Number(pauseMs) > MAX_PAUSE_MS)
    throw refused(`"pauseMs" to be from 0 to ${MAX_PAUSE_MS}`, pauseMs);
  const fields = fieldsOf(headers ?? []);
  return {app, question, answer, headers: fields, timeoutMs: Number(timeoutMs), pauseMs: Number(pauseMs)};
}

const MAX_FIELDS = 16;
const FIELD_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
/** Nothing that could end the line, or the head. */
const FIELD_VALUE = /^[\x20-\x7e]{0,1024}$/;

function fieldsOf(value: unknown): readonly (readonly [string, string])[] {
  if (!Array.isArray(value) || value.length > MAX_FIELDS)
    throw refused(`"headers" to be a list of at most ${MAX_FIELDS} fields`, value);
  return value.map((field: unknown) => {
    const [name, text, ...rest] = Array.isArray(field) ? (field as readonly unknown[]) : [];
    const isField = typeof name === 'string' && typeof text === 'string' && rest.length === 0;
    if (isField && FIELD_NAME.test(name) && FIELD_VALUE.test(text)) return [name, text];
    throw refused('"headers" to hold pairs such as ["X-Name", "value"]', field);
  });
}

/** @throws AppsupError `PROTOCOL` */
export function parseRun(body: unknown): RunRequest {
  const fields = objectOf(body, ['app', 'name', 'resume', 'dryRun', 'confirm']);
  const {confirm} = fields;
  if (confirm !== undefined && typeof confirm !== 'string') throw refused('"confirm" to be text', confirm);
  return {
    ...parseRunName({app: fields['app'], name: fields['name']}),
    resume: booleanOf(fields, 'resume', false),
    dryRun: booleanOf(fields, 'dryRun', false),
    ...(confirm === undefined ? {} : {confirm}),
  };
}

/** @throws AppsupError `PROTOCOL` */
export function parseRunName(body: unknown): {readonly app: string; readonly name: string} {
  const {app, name} = objectOf(body, ['app', 'name']);
  if (typeof app !== 'string' || !isName(app)) throw refused('"app" to be the name of an app', app);
  if (typeof name !== 'string' || !isName(name)) throw refused('"name" to be that of a task or job', name);
  return {app, name};
}

/** @throws AppsupError `PROTOCOL` */
export function parseShutdown(body: unknown): ShutdownRequest {
  const fields = objectOf(body, ['stopApps', 'successor']);
  if (typeof fields['stopApps'] !== 'boolean')
    throw refused('"stopApps" to be true or false', fields['stopApps']);
  const successor = successorOf(fields['successor']);
  return {stopApps: fields['stopApps'], ...(successor === undefined ? {} : {successor})};
}

function successorOf(value: unknown): ShutdownRequest['successor'] {
  if (value === undefined) return undefined;
  const {node, daemon} = objectOf(value, ['node', 'daemon']);
  const isPath = (path: unknown): path is string =>
    typeof path === 'string' && path.startsWith('/') && !path.includes('\0');
  if (!isPath(node)) throw refused('"node" to be an absolute path', node);
  if (!isPath(daemon)) throw refused('"daemon" to be an absolute path', daemon);
  return {node, daemon};
}

/** @throws AppsupError `PROTOCOL` */
export function parseStatus(query: URLSearchParams): StatusRequest {
  for (const name of query.keys()) {
    if (name !== 'app' && name !== 'memory') throw refused('"app" or "memory" in the query', name);
  }
  return {targets: targetsOf(query.getAll('app'), '"app"'), memory: query.get('memory') === '1'};
}

/** The reverse of {@link parseStatus}, with its `?`. */
export function statusQuery({targets, memory}: StatusRequest): string {
  const query = [
    ...targets.map((target) => `app=${encodeURIComponent(target)}`),
    ...(memory ? ['memory=1'] : []),
  ];
  return query.length === 0 ? '' : `?${query.join('&')}`;
}

/**
 * One JSON text of an answer.
 *
 * Only the frame is checked: both sides come from one package, and an answer of another version says so in its head.
 *
 * @throws AppsupError `PROTOCOL` when it is not one of ours.
 */
export function parseEnvelope(text: string): Envelope {
  const value = parseJson(text);
  if (isObject(value)) {
    if ('event' in value) return {event: value['event']};
    if ('result' in value) return {result: value['result']};
    if (isErrorRecord(value['error'])) return {error: value['error']};
  }
  throw new AppsupError(
    'PROTOCOL',
    'Cannot understand the supervisor: expected an event, a result or an error',
    {
      hint: 'appsup daemon restart',
    },
  );
}

/** @throws AppsupError `PROTOCOL` when it is not JSON. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new AppsupError(
      'PROTOCOL',
      `Cannot read JSON: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}

function targetsOf(value: unknown, what: string): readonly string[] {
  if (!Array.isArray(value) || value.length > MAX_TARGETS) {
    throw refused(`${what} to be a list of at most ${MAX_TARGETS} names`, value);
  }
  return value.map((target: unknown) => {
    if (typeof target === 'string' && isTarget(target)) return target;
    throw refused(`${what} to hold names such as "app" or "app:program"`, target);
  });
}

function booleanOf(fields: Readonly<Record<string, unknown>>, name: string, missing: boolean): boolean {
  const value = fields[name];
  if (value === undefined) return missing;
  if (typeof value !== 'boolean') throw refused(`"${name}" to be true or false`, value);
  return value;
}

function objectOf(value: unknown, known: readonly string[]): Readonly<Record<string, unknown>> {
  if (!isObject(value)) throw refused('a JSON object', value);
  const unknown = Object.keys(value).find((name) => !known.includes(name));
  if (unknown !== undefined) throw refused(known.map((name) => `"${name}"`).join(', '), unknown);
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isErrorRecord(value: unknown): value is ErrorRecord {
  return isObject(value) && typeof value['code'] === 'string' && typeof value['message'] === 'string';
}

function refused(expected: string, got: unknown): AppsupError {
  // Cut, since it goes back to the sender and into the log.
  const shown = (JSON.stringify(got) ?? 'nothing').slice(0, 80);
  return new AppsupError('PROTOCOL', `Cannot take the request: expected ${expected}, got ${shown}`);
}
