import {randomUUID} from 'node:crypto';
import {once} from 'node:events';
import http from 'node:http';

import {WebSocket} from 'ws';

import type {PrefixMode} from '../../src/core/spec.ts';
import {visit} from './front-end.ts';
import type {Answer, FrontEndServer, Visit} from './front-end.ts';

/** One app behind one front end. */
export interface Subject {
  readonly server: FrontEndServer;
  /** Of the virtual host. */
  readonly host: string;
  readonly mount: string;
  readonly prefix: PrefixMode;
  readonly servedBy: string;
  /** Another app of the same virtual host. */
  readonly neighbour: {readonly mount: string; readonly servedBy: string} | undefined;
}

/** Resolves when all is as it should be; else rejects, and the message says what was seen. */
export type Probe = (subject: Subject) => Promise<void>;

async function ask(
  {server, host, mount}: Subject,
  path: string,
  more: Omit<Visit, 'path'> = {},
): Promise<Answer> {
  return await visit(server, {...more, path: mount + path, headers: {host, ...more.headers}});
}

function same(seen: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(seen), JSON.stringify(wanted)];
  if (is !== should) throw new Error(`${is?.slice(0, 300)} instead of ${should}`);
}

/** `/path` of a Location that is relative or on the public host; else the Location itself. */
function placeOf({host}: Subject, {headers: {location = 'none'}}: Answer): string {
  const url = new URL(location, `http://${host}/`);
  return url.host === host ? url.pathname : location;
}

interface Seen {
  readonly scheme: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly script: string;
}

/** What the app says of a request, whether as Flask and FastAPI see it or as WSGI does. */
async function seenBy(subject: Subject, more: Omit<Visit, 'path'>): Promise<Seen> {
  const {status, body} = await ask(subject, '/env', more);
  if (status !== 200) throw new Error(`${status} ${body.slice(0, 200)}`);
  const env = JSON.parse(body) as Readonly<Record<string, string>> & {
    headers?: Readonly<Record<string, string>>;
  };
  const headers = Object.entries(env).flatMap(([name, value]) =>
    name.startsWith('HTTP_') ? [[name.slice(5).toLowerCase().replaceAll('_', '-'), value]] : [],
  );
  return {
    scheme: env['scheme'] ?? env['wsgi.url_scheme'] ?? 'none',
    host: env['host'] ?? env['HTTP_HOST'] ?? 'none',
    headers: env.headers ?? (Object.fromEntries(headers) as Record<string, string>),
    script: env['SCRIPT_NAME'] ?? '',
  };
}

const ODD = '/item/a%20b%3Fc%25d%22e+f%C3%A4;g';

export const PROBES = {
  async root(subject) {
    const {status, headers} = await ask(subject, '/');
    same([status, headers['x-served-by']], [200, subject.servedBy]);
  },
  async bare(subject) {
    const answer = await ask(subject, '?a=1&b=%2F');
    const url = new URL(answer.headers.location ?? 'http://none/', `http://${subject.host}/`);
    same([answer.status, url.pathname + url.search], [308, `${subject.mount}/?a=1&b=%2F`]);
  },
  async deep(subject) {
    same((await ask(subject, '/deep/page')).status, 200);
  },
  async links(subject) {
    const {body} = await ask(subject, '/deep/page');
    same(body, `deep page, style: ${subject.mount}/static/style.css\n`);
  },
  async redirect(subject) {
    same(placeOf(subject, await ask(subject, '/go')), `${subject.mount}/deep/page`);
  },
  async absolute(subject) {
    for (const tls of [false, true])
      same(placeOf(subject, await ask(subject, '/go-external', {tls})), `${subject.mount}/deep/page`);
  },
  async elsewhere(subject) {
    same(placeOf(subject, await ask(subject, '/go-elsewhere')), 'https://login.example.org/deep/page');
  },
  async static(subject) {
    const {status, body} = await ask(subject, '/static/style.css');
    same([status, body], [200, 'body { color: green }\n']);
  },
  async post(subject) {
    const type = {'content-type': 'application/x-www-form-urlencoded'};
    same(/x\W+1/.test((await ask(subject, '/form', {body: 'x=1', headers: type})).body), true);
  },
  /** As a browser does it: the form, its cookie, and the origin of the page. */
  async csrf(subject) {
    const form = await ask(subject, '/form', {tls: true});
    const cookie = form.headers['set-cookie']?.[0]?.split(';')[0] ?? '';
    const answer = await ask(subject, '/form', {
      tls: true,
      body: `x=1&csrfmiddlewaretoken=${form.body}`,
      headers: {
        cookie,
        'content-type': 'application/x-www-form-urlencoded',
        origin: `https://${subject.host}`,
        referer: `https://${subject.host}${subject.mount}/form`,
      },
    });
    same([answer.status, answer.body], [200, '{"x": "1"}']);
  },
  async missing(subject) {
    const {status, headers} = await ask(subject, '/none');
    same([status, headers['x-served-by']], [404, subject.servedBy]);
  },
  async others(subject) {
    const {mount, server, host, servedBy} = subject;
    const turned = mount.replace(/[a-z]/, (letter) => letter.toUpperCase());
    for (const path of [`${mount}x`, `${mount}x/`, `${mount}.css`, `${turned}/`, `/x${mount}/`]) {
      const {headers} = await visit(server, {path, headers: {host}});
      if (headers['x-served-by'] === servedBy) throw new Error(`${path} reaches the app`);
    }
  },
  async odd(subject) {
    const {body} = await ask(subject, `${ODD}?x=c%2Fd&y=%C3%A4`);
    const {path, query} = JSON.parse(body) as Record<string, string>;
    same([path, query], ['/item/a b?c%d"e+fä;g', 'x=c%2Fd&y=%C3%A4']);
  },
  async cookie(subject) {
    const cookie = (await ask(subject, '/login')).headers['set-cookie']?.[0] ?? 'none';
    same(/; *path=([^;]*)/i.exec(cookie)?.[1], `${subject.mount}/`);
  },
  async scheme(subject) {
    same(
      [(await seenBy(subject, {})).scheme, (await seenBy(subject, {tls: true})).scheme],
      ['http', 'https'],
    );
  },
  async host(subject) {
    same((await seenBy(subject, {tls: true})).host, subject.host);
  },
  /** Where the app cannot see the host itself. */
  async forwarded(subject) {
    same((await seenBy(subject, {})).headers['x-forwarded-host'], subject.host);
  },
  async spoof(subject) {
    const seen = await seenBy(subject, {headers: SPOOFED});
    same(seen.scheme, 'http');
    same(seen.script.includes('evil'), false);
    for (const name of ['x-forwarded-protocol', 'x-forwarded-ssl', 'remote-user', 'script-name', 'path-info'])
      if (seen.headers[name]) throw new Error(`${name}: ${seen.headers[name]}`);
    const prefix = seen.headers['x-forwarded-prefix'] ?? '';
    if (prefix !== '') same(prefix, subject.mount);
  },
  async websocket({server, host, mount}) {
    const socket = new WebSocket(`wss://127.0.0.1:${server.tlsPort}${mount}/echo`, {
      headers: {host},
      rejectUnauthorized: false,
      handshakeTimeout: 10_000,
    });
    try {
      await once(socket, 'open');
      const long = 'ä'.repeat(50_000);
      socket.send(long);
      const [data] = (await once(socket, 'message')) as [Buffer];
      same(data.toString().length, long.length + 5);
    } finally {
      socket.terminate();
    }
  },
  /** The second event comes only when the first one is there. */
  async events(subject) {
    const {server, host, mount} = subject;
    const events = `/events?reader=${randomUUID()}`;
    const request = http.get({
      host: '127.0.0.1',
      port: server.port,
      path: mount + events,
      agent: false,
      headers: {host},
      signal: AbortSignal.timeout(10_000),
    });
    // Told by the reader below.
    request.on('error', () => undefined);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let text = '';
    for await (const part of response.setEncoding('utf8')) {
      text += String(part);
      if (text === 'data: first\n\n') same((await ask(subject, events, {body: ''})).status, 200);
    }
    same(text, 'data: first\n\ndata: second\n\n');
  },
  async body(subject) {
    same((await ask(subject, '/size', {body: Buffer.alloc(3_000_000)})).body.trim(), '3000000');
  },
  async beside({server, host, neighbour}) {
    if (neighbour === undefined) return;
    const {status, headers} = await visit(server, {path: `${neighbour.mount}/`, headers: {host}});
    same([status, headers['x-served-by']], [200, neighbour.servedBy]);
  },
} as const satisfies Readonly<Record<string, Probe>>;

export type ProbeName = keyof typeof PROBES;

const SPOOFED = {
  SCRIPT_NAME: '/evil',
  PATH_INFO: '/evil',
  'Remote-User': 'root',
  REMOTE_USER: 'root',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-Protocol': 'ssl',
  'X-Forwarded-Ssl': 'on',
  'X-Forwarded-Prefix': '/evil',
};

/** What visitors read while nobody listens. */
export async function closedProbe(subject: Subject, words: string): Promise<void> {
  const {status, body} = await ask(subject, '/deep/page');
  same([status, body], [503, words]);
}
