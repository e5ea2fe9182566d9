import {execFileSync} from 'node:child_process';
import path from 'node:path';

import {readIfThere} from '../../src/system/files.ts';
import {startRedis} from '../helpers/redis.ts';
import {get, Load, until} from '../helpers/rig.ts';
import {rigFor} from '../helpers/rig-for.ts';
import {testWith} from '../helpers/tools.ts';
import {makeVenv} from '../helpers/venv.ts';

/** A job writes two lines, and takes so long between them that a signal comes while it runs. */
const JOB = `import time
def note(text):
    with open("jobs.log", "a") as file:
        file.write(text + "\\n")
def work(number):
    note("begun %s" % number)
    time.sleep(2)
    note("done %s" % number)
`;

interface Queue {
  readonly kind: string;
  readonly title: string;
  readonly tools: readonly string[];
  /** Lines of the program's table. */
  readonly program: string;
  /** Python: the queue, with the function `send(number)`. `SOCKET` stands for the path of the socket. */
  readonly code: string;
}

const REDIS_TOOLS = ['redis', 'redisPython'];
const HUEY = `from huey import SqliteHuey
huey = SqliteHuey(filename="queue.db")
@huey.task()
def run(number): work(number)
send = run
`;

const QUEUES: readonly Queue[] = [
  {
    kind: 'huey',
    title: 'huey',
    tools: ['huey'],
    program: 'huey = "queue_app.huey"',
    code: HUEY,
  },
  {
    kind: 'huey',
    title: 'huey with processes',
    tools: ['huey'],
    program: 'huey = "queue_app.huey"\nworkers = 2\nargs = "-k process"',
    code: HUEY,
  },
  {
    kind: 'celery',
    title: 'celery',
    tools: ['celery', ...REDIS_TOOLS],
    program: 'celery = "queue_app:app"',
    code: `from celery import Celery
app = Celery("queue_app", broker="redis+socket://SOCKET")
@app.task
def run(number): work(number)
send = run.delay
`,
  },
  {
    kind: 'rq',
    title: 'rq',
    tools: ['rq', ...REDIS_TOOLS],
    program: 'rq = "high default"\nenv = { RQ_REDIS_URL = "unix://SOCKET" }',
    code: `from redis import Redis
from rq import Queue
def send(number): Queue(connection=Redis(unix_socket_path="SOCKET")).enqueue(work, number)
`,
  },
  {
    kind: 'dramatiq',
    title: 'dramatiq',
    tools: ['dramatiq', ...REDIS_TOOLS],
    program: 'dramatiq = "queue_app"',
    code: `import dramatiq
from dramatiq.brokers.redis import RedisBroker
dramatiq.set_broker(RedisBroker(url="unix://SOCKET"))
@dramatiq.actor
def run(number): work(number)
send = run.send
`,
  },
];

for (const {kind, title, tools, program, code} of QUEUES) {
  testWith(
    ['python3', 'venv', ...tools],
    `K2: ${title}: a job that runs when its worker is stopped or restarted is finished, once, and what waits is not lost`,
    async (t) => {
      const rig = rigFor(t);
      const redis = tools.includes('redis') ? await startRedis(t, path.join(rig.home, 'redis')) : '';
      const toml = `[programs.queue]\n${program.replace('SOCKET', redis)}\n`;
      const {directory} = await rig.define('work', toml, {
        // rq calls a function by the name of its module.
        'job.py': JOB,
        'queue_app.py': `from job import note, work\n${code.replaceAll('SOCKET', redis)}`,
      });
      const python = makeVenv(path.join(directory, '.venv'));
      const send = (number: number) =>
        execFileSync(python, ['-c', `import queue_app; queue_app.send(${number})`], {cwd: directory});
      const log = () => readIfThere(path.join(directory, 'jobs.log')) ?? '';

      await rig.ok('start', 'work');
      send(1);
      await until(() => log().includes('begun 1'), 'the first job runs');
      await rig.ok('stop', 'work');
      t.is(log(), 'begun 1\ndone 1\n');
      t.deepEqual(rig.children(), []);

      send(2);
      await rig.ok('start', 'work');
      await until(() => log().includes('begun 2'), 'the second job runs');
      const before = await rig.pid('work', 'queue');
      await rig.ok('restart', 'work');
      t.not(await rig.pid('work', 'queue'), before);
      t.is(log(), 'begun 1\ndone 1\nbegun 2\ndone 2\n');
      t.is((await rig.process('work', 'queue')).state, 'running');
      t.regex(await rig.ok('show', 'work'), new RegExp(`${kind} += "`));
    },
  );
}

const DJANGO = {
  'conf.py': `import django
from django.conf import settings
settings.configure(SECRET_KEY="for the test", ALLOWED_HOSTS=["*"], ROOT_URLCONF="urls", MIDDLEWARE=[],
    INSTALLED_APPS=["huey.contrib.djhuey", "work"],
    HUEY={"huey_class": "huey.SqliteHuey", "filename": "queue.db", "immediate": False})
django.setup()
`,
  'manage.py': `import sys, conf
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
`,
  'wsgi.py': `import conf
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
`,
  'urls.py': `from django.http import HttpResponse
from django.urls import path
from work.tasks import run
def send(request, number):
    run(number)
    return HttpResponse("queued")
urlpatterns = [path("", lambda request: HttpResponse("here")), path("send/<int:number>", send)]
`,
  'work/__init__.py': '',
  'work/job.py': JOB,
  'work/tasks.py': `from huey.contrib.djhuey import task
from .job import work
@task()
def run(number): work(number)
`,
};

testWith(
  ['python3', 'venv', 'gunicorn', 'django', 'huey'],
  'K1, K7: a Django app and its huey worker are one app; the restart drains the worker and loses no visitor; status names the half that is missing',
  async (t) => {
    const rig = rigFor(t);
    const toml = '[programs.web]\ngunicorn = "wsgi"\n\n[programs.queue]\nhuey = "manage.py"\n';
    const {directory, port} = await rig.define('site', toml, DJANGO);
    makeVenv(path.join(directory, '.venv'));
    const log = () => readIfThere(path.join(directory, 'jobs.log')) ?? '';
    await rig.ok('start', 'site');
    t.deepEqual(
      (await rig.app('site')).processes.map(({process, state}) => [process, state]),
      [
        ['web', 'running'],
        ['queue', 'running'],
      ],
    );
    t.is((await rig.appsup('status', 'site')).code, 0);

    const load = new Load(port, '/site/', 2);
    await load.answers(10);
    t.is((await get(port, '/site/send/1')).body, 'queued');
    await until(() => log().includes('begun 1'), 'the job runs');
    const before = await rig.pid('site', 'queue');
    await rig.ok('restart', 'site');
    t.not(await rig.pid('site', 'queue'), before);
    t.is(log(), 'begun 1\ndone 1\n');
    await load.answers(10);
    await load.stop();
    t.deepEqual(load.failures, []);

    await rig.ok('stop', 'site:queue');
    const half = await rig.appsup('status', 'site');
    t.is(half.code, 3);
    t.regex(half.stdout, /queue +stopped/);
    t.regex(half.stdout, /web +running/);
    // What is sent meanwhile waits for the worker.
    await get(port, '/site/send/2');
    await rig.ok('start', 'site');
    await until(() => log().endsWith('done 2\n'), 'the job that waited is done');
    await rig.ok('stop', 'site');
    t.deepEqual(rig.children(), []);
  },
);
