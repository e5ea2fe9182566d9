import {execFileSync} from 'node:child_process';
import {readFileSync, renameSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {get, Load, Rig} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

/** The page of the guide: /api/get_commit. */
const WSGI = `import os
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [os.environ["GIT_REVISION_HASH"].encode()]
`;

testWith(
  ['git', 'gunicorn'],
  'N3: GIT_REVISION_HASH is computed at each start and restart; while it cannot be, the old version serves on',
  async (t) => {
    const rig = Rig.create();
    t.teardown(async () => void (await rig.clean()));
    const {directory, port} = await rig.defineGunicorn('backscope', '', WSGI);
    const file = path.join(rig.paths.apps, 'backscope.toml');
    const computed = 'env = { GIT_REVISION_HASH = { run = "git rev-parse --short HEAD" } }';
    writeFileSync(file, readFileSync(file, 'utf8').replace('\n', `\n${computed}\n`));
    const git = (...args: readonly string[]) =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', ...args], {
        cwd: directory,
        encoding: 'utf8',
      }).trim();
    const commit = (): string => {
      git('add', 'wsgi.py');
      git('commit', '-q', '--allow-empty', '-m', 'change');
      return git('rev-parse', '--short', 'HEAD');
    };
    const shown = async () => (await get(port, '/backscope/api/get_commit')).body;

    git('init', '-q');
    const first = commit();
    await rig.ok('start', 'backscope');
    t.is(await shown(), first);

    const second = commit();
    t.not(second, first);
    t.is(await shown(), first, 'a commit alone changes nothing');
    const visitors = new Load(port, '/backscope/', 4);
    await rig.ok('restart', 'backscope');
    await visitors.stop();
    t.deepEqual(visitors.failures, []);
    t.is(await shown(), second);
    t.regex(await rig.ok('env', 'backscope'), new RegExp(`^GIT_REVISION_HASH=${second}$`, 'm'));
    t.regex(
      await rig.ok('show', 'backscope'),
      /GIT_REVISION_HASH = \{ run = "git rev-parse --short HEAD" \}/,
    );

    renameSync(path.join(directory, '.git'), path.join(directory, 'elsewhere'));
    const refused = await rig.appsup('restart', 'backscope');
    t.is(refused.code, 1);
    t.regex(refused.stderr, /GIT_REVISION_HASH has no value.*ended with 128: fatal: not a git repository/);
    t.regex(refused.stderr, /hint: try it: cd ~\/backscope && git rev-parse --short HEAD/);
    t.is(await shown(), second);

    await rig.ok('stop', 'backscope');
    const started = await rig.appsup('start', 'backscope');
    t.is(started.code, 7);
    t.regex(started.stderr, /GIT_REVISION_HASH has no value/);
    await rig.ok('stop', 'backscope');
  },
);
