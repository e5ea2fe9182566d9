import http from 'node:http';
import net from 'node:net';

import type {Readiness} from '../core/program-spec.ts';
import {connectTo} from '../system/sockets.ts';
import type {Address} from '../system/sockets.ts';

export interface ProbeRequest {
  readonly address: Address;
  readonly readiness: Extract<Readiness, {kind: 'http' | 'tcp'}>;
  /** Path to ask for, the mount included. */
  readonly url: string;
  /** `Host` header. */
  readonly host: string;
  /** What the front end would say of the visitor's scheme. */
  readonly https: boolean;
}

/** One look at a program. `refused`: nobody listens yet. */
export type ProbeResult =
  | {readonly up: true; readonly detail: string}
  | {readonly up: false; readonly refused: boolean; readonly detail: string};

/** Statuses by which an application or its server says that it does not work; every other answer is one of a living app. */
const BROKEN = new Set([500, 502, 503, 504]);

/** A TCP connection, and nothing sent. */
export async function askEndpoint(
  host: string,
  port: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return await connect({host, port}, timeoutMs, signal);
}

/** Ask once. Never rejects: a failure is an answer too. */
export async function probe(request: ProbeRequest, signal: AbortSignal): Promise<ProbeResult> {
  switch (request.readiness.kind) {
    case 'http':
      return await askHttp(request, request.readiness, signal);
    case 'tcp':
      return await connect(connectTo(request.address), request.readiness.timeoutMs, signal);
  }
}

async function askHttp(
  {address, url, host, https}: ProbeRequest,
  readiness: Extract<Readiness, {kind: 'http'}>,
  signal: AbortSignal,
): Promise<ProbeResult> {
  return await new Promise((resolve) => {
    const request = http.get({
      ...('path' in address ? {socketPath: address.path} : connectTo(address)),
      path: url,
      agent: false,
      signal,
      timeout: readiness.timeoutMs,
      headers: {host, 'user-agent': 'appsup', ...(https ? {'x-forwarded-proto': 'https'} : {})},
    });
    request.once('timeout', () =>
      request.destroy(new Error(`no answer within ${readiness.timeoutMs / 1000} s`)),
    );
    request.once('error', (error) => resolve(failure(error)));
    request.once('response', (response) => {
      const status = response.statusCode ?? 0;
      // The body does not matter, and an endless one must not keep us.
      response.destroy();
      const up = readiness.status === undefined ? !BROKEN.has(status) : readiness.status.includes(status);
      const detail = `${url} answers ${status}`;
      resolve(up ? {up, detail} : {up, refused: false, detail});
    });
  });
}

async function connect(to: net.NetConnectOpts, timeoutMs: number, signal: AbortSignal): Promise<ProbeResult> {
  return await new Promise((resolve) => {
    const socket = net.connect({...to, signal});
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`no connection within ${timeoutMs / 1000} s`)),
    );
    socket.once('error', (error) => resolve(failure(error)));
    socket.once('connect', () => {
      socket.destroy();
      resolve({up: true, detail: 'connected'});
    });
  });
}

function failure(error: Error): ProbeResult {
  const code = 'code' in error ? String(error.code) : '';
  return {up: false, refused: code === 'ECONNREFUSED' || code === 'ENOENT', detail: error.message};
}
