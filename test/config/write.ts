import {fileURLToPath} from 'node:url';
import path from 'node:path';

import test from 'ava';
import fc from 'fast-check';

import {readApp} from '../../src/config/app.ts';
import {appFileText} from '../../src/config/write.ts';
import type {AppChoice} from '../../src/config/write.ts';
import {CONTEXT} from '../helpers/read-app.ts';

test('appFileText() writes what was decided and nothing else', (t) => {
  const choice: AppChoice = {
    directory: '/home/alice/flask-tasks',
    mount: '/alice_flasktasks',
    python: '/home/alice/miniconda3/envs/flasktasks',
    envFiles: ['/home/alice/flask-tasks/.env'],
    programs: [
      {
        name: 'web',
        launch: {
          kind: 'gunicorn',
          target: 'wsgi:application',
          workers: 2,
          threads: 1,
          workerClass: undefined,
          args: [],
        },
      },
      {
        name: 'queue',
        launch: {kind: 'command', argv: ['python', 'manage.py', 'run_huey']},
        stopSignal: 'INT',
        stopMs: 60_000,
      },
    ],
  };
  t.is(
    appFileText(choice, {home: '/home/alice', schema: '/opt/app sup/schema/app.schema.json'}),
    `#:schema file:///opt/app%20sup/schema/app.schema.json
# An app of appsup. After a change: appsup check, then appsup restart.

directory = "~/flask-tasks"
mount     = "/alice_flasktasks"  # the public path
python    = "~/miniconda3/envs/flasktasks"
env_file  = ".env"  # KEY=value lines; only you may read it: chmod 600

[programs.web]
gunicorn = "wsgi:application"
workers  = 2

[programs.queue]
command      = ["python", "manage.py", "run_huey"]
stop_signal  = "INT"
stop_timeout = "1m"
`,
  );
});

test('appFileText() is read back as the same app, whatever the paths and words hold', (t) => {
  const segment = fc
    .oneof(
      fc.string({unit: 'binary', minLength: 1, maxLength: 8}),
      fc.constantFrom('~', 'auto', 'a b', "it's", 'q"q', '#', '日本', 'new\nline'),
    )
    .map((text) => text.replace(/[\0/\p{Cs}]/gu, '_'))
    .filter((text) => text !== '.' && text !== '..' && text !== '');
  const place = fc
    .tuple(fc.constantFrom('/home/alice', '/srv', '/home/alice/app'), fc.array(segment, {maxLength: 3}))
    .map(([base, rest]) => path.join(base, ...rest));
  const word = fc
    .string({unit: 'binary', minLength: 1, maxLength: 10})
    .map((text) => text.replace(/[\0\p{Cs}]/gu, '_'));
  const argv = fc.array(word, {maxLength: 4}).map((rest) => ['/bin/run', ...rest]);
  const choices = fc.record({
    directory: place,
    python: place,
    envFiles: fc.array(place, {maxLength: 3}),
    argv,
    value: word,
    stopMs: fc.nat(86_400_000),
  });
  fc.assert(
    fc.property(choices, ({directory, python, envFiles, argv: words, value, stopMs}) => {
      const choice: AppChoice = {
        directory,
        python,
        envFiles,
        env: {VALUE: value},
        port: 20_140,
        programs: [
          {
            name: 'web',
            launch: {
              kind: 'uvicorn',
              target: 'main:app',
              workers: 3,
              args: words.filter((each) => !each.startsWith('-')),
            },
          },
          {name: 'queue', launch: {kind: 'command', argv: words}, stopMs, after: ['web', 'tcp://[::1]:5432']},
        ],
      };
      const text = appFileText(choice, {
        home: '/home/alice',
        schema: path.join(directory, 'app.schema.json'),
      });
      const {spec, diagnostics} = readApp(text, CONTEXT);
      t.deepEqual(diagnostics, [], text);
      t.is(spec?.directory, directory);
      t.is(spec?.python, python);
      t.deepEqual(spec?.envFiles, envFiles);
      t.deepEqual(spec?.env, {VALUE: value});
      t.is(spec?.port, 20_140);
      t.deepEqual(
        spec?.programs.map((program) => program.launch),
        choice.programs.map((program) => program.launch),
      );
      t.is(spec?.programs[1]?.stopMs, stopMs);
      t.deepEqual(spec?.programs[1]?.after, ['web']);
      t.deepEqual(spec?.programs[1]?.needs, [{host: '::1', port: 5432}]);
      const [, url = ''] = /^#:schema (\S+)$/m.exec(text) ?? [];
      t.is(fileURLToPath(url), path.join(directory, 'app.schema.json'));
    }),
    {numRuns: 500},
  );
});
