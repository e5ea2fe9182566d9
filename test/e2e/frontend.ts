import type {ExecutionContext} from 'ava';

import type {PrefixMode} from '../../src/core/spec.ts';
import type {FrontEnd} from '../../src/frontend/snippet.ts';
import {startApache} from '../helpers/apache.ts';
import {PUBLIC_HOST, visit} from '../helpers/front-end.ts';
import type {Answer, FrontEndServer, Visit} from '../helpers/front-end.ts';
import {startNginx} from '../helpers/nginx.ts';
import {testWith} from '../helpers/tools.ts';
import {startWebApp} from '../helpers/web-app.ts';
import type {WebApp} from '../helpers/web-app.ts';

interface Form {
  readonly tool: 'apache2' | 'nginx';
  readonly start: (snippet: string) => Promise<FrontEndServer>;
}

/** The `.htaccess` form is in the matrix: frontend-matrix.ts. */
type ServerForm = Exclude<FrontEnd, 'htaccess'>;

const FORMS: Readonly<Record<ServerForm, Form>> = {
  apache: {tool: 'apache2', start: startApache},
  'apache-minimal': {tool: 'apache2', start: startApache},
  nginx: {tool: 'nginx', start: startNginx},
};

interface World {
  readonly app: WebApp;
  readonly ask: (path: string, more?: Omit<Visit, 'path'>) => Promise<Answer>;
}

/** An app that appsup hosts, and a real front end with exactly what it prints for it. */
async function setup(
  t: ExecutionContext,
  front: ServerForm,
  setting: {readonly fixture: 'flask-app' | 'wsgi-app'; readonly mount: string; readonly prefix: PrefixMode},
): Promise<World> {
  const app = await startWebApp(setting);
  t.teardown(async () => await app.stop());
  const {text, verdict} = await app.snippet(front);
  t.regex(verdict, /^! checked with .+ on this host: /m);
  const server = await FORMS[front].start(text);
  t.teardown(async () => {
    if (!t.passed) t.log(server.log());
    await server.stop();
  });
  return {app, ask: async (path, more = {}) => await visit(server, {path, ...more})};
}

/** `/path?query` of a Location that is relative or on the public host; else the Location itself. */
function placeOf(answer: Answer): string {
  const {location = 'none'} = answer.headers;
  const url = new URL(location, `http://${PUBLIC_HOST}/`);
  return url.hostname === PUBLIC_HOST ? `${url.pathname}${url.search}` : location;
}

const servedBy = (answer: Answer) => answer.headers['x-served-by'];
const KEEP = {fixture: 'flask-app', mount: '/alice_tasks', prefix: 'keep'} as const;
const STRIP = {fixture: 'wsgi-app', mount: '/alice_tasks', prefix: 'strip'} as const;

/** What an app can count on behind each of the printed forms. */
async function holdsForEveryForm(t: ExecutionContext, {ask}: World): Promise<void> {
  const bare = await ask('/alice_tasks?a=1&b=%2F');
  t.deepEqual([bare.status, placeOf(bare)], [308, '/alice_tasks/?a=1&b=%2F']);

  const start = await ask('/alice_tasks/');
  t.deepEqual([start.status, start.body], [200, 'start page, next: /alice_tasks/deep/page\n']);
  t.is((await ask('/alice_tasks/deep/page')).body, 'deep page, style: /alice_tasks/static/style.css\n');

  t.is(placeOf(await ask('/alice_tasks/go')), '/alice_tasks/deep/page');
  t.is(placeOf(await ask('/alice_tasks/go-external')), '/alice_tasks/deep/page');
  t.is(placeOf(await ask('/alice_tasks/go-elsewhere')), 'https://login.example.org/deep/page');

  const style = await ask('/alice_tasks/static/style.css');
  t.deepEqual([style.status, style.body], [200, 'body { color: green }\n']);

  const form = await ask('/alice_tasks/form', {
    body: 'b=2&a=%C3%A4',
    headers: {'content-type': 'application/x-www-form-urlencoded'},
  });
  t.deepEqual(JSON.parse(form.body), [
    ['a', 'ä'],
    ['b', '2'],
  ]);

  const cookie = (await ask('/alice_tasks/login')).headers['set-cookie']?.[0] ?? '';
  const whoami = await ask('/alice_tasks/whoami', {headers: {cookie: cookie.split(';')[0] ?? ''}});
  t.is(whoami.body, 'alice\n');

  const missing = await ask('/alice_tasks/none');
  t.deepEqual([missing.status, servedBy(missing)], [404, 'flask-app']);
  for (const path of [
    '/alice_tasksx',
    '/alice_tasksx/',
    '/alice_tasks.css',
    '/Alice_tasks/',
    '/',
    '/x/alice_tasks/',
  ]) {
    const outside = await ask(path);
    t.deepEqual([outside.status, servedBy(outside)], [404, undefined], path);
  }
}

/** What the full forms add to the minimal one. */
async function holdsForFullForms(t: ExecutionContext, {ask}: World): Promise<void> {
  const cookie = (await ask('/alice_tasks/login')).headers['set-cookie']?.[0] ?? '';
  t.regex(cookie, /; Path=\/alice_tasks\/(;|$)/);

  interface Environment {
    readonly scheme: string;
    readonly host: string;
    readonly SCRIPT_NAME: string;
    readonly PATH_INFO: string;
    readonly QUERY_STRING: string;
    readonly REMOTE_USER: string | null;
    readonly headers: Readonly<Record<string, string>>;
  }
  const env = async (more: Omit<Visit, 'path'>) => {
    const answer = await ask('/alice_tasks/env?q=a%2Fb', more);
    t.is(answer.status, 200, answer.body);
    return JSON.parse(answer.body) as Environment;
  };
  const seen = {
    SCRIPT_NAME: '/alice_tasks',
    PATH_INFO: '/env',
    QUERY_STRING: 'q=a%2Fb',
    host: PUBLIC_HOST,
    REMOTE_USER: null,
  };
  t.like(await env({}), {...seen, scheme: 'http'});
  t.like(await env({tls: true}), {...seen, scheme: 'https'});

  const spoofed = await env({
    headers: {
      SCRIPT_NAME: '/evil',
      PATH_INFO: '/evil',
      'Remote-User': 'root',
      REMOTE_USER: 'root',
      'X-Forwarded-Proto': 'https',
      'X-Forwarded-Protocol': 'ssl',
      'X-Forwarded-Ssl': 'on',
      'X-Forwarded-Prefix': '/evil',
      'X-Forwarded-For': '10.9.8.7',
    },
  });
  t.like(spoofed, {...seen, scheme: 'http'});
  for (const name of [
    'script-name',
    'path-info',
    'remote-user',
    'x-forwarded-protocol',
    'x-forwarded-ssl',
    'x-forwarded-prefix',
  ]) {
    t.is(spoofed.headers[name], undefined, name);
  }
  // A client may lie about the hops before, never about the last one.
  t.is(spoofed.headers['x-forwarded-for'], '10.9.8.7, 127.0.0.1');

  const secure = (await ask('/alice_tasks/go-external', {tls: true})).headers.location;
  t.is(secure, `https://${PUBLIC_HOST}/alice_tasks/deep/page`);
  t.is((await ask('/alice_tasks/size', {body: Buffer.alloc(3_000_000)})).body.trim(), '3000000');
}

for (const front of ['apache', 'nginx'] as const) {
  testWith(
    ['gunicorn', 'flask', FORMS[front].tool],
    `a Flask app is whole behind the ${front} snippet`,
    async (t) => {
      const world = await setup(t, front, KEEP);
      await holdsForEveryForm(t, world);
      await holdsForFullForms(t, world);
    },
  );

  testWith(
    ['gunicorn', FORMS[front].tool],
    `an app that knows no mount stays below it behind the ${front} snippet of strip mode`,
    async (t) => {
      const {ask} = await setup(t, front, STRIP);
      t.is(placeOf(await ask('/alice_tasks?a=1')), '/alice_tasks/?a=1');
      t.is((await ask('/alice_tasks/')).body, 'at /\n');
      t.is((await ask('/alice_tasks/deep/page')).body, 'at /deep/page\n');
      t.is((await ask('/alice_tasks/form', {body: 'x=1'})).body, 'x=1');
      t.is((await ask('/alice_tasks/none')).status, 404);
      t.is(servedBy(await ask('/alice_tasksx/')), undefined);

      const places = {
        go: '/alice_tasks/deep/page?x=1',
        'go-root': '/alice_tasks/',
        'go-external': '/alice_tasks/deep/page',
        'go-mounted': '/alice_tasks/deep/page',
        'go-mounted-external': '/alice_tasks/deep/page',
        'go-elsewhere': 'https://login.example.org/deep/page',
        'go-without-scheme': '//login.example.org/deep/page',
      };
      for (const tls of [false, true]) {
        for (const [path, place] of Object.entries(places)) {
          t.is(
            placeOf(await ask(`/alice_tasks/${path}`, {tls})),
            place,
            `${path}, ${tls ? 'https' : 'http'}`,
          );
        }
      }
      const cookie = (await ask('/alice_tasks/login')).headers['set-cookie']?.[0] ?? '';
      t.regex(cookie, /Path=\/alice_tasks\//);
      const headers = {SCRIPT_NAME: '/evil', 'X-Forwarded-Prefix': '/evil'};
      const env = JSON.parse((await ask('/alice_tasks/env', {headers, tls: true})).body) as Record<
        string,
        string
      >;
      t.like(env, {
        SCRIPT_NAME: '',
        PATH_INFO: '/env',
        HTTP_HOST: PUBLIC_HOST,
        HTTP_X_FORWARDED_PREFIX: '/alice_tasks',
        'wsgi.url_scheme': 'https',
      });
    },
  );

  testWith(
    ['gunicorn', FORMS[front].tool],
    `an app at the root has all of the site behind the ${front} snippet`,
    async (t) => {
      const {ask} = await setup(t, front, {fixture: 'wsgi-app', mount: '', prefix: 'none'});
      t.is((await ask('/')).body, 'at /\n');
      t.is((await ask('/deep/page')).body, 'at /deep/page\n');
      t.is(placeOf(await ask('/go-external', {tls: true})), '/deep/page');
      t.is(servedBy(await ask('/none')), 'wsgi-app');
    },
  );

  testWith(
    ['gunicorn', 'flask', FORMS[front].tool],
    `a mount in a user directory works behind the ${front} snippet`,
    async (t) => {
      const {ask} = await setup(t, front, {...KEEP, mount: '/~alice/tasks'});
      t.is(placeOf(await ask('/~alice/tasks')), '/~alice/tasks/');
      t.is((await ask('/~alice/tasks/')).body, 'start page, next: /~alice/tasks/deep/page\n');
      t.is(servedBy(await ask('/~alice/')), undefined);
    },
  );
}

testWith(
  ['gunicorn', 'flask', 'apache2'],
  'a Flask app works behind the apache-minimal snippet',
  async (t) => {
    await holdsForEveryForm(t, await setup(t, 'apache-minimal', KEEP));
  },
);

testWith(
  ['gunicorn', 'apache2'],
  'pages of an app that knows no mount work behind the apache-minimal snippet',
  async (t) => {
    const {ask} = await setup(t, 'apache-minimal', STRIP);
    t.is(placeOf(await ask('/alice_tasks?a=1')), '/alice_tasks/?a=1');
    t.is((await ask('/alice_tasks/deep/page')).body, 'at /deep/page\n');
    t.is(placeOf(await ask('/alice_tasks/go-external')), '/alice_tasks/deep/page');
    t.is(servedBy(await ask('/alice_tasksx/')), undefined);
  },
);

testWith(
  ['gunicorn', 'flask', 'apache2'],
  'visitors of an app that is gone read its name behind the apache snippet',
  async (t) => {
    const {app, ask} = await setup(t, 'apache', KEEP);
    t.is((await ask('/alice_tasks/')).status, 200);
    await app.pause();
    const paused = await ask('/alice_tasks/deep/page');
    t.is(paused.status, 503);
    t.regex(paused.body, /tasks.* is not running/);
    t.is(paused.headers['retry-after'], '10');
    await app.stop();
    const {status, body} = await ask('/alice_tasks/deep/page');
    t.deepEqual([status, body], [503, 'Application tasks is not running.']);
  },
);
