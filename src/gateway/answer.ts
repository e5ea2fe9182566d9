import type {IncomingMessage, ServerResponse} from 'node:http';

import {closedPage} from '../core/closed-page.ts';
import type {Route} from './routes.ts';

/** Something that the gateway says by itself. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  404: 'Not Found',
  408: 'Request Timeout',
  405: 'Method Not Allowed',
  413: 'Content Too Large',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** A short page with the status in words. */
export function plainAnswer(status: number): Answer {
  const reason = REASONS[status] ?? 'Error';
  const body = `<!doctype html>\n<meta charset="utf-8">\n<title>${status} ${reason}</title>\n<p>${reason}</p>\n`;
  return {status, headers: html(), body};
}

/** The page of an app that nobody answers for. */
export function closedAnswer({app, front}: Pick<Route, 'app' | 'front'>): Answer {
  return {
    status: 503,
    headers: {...html(), 'retry-after': '10'},
    body: closedPage(app, {words: front.maintenance}),
  };
}

function html(): Record<string, string> {
  return {'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store'};
}

/** Send it; with `close` the connection ends, as the rest of what was sent on it is not read. */
export function send(
  request: IncomingMessage,
  response: ServerResponse,
  {status, headers, body}: Answer,
  {close = false}: {readonly close?: boolean} = {},
): void {
  if (close) response.shouldKeepAlive = false;
  response.writeHead(status, {
    ...headers,
    'content-length': String(Buffer.byteLength(body)),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** The same for a connection that Node has let go of. */
export function rawAnswer({status, headers, body}: Answer): string {
  const all = {...headers, 'content-length': String(Buffer.byteLength(body)), connection: 'close'};
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${REASONS[status] ?? 'Error'}`, ...lines, '', body].join('\r\n');
}
