import fc from 'fast-check';
import test from 'ava';

import {readToml} from '../../src/config/toml.ts';
import {redactToml, scrub} from '../../src/doctor/redact.ts';

test('redactToml() hides values of env tables and of keys that sound secret; comments, order and the rest stay', (t) => {
  const text = `# my app
directory = "~/tasks"
env_file = ".env"
env = { DEBUG = "0", API = 'abc' } # two

[programs.web]
command = "node server.js"
env.GREETING = "hello"

[programs.queue.env]
LONG = """one
two"""
REVISION = { run = "git rev-parse" }

[notify]
webhook = "https://chat.example.org/hooks/42"
smtp_password_file = "x"
mail = "alice@example.org"
`;
  t.is(
    redactToml(text),
    `# my app
directory = "~/tasks"
env_file = ".env"
env = { DEBUG = "***", API = "***" } # two

[programs.web]
command = "node server.js"
env.GREETING = "***"

[programs.queue.env]
LONG = "***"
REVISION = "***"

[notify]
webhook = "***"
smtp_password_file = "***"
mail = "alice@example.org"
`,
  );
});

test('redactToml() shows of a text that is no TOML only headers and the names of keys', (t) => {
  const text = '[programs.web]\nenv = { A = "one\n  B = "two"\nthree\n\n# four\n';
  t.is(redactToml(text), '[programs.web]\nenv = ***\n  B = ***\n***\n\n***\n');
});

test('redactToml() lets no value of an env table through, however it is written', (t) => {
  const value = fc
    .string({minLength: 8, maxLength: 40, unit: 'grapheme'})
    .filter((text) => !/^[\s*".]*$/.test(text));
  const key = fc.stringMatching(/^[A-Z][A-Z_]{0,8}$/);
  fc.assert(
    fc.property(fc.dictionary(key, value, {maxKeys: 4, noNullPrototype: true}), (env) => {
      const lines = Object.entries(env).map(([name, each]) => `${name} = ${quoted(each)}`);
      for (const text of [
        `[env]\n${lines.join('\n')}\n`,
        `env = { ${lines.join(', ')} }\n`,
        `[programs.web]\nenv = { ${lines.join(', ')} }\nworkers = 2\n`,
      ]) {
        if (!readToml(text).ok) continue;
        const shown = redactToml(text);
        for (const each of Object.values(env))
          if (shown.includes(each)) throw new Error(`${each} in ${shown}`);
      }
    }),
  );
  t.pass();
});

/** A basic string of TOML: JSON's, but for DEL. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007F', String.raw`\u007f`);
}

test('scrub() gets through lines that are made to hold it up', (t) => {
  for (const line of ['a:'.repeat(20_000), '"='.repeat(5000), String.raw`a=\"`.repeat(5000)])
    t.is(scrub(line, []).length, line.length);
});

const LINES: readonly (readonly [string, string])[] = [
  ['password=hunter22 next', 'password=*** next'],
  ['DB_PASSWORD: "with blanks in it"', 'DB_PASSWORD: "***"'],
  ["{'secret_key': 'abc', 'name': 'bob'}", "{'secret_key': '***', 'name': 'bob'}"],
  [String.raw`{"text":"{\"token\":\"abcdef\"}"}`, String.raw`{"text":"{\"token\":\"***\"}"}`],
  ['{"message":"login with password=abc failed"}', '{"message":"login with password=*** failed"}'],
  ['GET /login?token=abc&user=bob', 'GET /login?token=***&user=bob'],
  ['postgres://tasks:pa55@db/tasks', 'postgres://tasks:***@db/tasks'],
  ['Authorization: Bearer abc.def-ghi', 'Authorization: Bearer ***'],
  ['Set-Cookie: session=eyJ1; Path=/', 'Set-Cookie: ***'],
  ['node server.js --api-token abc --port 80', 'node server.js --api-token *** --port 80'],
  ['["node", "--password", "abc"]', '["node", "--password", "***"]'],
  ['jwt eyJhbGciOi.eyJzdWIiOi.SflKxwRJ end', 'jwt *** end'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----\nnext', '***\nnext'],
  ['ghp_abcdefghijklmnopqrstuvwxyz0123', '***'],
  ['the known one is swordfish', 'the known one is ***'],
  ['KeyError: "name"', 'KeyError: "name"'],
  ['{"token":null,"port":20140}', '{"token":null,"port":20140}'],
  ['state: running, pid: 4711', 'state: running, pid: 4711'],
];

for (const [text, expected] of LINES) {
  test(`scrub() makes of ${JSON.stringify(text)}: ${JSON.stringify(expected)}`, (t) => {
    t.is(scrub(text, ['swordfish']), expected);
  });
}
