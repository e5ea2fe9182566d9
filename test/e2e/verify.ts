import {once} from 'node:events';
import {chmodSync, mkdirSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {startApache} from '../helpers/apache.ts';
import {PUBLIC_HOST, visit} from '../helpers/front-end.ts';
import type {FrontEndServer} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {Load} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';
import {startVerifier} from '../helpers/verifier.ts';
import type {Finding, Verifier} from '../helpers/verifier.ts';

const SERVERS = {
  apache: {tool: 'apache2', start: startApache},
  nginx: {tool: 'nginx', start: startNginx},
} as const;
type Server = keyof typeof SERVERS;

async function through<Result>(
  t: ExecutionContext,
  server: Server,
  lines: string,
  look: (front: FrontEndServer) => Promise<Result>,
): Promise<Result> {
  const front = await SERVERS[server].start(lines);
  try {
    return await look(front);
  } catch (error) {
    t.log(front.log());
    throw error;
  } finally {
    await front.stop();
  }
}

/** Ids of what needs attention. */
const wrong = ({facts}: Finding) => facts.filter(({verdict}) => verdict === 'not-ok').map(({id}) => id);
const factOf = ({facts}: Finding, id: string) => facts.find((fact) => fact.id === id);

for (const server of ['apache', 'nginx'] as const) {
  testWith(
    ['gunicorn', SERVERS[server].tool],
    `C10: verify finds nothing wrong behind the ${server} snippet, and neither does a visitor`,
    async (t) => {
      const it = await startVerifier(t, 'gunicorn');
      await through(t, server, await it.snippet(server), async (front) => {
        const finding = await it.verify(front);
        t.deepEqual(wrong(finding), [], JSON.stringify(finding));
        t.deepEqual(
          finding.facts.filter(({verdict}) => verdict === 'none'),
          [],
        );
        const ask = async (url: string, body?: string) => {
          const {
            status,
            headers,
            body: text,
          } = await visit(front, {path: url, tls: true, ...(body === undefined ? {} : {body})});
          return [status, headers['x-served-by'], text];
        };
        t.is((await visit(front, {path: '/tasks'})).status, 308);
        t.deepEqual(await ask('/tasks/deep/page'), [200, 'tasks', 'deep']);
        t.deepEqual(await ask('/tasks/style.css'), [200, 'tasks', 'body { color: green }']);
        t.deepEqual(await ask('/tasks/form', 'a=1'), [200, 'tasks', 'a=1']);
        t.deepEqual(await ask('/tasks/none'), [404, 'tasks', 'none of mine']);
        t.deepEqual((await ask('/tasksx/')).slice(0, 2), [404, undefined]);
      });
    },
  );
}

testWith(
  ['uwsgi', 'uwsgiPython', 'apache2', 'nginx'],
  'verify finds nothing wrong over the uwsgi protocol either',
  async (t) => {
    const it = await startVerifier(t, 'uwsgi');
    for (const server of ['apache', 'nginx'] as const) {
      await through(t, server, await it.snippet(server), async (front) => {
        const finding = await it.verify(front);
        t.deepEqual(wrong(finding), [], JSON.stringify(finding));
        t.is(factOf(finding, 'prefix')?.verdict, 'ok');
      });
    }
  },
);

testWith(
  ['gunicorn', 'apache2'],
  "E1: verify finds what is wrong with the guide's two lines, where every page is a 500",
  async (t) => {
    const it = await startVerifier(t, 'gunicorn');
    await it.rig.ok('request', 'tasks', '--front', 'apache');
    const target = `"/tasks" "http://localhost:${it.port}"`;
    await through(t, 'apache', `ProxyPass ${target}\nProxyPassReverse ${target}\n`, async (front) => {
      t.is((await visit(front, {path: '/tasks/'})).status, 500);
      const finding = await it.verify(front);
      t.deepEqual(wrong(finding), ['prefix', 'redirects', 'scheme', 'host', 'cookies', 'spoofing', 'slash']);
      const prefix = factOf(finding, 'prefix');
      t.is(prefix?.detail, 'arrives without /tasks, as /...');
      t.is(prefix?.remedy?.who, 'administrators');
      t.true(
        prefix?.remedy?.what.includes(
          `the target has to repeat the mount, http://127.0.0.1:${it.port}/tasks/`,
        ),
      );
      t.regex(finding.advice ?? '', /^ask the administrators to use the whole block, as sent on \d{4}-/);
    });
    const corrected = target.replace('localhost', '127.0.0.1').replace(/"$/, '/tasks"');
    await through(t, 'apache', `ProxyPass ${corrected}\nProxyPassReverse ${corrected}\n`, async (front) => {
      t.is((await visit(front, {path: '/tasks/'})).status, 200);
      const finding = await it.verify(front);
      t.is(factOf(finding, 'prefix')?.verdict, 'ok');
      t.is(factOf(finding, 'links')?.verdict, 'ok');
    });
  },
);

interface Mistake {
  readonly what: string;
  readonly server: Server;
  /** The right lines made wrong. */
  readonly plant: (lines: string, it: Verifier) => string;
  readonly fact: string;
  /** Part of the remedy. */
  readonly remedy: RegExp;
}

/** Take out the lines that match. */
const without = (pattern: RegExp) => (lines: string) =>
  lines
    .split('\n')
    .filter((line) => !pattern.test(line))
    .join('\n');

const MISTAKES: readonly Mistake[] = [
  {
    what: 'no ProxyPreserveHost',
    server: 'apache',
    plant: without(/ProxyPreserveHost/),
    fact: 'host',
    remedy: /ProxyPreserveHost On/,
  },
  {
    what: 'no X-Forwarded-Proto',
    server: 'apache',
    plant: without(/set X-Forwarded-Proto /),
    fact: 'scheme',
    remedy: /RequestHeader set X-Forwarded-Proto/,
  },
  {
    what: 'no cookie path',
    server: 'apache',
    plant: without(/CookiePath|Set-Cookie/),
    fact: 'cookies',
    remedy: /gives cookies the path \/tasks\//,
  },
  {
    what: 'no upgrade=',
    server: 'apache',
    plant: (lines) => lines.replace(' upgrade=websocket', ''),
    fact: 'websocket',
    remedy: /upgrade=websocket/,
  },
  {
    what: "visitors' headers let through",
    server: 'apache',
    plant: without(/unset/),
    fact: 'spoofing',
    remedy: /RequestHeader lines/,
  },
  {
    what: 'no redirect to the slash',
    server: 'apache',
    plant: without(/RedirectMatch/),
    fact: 'slash',
    remedy: /RedirectMatch 308/,
  },
  {
    what: 'a pattern that takes a neighbour too',
    server: 'apache',
    plant: (lines, {port}) => `${lines}\nProxyPassMatch "^/tasks(x.*)$" "http://127.0.0.1:${port}/tasks$1"\n`,
    fact: 'neighbour',
    remedy: /<Location "\/tasks\/">/,
  },
  {
    what: 'a target without its slash',
    server: 'apache',
    plant: (lines, {port}) => lines.replaceAll(`:${port}/tasks/"`, `:${port}/tasks"`),
    fact: 'prefix',
    remedy: /slash at the end on both sides or on neither/,
  },
  {
    what: 'the port of nobody',
    server: 'apache',
    plant: (lines, {port}) => lines.replaceAll(`:${port}/`, ':1/'),
    fact: 'reached',
    remedy: /pass requests to http:\/\/127\.0\.0\.1:\d+\/tasks\//,
  },
  {
    what: 'no lines at all',
    server: 'apache',
    plant: () => '',
    fact: 'reached',
    remedy: /not in this virtual host, or not activated/,
  },
  {
    what: "nginx's own limit of 1 MB",
    server: 'nginx',
    plant: without(/client_max_body_size/),
    fact: 'uploads',
    remedy: /client_max_body_size 100m/,
  },
  {
    what: 'a location without its slash',
    server: 'nginx',
    plant: (lines) => lines.replace('location ^~ /tasks/', 'location ^~ /tasks'),
    fact: 'neighbour',
    remedy: /location \^~ \/tasks\//,
  },
  {
    what: 'a target that removes the mount',
    server: 'nginx',
    plant: (lines, {port}) => lines.replace(`127.0.0.1:${port};`, `127.0.0.1:${port}/;`),
    fact: 'prefix',
    remedy: /has to repeat the mount/,
  },
  {
    what: 'no X-Forwarded-For',
    server: 'nginx',
    plant: without(/X-Forwarded-For/),
    fact: 'client',
    remedy: /\$proxy_add_x_forwarded_for/,
  },
];

for (const server of ['apache', 'nginx'] as const) {
  testWith(
    [SERVERS[server].tool],
    `verify finds each mistake that is planted in the ${server} lines, and names its remedy`,
    async (t) => {
      const it = await startVerifier(t, 'node');
      const lines = await it.snippet(server);
      const right = await through(t, server, lines, async (front) => await it.verify(front));
      t.deepEqual(wrong(right), [], JSON.stringify(right));
      for (const {what, plant, fact, remedy} of MISTAKES.filter((mistake) => mistake.server === server)) {
        const planted = plant(lines, it);
        t.not(planted, lines, what);
        const finding = await through(t, server, planted, async (front) => await it.verify(front));
        t.true(wrong(finding).includes(fact), `${what}: ${JSON.stringify(finding)}`);
        t.regex(factOf(finding, fact)?.remedy?.what ?? '', remedy, what);
        t.regex(finding.advice ?? '', /appsup request tasks$/, what);
      }
    },
  );
}

testWith(
  ['nginx'],
  'verify sees an alias by which files above the directory can be read, and one that is right',
  async (t) => {
    const it = await startVerifier(t, 'node', 'static = {"/static" = "public"}\n');
    const directory = path.join(it.rig.home, 'tasks/public');
    // The account that nginx drops to has to get in, as it does for real files.
    mkdirSync(directory, {recursive: true});
    writeFileSync(path.join(directory, 'app.js'), 'console.log("static")\n');
    chmodSync(it.rig.home, 0o711);
    const proxy = (await it.snippet('nginx')).replace(/^location \^~ \/tasks\/static\/ \{[^}]*\}\n/m, '');
    const leaky = `${proxy}location ^~ /tasks/static { alias ${directory}/; }\n`;
    const bad = await through(t, 'nginx', leaky, async (front) => await it.verify(front));
    t.regex(factOf(bad, 'static')?.detail ?? '', /files above its directory can be read/);
    const tight = `${proxy}location ^~ /tasks/static/ { alias ${directory}/; }\n`;
    const good = await through(t, 'nginx', tight, async (front) => await it.verify(front));
    t.deepEqual(factOf(good, 'static'), {
      id: 'static',
      title: 'static files',
      verdict: 'ok',
      detail: '/static/app.js',
      remedy: null,
    } as never);
  },
);

testWith(
  ['apache2'],
  'verify tells another app, another certificate, and a front end that is down or does not answer',
  async (t) => {
    const it = await startVerifier(t, 'node');
    const other = await it.rig.define(
      'other',
      `[programs.web]\ncommand = "${process.execPath} server.js"\nlisten = "socket"\n`,
      {
        'server.js':
          "require('http').createServer((q, r) => r.end('hello from another app')).listen({fd: 3})",
      },
    );
    await it.rig.ok('start', 'other');
    const lines = await it.snippet('apache');
    await through(t, 'apache', lines.replaceAll(`:${it.port}/`, `:${other.port}/`), async (front) => {
      const finding = await it.verify(front);
      t.deepEqual(wrong(finding), ['reached']);
      t.regex(factOf(finding, 'reached')?.detail ?? '', /^something else answers there \(200\)/);
    });
    const tlsPort = await through(t, 'apache', lines, async (front) => {
      const named = await it.verify(front, '--url', 'https://elsewhere.example');
      t.true(wrong(named).includes('certificate'));
      t.is(factOf(named, 'certificate')?.detail, 'it is not for elsewhere.example, but for public.example');
      return front.tlsPort;
    });
    const down = await it.verify({tlsPort});
    t.deepEqual(
      [wrong(down), factOf(down, 'reached')?.detail],
      [['reached'], `nobody listens at 127.0.0.1:${tlsPort}`],
    );

    const hung = net.createServer().listen(0, '127.0.0.1');
    await once(hung, 'listening');
    t.teardown(() => void hung.close());
    const address = hung.address() as net.AddressInfo;
    const silent = await it.verify({tlsPort: address.port}, '--timeout', '500ms');
    t.deepEqual(wrong(silent), ['reached']);
    t.regex(factOf(silent, 'reached')?.detail ?? '', /takes visitors and does not answer/);
  },
);

testWith(
  ['apache2', 'nginx'],
  'verify finds a front end that holds events back, and names the line that lets them through',
  async (t) => {
    const it = await startVerifier(t, 'node', 'front = { streaming = true }\n');
    const lines = await it.snippet('nginx');
    const right = await through(t, 'nginx', lines, async (front) => await it.verify(front));
    t.deepEqual([wrong(right), factOf(right, 'streaming')?.verdict], [[], 'ok'], JSON.stringify(right));
    const held = without(/proxy_buffering/)(lines);
    const finding = await through(t, 'nginx', held, async (front) => await it.verify(front));
    t.deepEqual(wrong(finding), ['streaming']);
    t.regex(factOf(finding, 'streaming')?.remedy?.what ?? '', /^proxy_buffering off is missing/);
    const apache = await through(
      t,
      'apache',
      await it.snippet('apache'),
      async (front) => await it.verify(front),
    );
    t.deepEqual([wrong(apache), factOf(apache, 'streaming')?.verdict], [[], 'ok'], JSON.stringify(apache));
  },
);

/** Passes visitors on to a port, after as long as their first line says. */
async function slowTo(port: number, waitMs: (line: string) => number): Promise<net.Server> {
  const server = net.createServer((visitor) => {
    visitor.on('error', () => visitor.destroy());
    visitor.once('data', (first: Buffer) => {
      visitor.pause();
      setTimeout(
        () => {
          const onward = net.connect(port, '127.0.0.1').on('error', () => visitor.destroy());
          onward.once('close', () => visitor.destroy());
          visitor.once('close', () => onward.destroy());
          onward.write(first);
          visitor.pipe(onward).pipe(visitor);
        },
        waitMs(first.toString('latin1')),
      );
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return server;
}

testWith(
  ['nginx'],
  'verify says who is slow: the front end, or the app whose page does not come, and what to do',
  async (t) => {
    const quick = await startVerifier(t, 'node');
    await through(t, 'nginx', await quick.snippet('nginx'), async ({port}) => {
      let token: string | undefined;
      // The page, so that verify has patience, and the first question.
      const slow = await slowTo(port, (line) => {
        const question = /appsup-[0-9a-f]{24}/.exec(line)?.[0];
        token ??= question;
        return line.startsWith('GET /tasks/ ') || (question !== undefined && question === token) ? 2100 : 0;
      });
      t.teardown(() => void slow.close());
      const url = `http://127.0.0.1:${(slow.address() as net.AddressInfo).port}/tasks/`;
      const {stdout} = await quick.rig.appsup('verify', 'tasks', '--url', url, '--json');
      const finding = JSON.parse(stdout) as Finding;
      t.true(wrong(finding).includes('speed'), stdout);
      t.regex(factOf(finding, 'speed')?.remedy?.what ?? '', /^the time is spent before tasks is asked/);
    });

    const mute = await startVerifier(t, 'mute', 'front = { timeout = "1s" }\n');
    await through(t, 'nginx', await mute.snippet('nginx'), async (front) => {
      const late = await mute.verify(front, '--timeout', '3s');
      t.deepEqual(wrong(late), ['page'], JSON.stringify(late));
      t.regex(factOf(late, 'page')?.detail ?? '', /^the front end gives up after .* s \(504\)$/);
      t.regex(factOf(late, 'page')?.remedy?.what ?? '', /front = \{ timeout = "\.\.\." \}/);
      const silent = await mute.verify(front, '--timeout', '500ms');
      t.deepEqual(wrong(silent), ['page'], JSON.stringify(silent));
      t.is(factOf(silent, 'page')?.detail, 'no answer within 0.5 s; the app itself neither');
      t.regex(factOf(silent, 'page')?.remedy?.what ?? '', /^the time is the app's own: appsup logs tasks/);
    });
  },
);

testWith(
  ['gunicorn', 'apache2', 'setfacl'],
  'verify knows what a .htaccess cannot do, and that it can over a Unix socket',
  async (t) => {
    for (const transport of ['tcp', 'unix'] as const) {
      const it = await startVerifier(t, 'gunicorn', `transport = "${transport}"\n`);
      const site = {host: PUBLIC_HOST, htaccess: {'/tasks': await it.snippet('htaccess')}};
      const front = await startApache([site]);
      t.teardown(async () => await front.stop());
      const finding = await it.verify(front);
      t.deepEqual(wrong(finding), [], `${JSON.stringify(finding)}${front.log()}`);
      t.is(factOf(finding, 'host')?.verdict, transport === 'unix' ? 'ok' : 'none');
    }
  },
);

testWith(['apache2'], 'two who verify an app at the same time do not disturb each other', async (t) => {
  const it = await startVerifier(t, 'node');
  await through(t, 'apache', await it.snippet('apache'), async (front) => {
    const findings = await Promise.all([it.verify(front), it.verify(front), it.verify(front)]);
    for (const finding of findings) t.deepEqual(wrong(finding), [], JSON.stringify(finding));
  });
});

testWith(
  ['gunicorn', 'apache2'],
  'status knows what verify found last, until the app needs something else',
  async (t) => {
    const it = await startVerifier(t, 'gunicorn');
    const lines = await it.snippet('apache');
    await through(t, 'apache', lines, async ({port}) => {
      const {code, stdout} = await it.rig.appsup(
        'verify',
        'tasks',
        '--url',
        `http://127.0.0.1:${port}/tasks/`,
      );
      t.is(code, 0, stdout);
      t.regex(
        stdout,
        /^http:\/\/127\.0\.0\.1:\d+\/tasks\/\n {2}OK {6}reached, and it is this app +token matched, \d+ ms\n[^]*^all \d+ are OK$/m,
      );
      t.regex(
        (await it.rig.appsup('status')).stdout,
        new RegExp(`http://127\\.0\\.0\\.1:${port}/tasks/ {2}verified \\d+ s ago$`, 'm'),
      );
    });
    await through(t, 'apache', without(/CookiePath|Set-Cookie/)(lines), async ({port}) => {
      const {code, stdout} = await it.rig.appsup('verify', 'tasks', '--url', `http://127.0.0.1:${port}`);
      t.is(code, 1);
      t.regex(
        stdout,
        /^ {2}NOT OK {2}cookies stay below the mount +Path=\/: other apps on this host can read them\n {10}the administrators: .*\n[^]*^1 of \d+ needs attention\nthe whole block for the administrators: appsup request tasks\n$/m,
      );
      t.regex(
        (await it.rig.appsup('status')).stderr,
        /^! tasks: 1 of \d+ facts about .* need attention, as of \d+ s ago: appsup verify tasks$/m,
      );
    });
    await it.rig.ok('stop', 'tasks');
    const stopped = await it.rig.appsup('verify', 'tasks');
    t.is(stopped.code, 1);
    t.regex(stopped.stderr, /^Cannot verify "tasks": it is not running\n {2}hint: appsup start tasks$/m);
  },
);

testWith(
  ['gunicorn', 'apache2'],
  'E7: a restart under load through Apache is no answer of 5xx',
  async (t) => {
    const it = await startVerifier(t, 'gunicorn');
    await through(t, 'apache', await it.snippet('apache'), async ({port}) => {
      const load = new Load(port, '/tasks/deep/page', 4);
      await load.answers(20);
      await it.rig.ok('restart', 'tasks');
      await load.answers(20);
      await load.stop();
      t.deepEqual(load.failures, []);
    });
  },
);

test('verify says what is missing before it asks anybody', async (t) => {
  const it = await startVerifier(t, 'node');
  writeFileSync(it.rig.paths.globalConfig, '', {mode: 0o600});
  for (const [words, message] of [
    [[], /its public address is not known\n {2}hint: appsup verify tasks --url/],
    [['--url', 'ftp://x'], /"ftp:\/\/x" is no address as https:/],
    [['--url', 'https://x.example/other/'], /its mount is \/tasks, and not \/other/],
    [['--front', 'x'], /"x" is no address/],
  ] as const) {
    const {code, stderr} = await it.rig.appsup('verify', 'tasks', ...words);
    t.is(code, 2);
    t.regex(stderr, message);
  }
});
