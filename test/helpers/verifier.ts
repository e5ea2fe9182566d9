import {writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import type {FrontEnd} from '../../src/frontend/snippet.ts';
import {letWebServerIn, webUserLine} from './front-apps.ts';
import {PUBLIC_HOST} from './front-end.ts';
import type {FrontEndServer} from './front-end.ts';
import {Rig} from './rig.ts';
import {fixture} from './tools.ts';

/** A page with a style sheet below its mount, under Node: which could speak WebSocket. */
const NODE = `const mount = process.env.SCRIPT_NAME ?? '';
require('http').createServer((request, response) => {
  const known = {[mount + '/']: ['text/html', '<link rel="stylesheet" href="' + mount + '/style.css"><a href="' + mount + '/deep">deep</a>'], [mount + '/style.css']: ['text/css', 'body { color: green }']};
  const [type, body] = known[request.url] ?? [];
  if (type === undefined) return response.writeHead(404).end('none of mine');
  response.writeHead(200, {'content-type': type}).end(body);
}).listen({fd: 3});
process.on('SIGTERM', () => process.exit(0));
`;

/** One whose start page never comes, once it runs. */
const MUTE = `require('http').createServer((request, response) => {
  const verifies = request.headers['user-agent'] === 'appsup-verify';
  if (!verifies || !request.url.endsWith('/')) response.writeHead(verifies ? 404 : 200).end();
}).listen({fd: 3});
process.on('SIGTERM', () => process.exit(0));
`;

/** The same under gunicorn, which believes in SCRIPT_NAME. */
const WSGI = `def application(environ, start_response):
    mount = environ["SCRIPT_NAME"]
    pages = {"/": ("text/html", '<link rel="stylesheet" href="%s/style.css">' % mount), "/style.css": ("text/css", "body { color: green }"), "/deep/page": ("text/plain", "deep")}
    if environ["REQUEST_METHOD"] == "POST" and environ["PATH_INFO"] == "/form":
        kind, body = "text/plain", environ["wsgi.input"].read().decode()
    elif environ["PATH_INFO"] in pages:
        kind, body = pages[environ["PATH_INFO"]]
    else:
        start_response("404 Not Found", [("X-Served-By", "tasks")])
        return [b"none of mine"]
    start_response("200 OK", [("Content-Type", kind), ("X-Served-By", "tasks")])
    return [body.encode()]
`;

/** What `appsup verify --json` says. */
export interface Finding {
  readonly ok: boolean;
  readonly url: string;
  readonly advice: string | null;
  readonly facts: readonly {
    readonly id: string;
    readonly verdict: 'ok' | 'not-ok' | 'none';
    readonly detail: string;
    readonly remedy: {readonly who: string; readonly what: string} | null;
  }[];
}

/** An app "tasks" that runs, and the command that looks at it through front ends. */
export interface Verifier {
  readonly rig: Rig;
  readonly port: number;
  readonly snippet: (front: FrontEnd) => Promise<string>;
  /** Through the https side of a front end. */
  readonly verify: (server: Pick<FrontEndServer, 'tlsPort'>, ...words: readonly string[]) => Promise<Finding>;
}

const SERVER = `command = "${process.execPath} server.js"\nlisten = "socket"\n`;
const PROGRAMS = {
  node: SERVER,
  mute: SERVER,
  gunicorn: 'gunicorn = "wsgi:application"\nworkers = 2\n',
  uwsgi: 'uwsgi = "wsgi:application"\nprotocol = "uwsgi"\n',
} as const;

export async function startVerifier(
  t: ExecutionContext,
  kind: keyof typeof PROGRAMS,
  toml = '',
): Promise<Verifier> {
  // Nobody else vouches for the test's certificate.
  const rig = Rig.create({NODE_EXTRA_CA_CERTS: fixture('tls/certificate.pem')});
  t.teardown(async () => void (await rig.clean()));
  const program = PROGRAMS[kind];
  const files = program === SERVER ? {'server.js': kind === 'mute' ? MUTE : NODE} : {'wsgi.py': WSGI};
  const {port} = await rig.define('tasks', `${toml}[programs.web]\n${program}`, files);
  writeFileSync(
    path.join(rig.paths.config, 'config.toml'),
    `base_url = "https://${PUBLIC_HOST}"\n${webUserLine()}`,
    {
      mode: 0o600,
    },
  );
  await rig.ok('start', 'tasks');
  await letWebServerIn(rig);
  return {
    rig,
    port,
    snippet: async (front) => (await rig.appsup('snippet', 'tasks', '--front', front)).stdout,
    async verify({tlsPort}, ...words) {
      const ran = await rig.appsup(
        'verify',
        'tasks',
        '--front',
        `https://127.0.0.1:${tlsPort}`,
        '--json',
        ...words,
      );
      const finding = JSON.parse(ran.stdout) as Finding;
      if (ran.code !== (finding.ok ? 0 : 1))
        throw new Error(`verify ended with ${ran.code}: ${ran.stdout}${ran.stderr}`);
      return finding;
    },
  };
}
