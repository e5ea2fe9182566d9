import {execFileSync} from 'node:child_process';
import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {readIfThere} from '../../src/system/files.ts';
import {get, Load, until} from '../helpers/rig.ts';
import {rigFor} from '../helpers/rig-for.ts';
import {testWith, toolPath} from '../helpers/tools.ts';
import {makeVenv} from '../helpers/venv.ts';

/** Writes the wheel of a package `model` that knows its version, as an index would have it. */
const WHEEL = `import sys, zipfile
target, version = sys.argv[1:]
info = f"model-{version}.dist-info"
content = {
    "model.py": f"VERSION = {version!r}\\n",
    f"{info}/METADATA": f"Metadata-Version: 2.1\\nName: model\\nVersion: {version}\\n",
    f"{info}/WHEEL": "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
}
content[f"{info}/RECORD"] = "".join(f"{file},,\\n" for file in [*content, f"{info}/RECORD"])
with zipfile.ZipFile(f"{target}/model-{version}-py3-none-any.whl", "w") as wheel:
    for file, text in content.items():
        wheel.writestr(file, text)
`;

const CODE = {
  // A job takes until it is told that it is enough.
  'queue_app.py': `import os, time, model
from huey import SqliteHuey
huey = SqliteHuey(filename="queue.db")
def note(text):
    with open("jobs.log", "a") as file:
        file.write(text + "\\n")
@huey.task()
def classify(number):
    note("begun %s" % number)
    while not os.path.exists("enough-%s" % number):
        time.sleep(0.02)
    note("done %s by %s" % (number, model.VERSION))
`,
  'wsgi.py': `import model
from queue_app import classify
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    if environ["PATH_INFO"].startswith("/classify/"):
        classify(environ["PATH_INFO"].rpartition("/")[2])
    return [("model " + model.VERSION).encode()]
`,
};

const TOML = `[programs.web]
gunicorn = "wsgi:application"

[programs.queue]
huey = "queue_app.huey"

[tasks.model]
steps = [
  ".venv/bin/python -m pip install --quiet --no-index --find-links ../wheels --upgrade model",
  { restart = "queue" },
  { restart = "web" },
]
`;

testWith(
  ['python3', 'venv', 'pip', 'gunicorn', 'huey'],
  'K7: another model under load: the job that runs is finished by the old one, all after it are done by the new one, and no visitor is refused',
  async (t) => {
    const rig = rigFor(t);
    const {directory, port} = await rig.define('ktyper', TOML, CODE);
    const wheels = path.join(directory, '../wheels');
    mkdirSync(wheels, {recursive: true});
    const wheel = (version: string) =>
      execFileSync(toolPath('python3'), ['-c', WHEEL, wheels, version], {stdio: 'pipe'});
    const python = makeVenv(path.join(directory, '.venv'), {pip: true});
    wheel('1');
    const install = ['-m', 'pip', 'install', '--quiet', '--no-index', '--find-links', wheels, 'model'];
    execFileSync(python, install, {stdio: 'pipe'});
    const log = () => readIfThere(path.join(directory, 'jobs.log')) ?? '';

    await rig.ok('start', 'ktyper');
    t.is((await get(port, '/ktyper/')).body, 'model 1');
    const load = new Load(port, '/ktyper/', 4);
    await load.answers(40);
    await get(port, '/ktyper/classify/a');
    await until(() => log().includes('begun a'), 'the first job runs');
    await get(port, '/ktyper/classify/b');
    wheel('2');
    const running = rig.ok('run', 'ktyper', 'model');
    await until(
      async () => (await rig.process('ktyper', 'queue')).state === 'stopping',
      'the worker is told to go',
    );
    await load.answers(20);
    writeFileSync(path.join(directory, 'enough-a'), '');
    const said = await running;
    t.regex(said, /2\/3 {2}restart queue .*\n 3\/3 {2}restart web .*nothing dropped/);
    t.true(log().startsWith('begun a\ndone a by 1\n'), log());
    t.is((await get(port, '/ktyper/')).body, 'model 2');
    await load.answers(40);
    await load.stop();
    t.deepEqual(load.failures, []);
    writeFileSync(path.join(directory, 'enough-b'), '');
    await until(() => log().includes('done b'), 'the job that waited is done');
    t.is(log(), 'begun a\ndone a by 1\nbegun b\ndone b by 2\n');
  },
);
