import {createConnection} from 'node:net';
import type {Socket} from 'node:net';

import {AppsupError, systemCode} from '../errors.ts';
import type {
  ActReport,
  ChallengeReport,
  JobsReport,
  ReloadReport,
  RunStatus,
  SignalReport,
  StatusReport,
  SupervisorApi,
  SupervisorEvent,
  SupervisorInfo,
} from './api.ts';
import {httpReader} from './http-reader.ts';
import {VERSION_HEADER, parseEnvelope, statusQuery} from './protocol.ts';
import type {Envelope} from './protocol.ts';

export interface ClientOptions {
  /** Path of the control socket. */
  readonly socket: string;
  /** This program's own version. */
  readonly version: string;
  /** Called with the supervisor's version when it is another one. */
  readonly onVersion?: (theirs: string) => void;
  /** Milliseconds for the first byte of an answer; a stopped supervisor accepts and stays silent. @defaultValue 10_000 */
  readonly answerMs?: number;
  /** Milliseconds for a whole `act`. @defaultValue no limit: it ends when the programs' own limits say so */
  readonly actMs?: number;
}

interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  readonly onEvent?: (event: unknown) => void;
  readonly signal?: AbortSignal;
  readonly limitMs?: number;
  /** Hanging up is the usual end. */
  readonly endless?: boolean;
}

/**
 * The supervisor behind its socket: every question is one connection.
 *
 * Every method rejects with AppsupError `SUPERVISOR_GONE` when nobody answers at the socket (`details.reached` says whether the
 * connection stood before), `TIMEOUT` when somebody does not answer in time, `PROTOCOL` when it is no supervisor, and with the
 * supervisor's own error.
 */
export function controlClient(options: ClientOptions): SupervisorApi {
  const ask = async (question: Question): Promise<unknown> => await converse(question, options);
  return {
    info: async () => (await ask({method: 'GET', path: '/v1/info'})) as SupervisorInfo,
    status: async (request) =>
      (await ask({method: 'GET', path: `/v1/status${statusQuery(request)}`})) as StatusReport,
    act: async (body, onProgress) =>
      (await ask({
        method: 'POST',
        path: '/v1/act',
        body,
        onEvent: (event) => onProgress(event as SupervisorEvent),
        ...(options.actMs === undefined ? {} : {limitMs: options.actMs}),
      })) as ActReport,
    signal: async (body) => (await ask({method: 'POST', path: '/v1/signal', body})) as SignalReport,
    run: async (body, onProgress) =>
      (await ask({
        method: 'POST',
        path: '/v1/run',
        body,
        onEvent: (event) => onProgress(event as SupervisorEvent),
      })) as RunStatus,
    cancel: async (body) =>
      (await ask({method: 'POST', path: '/v1/cancel', body})) as {readonly cancelled: boolean},
    jobs: async (body) => (await ask({method: 'POST', path: '/v1/jobs', body})) as JobsReport,
    reload: async (body) => (await ask({method: 'POST', path: '/v1/reload', body})) as ReloadReport,
    challenge: async (body) => (await ask({method: 'POST', path: '/v1/challenge', body})) as ChallengeReport,
    async events(onEvent, signal) {
      await ask({
        method: 'GET',
        path: '/v1/events',
        onEvent: (event) => onEvent(event as SupervisorEvent),
        signal,
        endless: true,
      });
    },
    shutdown: async (body) =>
      (await ask({method: 'POST', path: '/v1/shutdown', body})) as {readonly pid: number},
  };
}

async function converse(question: Question, options: ClientOptions): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    if (question.signal?.aborted === true) return resolve(undefined);
    const socket = createConnection(options.socket);
    let reached = false;
    let settled = false;
    const timers = [setTimeout(() => fail(silent(options)), options.answerMs ?? 10_000)];
    if (question.limitMs !== undefined) {
      timers.push(setTimeout(() => fail(unfinished(question.limitMs ?? 0)), question.limitMs));
    }
    const onAbort = (): void => settle(() => resolve(undefined));
    question.signal?.addEventListener('abort', onAbort, {once: true});

    const reader = httpReader({
      onHead({headers}) {
        clearTimeout(timers[0]);
        const theirs = headers[VERSION_HEADER];
        if (theirs === undefined) {
          throw new AppsupError('PROTOCOL', `Cannot use ${options.socket}: it is not appsup's`);
        }
        if (theirs !== options.version) options.onVersion?.(theirs);
      },
      onBody: lines((line) => take(parseEnvelope(line))),
    });

    socket.on('connect', () => (reached = true));
    // Node keeps it until the connection stands, which it mostly does already.
    sendRequest(socket, question);
    socket.on('data', (bytes) => guarded(() => reader.push(bytes)));
    socket.on('end', () => guarded(onEnd));
    socket.on('error', (error) => fail(unreachable(error, reached)));
    // After a reset there is no `end`.
    socket.on('close', () => fail(hungUp()));

    function take(envelope: Envelope): void {
      if (settled) return;
      if ('event' in envelope) question.onEvent?.(envelope.event);
      else if ('result' in envelope) settle(() => resolve(envelope.result));
      else fail(AppsupError.fromRecord(envelope.error));
    }

    function onEnd(): void {
      if (question.endless === true) return settle(() => resolve(undefined));
      fail(hungUp());
    }

    function guarded(action: () => void): void {
      try {
        action();
      } catch (error) {
        fail(error);
      }
    }

    function fail(error: unknown): void {
      settle(() => reject(error instanceof Error ? error : new Error(String(error))));
    }

    function settle(finish: () => void): void {
      if (settled) return;
      settled = true;
      for (const timer of timers) clearTimeout(timer);
      question.signal?.removeEventListener('abort', onAbort);
      socket.destroy();
      finish();
    }
  });
}

function sendRequest(socket: Socket, {method, path, body}: Question): void {
  const text = body === undefined ? '' : JSON.stringify(body);
  socket.write(
    `${method} ${path} HTTP/1.1\r\nHost: appsup\r\nConnection: close\r\n` +
      (method === 'POST'
        ? `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(text)}\r\n`
        : '') +
      `\r\n${text}`,
  );
}

/** Cut a flow of bytes into lines; each ends with a newline. Bytes are joined before they are decoded, so no character breaks. */
function lines(onLine: (line: string) => void): (bytes: Buffer) => void {
  let parts: Buffer[] = [];
  return (bytes) => {
    let from = 0;
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
      parts.push(bytes.subarray(from, end));
      const line = Buffer.concat(parts).toString('utf8');
      parts = [];
      from = end + 1;
      if (line !== '') onLine(line);
    }
    if (from < bytes.length) parts.push(bytes.subarray(from));
  };
}

function unreachable(error: Error, reached: boolean): AppsupError {
  const code = systemCode(error);
  if (code === 'EACCES' || code === 'EPERM') {
    return new AppsupError(
      'NOT_PERMITTED',
      'Cannot reach the supervisor: its socket belongs to another user',
      {
        cause: error,
      },
    );
  }
  if (reached) return hungUp(error);
  return new AppsupError('SUPERVISOR_GONE', 'Cannot reach the supervisor: none is running', {
    hint: 'appsup daemon start',
    cause: error,
    details: {reached: false},
  });
}

function hungUp(cause?: unknown): AppsupError {
  return new AppsupError(
    'SUPERVISOR_GONE',
    'Cannot hear the supervisor any more: it went away before it had answered',
    {
      hint: 'appsup status',
      cause,
      details: {reached: true},
    },
  );
}

function silent({answerMs = 10_000}: ClientOptions): AppsupError {
  return new AppsupError('TIMEOUT', `Cannot wait for the supervisor: no answer within ${answerMs / 1000} s`, {
    hint: 'is it stopped? appsup daemon status shows its pid; kill -CONT PID wakes it, appsup daemon restart replaces it',
  });
}

function unfinished(limitMs: number): AppsupError {
  return new AppsupError('TIMEOUT', `Cannot wait any longer: not done within ${limitMs / 1000} s`, {
    hint: 'the supervisor goes on with it: appsup status',
    details: {limitMs},
  });
}
