import type {IncomingMessage, ServerResponse} from 'node:http';

import {AppsupError, isAppsupError, messageOf} from '../errors.ts';
import type {ErrorRecord} from '../errors.ts';
import type {SupervisorApi} from './api.ts';
import {
  MAX_BODY_BYTES,
  parseAct,
  parseChallenge,
  parseJson,
  parseReload,
  parseRun,
  parseRunName,
  parseShutdown,
  parseSignal,
  parseStatus,
} from './protocol.ts';
import type {Envelope} from './protocol.ts';

/** What one method of one path does with a request. */
export type Route = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** Paths, and below them methods. Other doors (`/RPC2`) are added by whoever opens the server. */
export type Routes = Readonly<Record<string, Readonly<Record<string, Route>>>>;

/** Bytes that may wait for a client that does not read; above, it is cut off. */
const MAX_BACKLOG_BYTES = 256 * 1024;

/** The doors of `/v1`; see protocol.ts. */
export function v1Routes(api: SupervisorApi): Routes {
  return {
    '/v1/info': {GET: plain(async () => api.info())},
    '/v1/status': {GET: plain(async (request) => api.status(parseStatus(addressOf(request).query)))},
    '/v1/reload': {POST: plain(async (request) => api.reload(parseReload(await bodyOf(request))))},
    '/v1/signal': {POST: plain(async (request) => api.signal(parseSignal(await bodyOf(request))))},
    '/v1/shutdown': {POST: plain(async (request) => api.shutdown(parseShutdown(await bodyOf(request))))},
    '/v1/act': {
      async POST(request, response) {
        const act = parseAct(await bodyOf(request));
        const stream = startStream(response);
        // A client that goes away changes nothing: what was asked for is done.
        await stream.finish(async () => api.act(act, (event) => stream.send({event})));
      },
    },
    '/v1/challenge': {
      async POST(request, response) {
        const challenge = parseChallenge(await bodyOf(request));
        const stream = startStream(response);
        await stream.finish(async () => api.challenge(challenge));
      },
    },
    '/v1/run': {
      async POST(request, response) {
        const run = parseRun(await bodyOf(request));
        const stream = startStream(response);
        await stream.finish(async () => api.run(run, (event) => stream.send({event})));
      },
    },
    '/v1/cancel': {POST: plain(async (request) => api.cancel(parseRunName(await bodyOf(request))))},
    '/v1/jobs': {POST: plain(async (request) => api.jobs(parseReload(await bodyOf(request))))},
    '/v1/events': {
      async GET(_request, response) {
        const gone = new AbortController();
        response.once('close', () => gone.abort());
        const stream = startStream(response);
        await stream.finish(async () => {
          await api.events((event) => stream.send({event}), gone.signal);
          return null;
        });
      },
    },
  };
}

/**
 * Find the route and walk it; everything that goes wrong becomes an answer.
 *
 * @param onBug - Told about errors that are not the client's.
 */
export async function answer(
  routes: Routes,
  request: IncomingMessage,
  response: ServerResponse,
  onBug: (error: unknown) => void,
): Promise<void> {
  const {path} = addressOf(request);
  const methods = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (methods === undefined) return refuse(response, 404, `Cannot find ${path}`);
  const method = request.method ?? '';
  const route = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (route === undefined) {
    const allowed = Object.keys(methods).join(', ');
    response.setHeader('Allow', allowed);
    return refuse(response, 405, `Cannot ${method} ${path}: it takes ${allowed}`);
  }
  try {
    await route(request, response);
  } catch (error) {
    if (!isAppsupError(error)) onBug(error);
    if (!response.headersSent) send(response, statusOf(error), {error: recordOf(error)});
    else if (!response.writableEnded) response.destroy();
  }
}

/** Any error as it travels: a bug shows its message, its stack stays in the log. */
function recordOf(error: unknown): ErrorRecord {
  if (isAppsupError(error)) return error.toJSON();
  return {
    code: 'INTERNAL',
    message: `The supervisor made a mistake: ${messageOf(error)}`,
    hint: 'its log has more: appsupd.log in the state directory',
  };
}

function plain(work: (request: IncomingMessage) => Promise<unknown>): Route {
  return async (request, response) => send(response, 200, {result: await work(request)});
}

function send(response: ServerResponse, status: number, envelope: Envelope): void {
  const text = `${JSON.stringify(envelope)}\n`;
  response.writeHead(status, {'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(text)});
  response.end(text);
}

function refuse(response: ServerResponse, status: number, message: string): void {
  send(response, status, {error: new AppsupError('PROTOCOL', message).toJSON()});
}

/** A stream of lines; the head goes out at once, so the client knows that it was heard. */
function startStream(response: ServerResponse): {
  send(envelope: Envelope): void;
  finish(work: () => Promise<unknown>): Promise<void>;
} {
  response.writeHead(200, {'Content-Type': 'application/x-ndjson'});
  return {send: line, finish};

  function line(envelope: Envelope): void {
    if (response.destroyed || response.writableEnded) return;
    response.write(`${JSON.stringify(envelope)}\n`);
    if (response.writableLength > MAX_BACKLOG_BYTES) response.destroy();
  }

  async function finish(work: () => Promise<unknown>): Promise<void> {
    try {
      const result = work();
      // After the call: whoever sees the head is subscribed.
      response.flushHeaders();
      line({result: await result});
    } catch (error) {
      line({error: recordOf(error)});
      throw error;
    } finally {
      response.end();
    }
  }
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > MAX_BODY_BYTES)
      throw new AppsupError('PROTOCOL', `Cannot take the request: more than ${MAX_BODY_BYTES} bytes`);
    parts.push(part);
  }
  return parseJson(Buffer.concat(parts).toString('utf8'));
}

/** By hand: `new URL` throws for paths such as `//`. */
function addressOf({url = '/'}: IncomingMessage): {readonly path: string; readonly query: URLSearchParams} {
  const mark = url.indexOf('?');
  return mark < 0
    ? {path: url, query: new URLSearchParams()}
    : {path: url.slice(0, mark), query: new URLSearchParams(url.slice(mark + 1))};
}

/** Our own refusal of a request is the sender's mistake; what the supervisor refuses is a conflict with what is. */
function statusOf(error: unknown): number {
  if (!isAppsupError(error)) return 500;
  return error.code === 'PROTOCOL' || error.code === 'USAGE' ? 400 : 409;
}
