import test from 'ava';

import {GUNICORN, advice, findings, programOf, web} from '../helpers/read-app.ts';

const TIMEOUT = {timeoutMs: 5000};
const WORKER = 'command = "python work.py"\nlisten = "none"';

for (const [what, text, readiness, health] of [
  [
    'nothing: a page, asked when it starts',
    web(GUNICORN),
    {kind: 'http', path: '/', host: undefined, status: undefined, ...TIMEOUT},
    undefined,
  ],
  ['nothing for a worker: staying up', web(WORKER), {kind: 'none'}, undefined],
  [
    'a page, asked again and again',
    web(GUNICORN, 'health = { path = "/up", status = 200, host = "x.y", timeout = "2s", every = "30s" }'),
    {kind: 'http', path: '/up', host: 'x.y', status: [200], timeoutMs: 2000},
    {everyMs: 30_000, failures: 3, onUnhealthy: 'restart'},
  ],
  [
    'a connection, only to be reported',
    web(GUNICORN, 'health = { kind = "tcp", every = "1m", failures = 5, on_unhealthy = "report" }'),
    {kind: 'tcp', ...TIMEOUT},
    {everyMs: 60_000, failures: 5, onUnhealthy: 'report'},
  ],
  [
    'a command, which says the kind',
    web(WORKER, `health = { command = "~/bin/ask 'a b'", every = "10s" }`),
    {kind: 'exec', argv: ['/home/alice/bin/ask', 'a b'], ...TIMEOUT},
    {everyMs: 10_000, failures: 3, onUnhealthy: 'restart'},
  ],
  [
    'a command as words',
    web(WORKER, 'health = { kind = "exec", command = ["ask", "a b"], timeout = "1m" }'),
    {kind: 'exec', argv: ['ask', 'a b'], timeoutMs: 60_000},
    undefined,
  ],
  [
    'a pattern, which says the kind',
    web(WORKER, `health = { pattern = '^ready in \\d+' }`),
    {kind: 'log', pattern: '^ready in \\d+'},
    undefined,
  ],
  ['a table of its own', web(WORKER, '[programs.web.health]', 'kind = "none"'), {kind: 'none'}, undefined],
] as const) {
  test(`readHealth() reads ${what}`, (t) => {
    t.deepEqual(findings(text), []);
    const program = programOf(text);
    t.deepEqual(program.readiness, readiness as unknown as typeof program.readiness);
    t.deepEqual(program.health, health);
  });
}

for (const [health, ...expected] of [
  [
    '{ kind = "exec" }',
    '4:19 "command" is missing: kind = "exec" needs one | as health = { kind = "exec", command = "python manage.py check" }',
  ],
  [
    '{ kind = "log" }',
    '4:19 "pattern" is missing: kind = "log" needs one | as health = { kind = "log", pattern = "Listening on" }',
  ],
  ['{ command = " " }', '4:22 Expected "command" to name a program: got nothing | '],
  [`{ command = "a 'b" }`, `4:25 Cannot split "command" into words: the ' is not closed | `],
  [
    '{ command = "a && b" }',
    '4:25 warning: "command" is run without a shell: "&&" is passed on as it stands | if a shell is wanted: command = ["sh", "-c", "exec ..."]',
  ],
  ['{ pattern = "(" }', '4:22 Expected "pattern" to be a regular expression of JavaScript: got "(" | '],
  ['{ pattern = "" }', '4:22 Expected "pattern" to be a regular expression: got "" | '],
  [
    '{ pattern = "ready", every = "30s" }',
    '4:31 Cannot look again and again for a line: "web" prints it once, when it starts | remove every, or ask by kind = "http", "tcp" or "exec"',
  ],
  [
    '{ pattern = "ready", timeout = "9s" }',
    '4:31 warning: "timeout" has no effect with kind = "log" | how long it may take to get ready: ready_timeout',
  ],
  [
    '{ command = "ask", pattern = "ready" }',
    '4:29 warning: "pattern" has no effect with kind = "exec" | remove it, or write kind = "log"',
  ],
  [
    '{ kind = "http", command = "ask" }',
    '4:27 warning: "command" has no effect with kind = "http" | remove it, or write kind = "exec"',
  ],
  [
    '{ kind = "tcp", path = "/", every = "9s" }',
    '4:26 warning: "path" has no effect with kind = "tcp" | remove it, or write kind = "http"',
  ],
  [
    '{ kind = "none", every = "9s" }',
    '4:27 warning: "every" has no effect with kind = "none" | remove it, or write kind = "http", kind = "tcp" or kind = "exec"',
  ],
  [
    '{ failures = 2, on_unhealthy = "report" }',
    '4:12 warning: "failures" has no effect without every: it is asked only when it starts | add: every = "30s"',
    '4:26 warning: "on_unhealthy" has no effect without every: it is asked only when it starts | add: every = "30s"',
  ],
  ['{ every = "10ms" }', '4:20 Expected "every" to be at least "1s": got "10ms" | '],
  ['{ every = 30 }', '4:20 Expected "every" to be a duration in quotes with its unit, as "30s": got 30 | '],
  ['{ failures = 0 }', '4:23 Expected "failures" to be a whole number from 1 to 1000: got 0 | '],
  [
    '{ every = "9s", on_unhealthy = "restrat" }',
    '4:41 Expected "on_unhealthy" to be "restart" or "report": got "restrat" | did you mean "restart"?',
  ],
  ['{ path = "up" }', '4:19 Expected "path" to begin with / and to hold no blank: got "up" | '],
  ['{ host = "a b" }', '4:19 Expected "host" to be a host name: got "a b" | '],
] as const) {
  test(`readHealth() says of ${health}: ${expected.join('; ')}`, (t) => {
    t.deepEqual(advice(web(GUNICORN, `health = ${health}`)), [...expected]);
  });
}

test('readHealth() refuses a page of a program that serves none, and names both ways out', (t) => {
  t.deepEqual(advice(web(WORKER, 'health = { kind = "http" }')), [
    '5:19 Cannot ask "web" for its health by http: it listens to nothing | say how it listens: listen = "port"; or ask by a command: health = { command = "..." }',
  ]);
});

test('readHealth() says of a refused pattern only that', (t) => {
  t.deepEqual(findings(web(WORKER, 'health = { pattern = "[" }')), [
    '5:22 Expected "pattern" to be a regular expression of JavaScript: got "["',
  ]);
  t.deepEqual(findings(web(WORKER, `health = { kind = "log", pattern = "${'x'.repeat(201)}" }`)), [
    `5:36 Expected "pattern" to be at most 200 characters: got "${'x'.repeat(60)}…"`,
  ]);
});
