import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import type {RunStatus} from '../../src/control/api.ts';
import {homeWith} from '../helpers/cli.ts';

/** Files that say much, and one that says nothing. */
const FILES: Readonly<Record<string, string>> = {
  'with all defaults': '[programs.web]\ngunicorn = "wsgi:application"\n',
  'with every kind of server': `
[programs.web]
uwsgi = "wsgi:app"
protocol = "uwsgi"
threads = 3
args = ["--master", "--http-timeout=5"]
overlap = false
[programs.queue]
command = "python 'manage it.py' run_huey"
restart = "on-failure"
[programs.beat]
command = ["sleep", "1 0"]
numprocs = 2
give_up = "never"
umask = "077"
`,
  'with health, limits and needs': `
[programs.web]
uvicorn = "main:app"
workers = 3
health = { path = "/up", host = "example.org", status = [200, 204], timeout = "1500ms", every = "30s", failures = 2, on_unhealthy = "report" }
limits = { memory = "500MB", core = "0", nofile = 1024, nproc = 100, nice = 5, lifetime = "24h", lifetime_jitter = "1h" }
reload_signal = "USR1"
after = ["queue", "tcp://[::1]:5432", "tcp://db.example.org:6379"]
env = { MOOD = "\\"good\\" \\\\o/" }
[programs.queue]
command = "./queue"
directory = "sub"
health = { command = "bash -c 'test -f \\"x y\\"'", every = "1m" }
limits = { memory = "1.5GiB" }
[programs.log]
command = "./log"
health = { pattern = "ready|[0-9]+" }
`,
  'with a lazy program, files, logs and a job': `
env_file = ".env"
env = { A = "1" }
log_files = ["logs/api.log*", "/var/log/x.log"]
logs = { max_size = "20MB", max_age = "7d", keep = 3, total = "1GB", compress = false }
notify = false
front = { body_limit = "200MB", timeout = "2m", maintenance = "Back at noon" }
[programs.web]
gunicorn = "wsgi:application"
worker_class = "gthread"
lazy = true
idle_stop = "30m"
reload_signal = "none"
[jobs.clear]
schedule = "0 3 * * *"
command = "python manage.py clearsessions"
timeout = "10m"
retries = 2
retry_after = "1m"
timezone = "Europe/London"
`,
};

for (const [what, file] of Object.entries(FILES)) {
  test(`what «appsup show» prints is a file again, of the same app, without a warning: ${what}`, async (t) => {
    const home = await homeWith(t);
    const apps = path.join(home.directory, '.config/appsup/apps');
    mkdirSync(apps, {recursive: true, mode: 0o700});
    const spoken = `directory = "~/tasks"\nmount = "/tasks"\nport = 20140\n${file}`;
    const write = (text: string) => writeFileSync(path.join(apps, 'tasks.toml'), text, {mode: 0o600});
    write(spoken);
    const [before] = (await home.appsup('show', 'tasks', '--json')).json();
    const {stdout, stderr} = await home.appsup('show', 'tasks');
    t.is(stderr, '');
    write(stdout);
    const check = await home.appsup('check', 'tasks');
    t.is(check.code, 0, check.stdout + check.stderr + stdout);
    t.notRegex(check.stdout + check.stderr, /no effect|warning/i, stdout);
    t.deepEqual((await home.appsup('show', 'tasks', '--json')).json()[0], before);
    t.notRegex(stdout, /_bytes|_ms\b|Bytes|Ms\b/);
  });
}

test('«appsup show» names sizes and times with their units, and says when a port comes', async (t) => {
  const home = await homeWith(t);
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(apps, {recursive: true, mode: 0o700});
  const file =
    'directory = "~/tasks"\n[programs.web]\ngunicorn = "wsgi:app"\nlimits = { memory = "500MB", lifetime = "24h" }\n';
  writeFileSync(path.join(apps, 'tasks.toml'), file, {mode: 0o600});
  const {stdout} = await home.appsup('show', 'tasks');
  t.regex(stdout, /^limits +=.* memory = "500MB".* lifetime = "1d"/m);
  t.regex(stdout, /^logs +=.* max_size = "10MiB".* total = "100MiB"/m);
  t.regex(stdout, /^# port +=.* leased at the first start$/m);
});

test('«appsup show» says when jobs are due, and how the last runs of jobs and tasks ended', async (t) => {
  const at = Date.UTC(2026, 10, 20, 3, 30);
  const last = {result: 'done', startedAt: at, ms: 900} as RunStatus;
  const job = {app: 'tasks', job: 'flush', schedule: '30 3 * * *', timezone: undefined, reason: undefined};
  const home = await homeWith(t, {
    jobs: async () => ({
      jobs: [{...job, nextAt: at + 86_400_000, running: undefined, last}],
      tasks: [
        {
          app: 'tasks',
          task: 'update',
          running: undefined,
          last: {...last, result: 'failed', reason: 'exit 3'},
        },
        {app: 'tasks', task: 'front', running: {...last, result: 'running'}, last: undefined},
      ],
    }),
  });
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(apps, {recursive: true, mode: 0o700});
  const file =
    'directory = "~/tasks"\n[programs.web]\ngunicorn = "wsgi:app"\n[jobs.flush]\nschedule = "30 3 * * *"\ncommand = "x"\n[tasks.update]\nsteps = ["x"]\n[tasks.front]\nsteps = ["x"]\n';
  writeFileSync(path.join(apps, 'tasks.toml'), file, {mode: 0o600});
  const {stdout} = await home.appsup('show', 'tasks');
  t.regex(stdout, /\[jobs\.flush\]\n# next (2026-11-21 )?03:30, last done 2026-11-20 03:30 in 0\.9 s\n/);
  t.regex(stdout, /\[tasks\.update\]\n# last failed \(exit 3\) 2026-11-20 03:30 in 0\.9 s\n/);
  t.regex(stdout, /\[tasks\.front\]\n# running since 2026-11-20 03:30, no run yet\n/);
});
