import test from 'ava';

import {findings, specOf} from '../helpers/read-app.ts';

const WEB = '[programs.web]\ngunicorn = "wsgi:app"\n';
const app = (line: string, program = '') => `directory = "~/flask-tasks"\n${line}\n${WEB}${program}`;

test('«static» and «front» say what the front end is told of an app', (t) => {
  const text = `directory = "~/flask-tasks"
static = { "/static" = "dist/static", "/media" = "/srv/media", "/" = "~/site" }
${WEB}
[front]
body_limit  = "1GB"
timeout     = "10m"
streaming   = true
maintenance = "Zurück um 9 Uhr."
fallback    = "index.html"
pass        = ["/api", "/admin/login"]
`;
  t.deepEqual(specOf(text).front, {
    bodyLimitBytes: 1_000_000_000,
    timeoutMs: 600_000,
    statics: [
      {path: '/static', directory: '/home/alice/flask-tasks/dist/static'},
      {path: '/media', directory: '/srv/media'},
      {path: '/', directory: '/home/alice/site'},
    ],
    fallback: 'index.html',
    passes: ['/api', '/admin/login'],
    maintenance: 'Zurück um 9 Uhr.',
    streaming: true,
  });
});

test('what may not stand in a server’s configuration is refused with its place', (t) => {
  const values: Readonly<Record<string, string>> = {
    'static = { static = "dist" }': 'Expected a path below the mount as "/static": got "static"',
    'static = { "/a/../b" = "dist" }': 'Expected a path below the mount as "/static": got "/a/../b"',
    'static = { "/static/" = "dist" }': 'Expected a path below the mount as "/static": got "/static/"',
    'static = { "/static" = "my files" }':
      'Cannot name "/home/alice/flask-tasks/my files" in a server\'s configuration',
    'static = { "/static" = "a\\"b" }': 'Cannot name "/home/alice/flask-tasks/a\\"b" in a server\'s',
    'front = { fallback = "../index.html" }': 'Expected "fallback" to be a path',
    'front = { pass = ["/api/"] }': 'Expected "pass" to be a path',
    'front = { maintenance = "a\\nb" }': 'Expected "maintenance" to be one line',
    'front = { body_limit = 100 }': 'Expected "body_limit" to be a size',
    'front = { timeout = "10ms" }': 'Expected "timeout" to be at least "1s"',
  };
  for (const [line, message] of Object.entries(values)) {
    t.true(findings(app(line))[0]?.includes(message), `${line}: ${findings(app(line))[0]}`);
  }
});

test('a fallback without a directory at / is warned about', (t) => {
  t.regex(findings(app('front = { fallback = "index.html" }'))[0] ?? '', /"fallback" has no effect/);
});

test('«protocol» belongs to uWSGI', (t) => {
  t.regex(
    findings(app('', 'protocol = "uwsgi"\n'))[0] ?? '',
    /"protocol" means nothing to "gunicorn": it is for uwsgi/,
  );
});
