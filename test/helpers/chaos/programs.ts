import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {Rig} from '../rig.ts';

/** A process of the ten programs, as it ought to be. */
export interface Subject {
  readonly app: string;
  readonly process: string;
  /** True for a server whose next generation is started beside it. */
  readonly overlaps: boolean;
  /** `restless`: it ends and comes again all the time. `once`: it ends well, and that is all. */
  readonly kind: 'lasting' | 'restless' | 'once';
}

/** `app:process` */
export function nameOf({app, process}: Pick<Subject, 'app' | 'process'>): string {
  return `${app}:${process}`;
}

/** Archives of each log: the most that can be asked for. */
export const KEEP = 1000;

/** Long, so that a log is full after some seconds: rotations come as often as kills. */
export const REST = 'x'.repeat(400);

/**
 * Prints `line GENERATION PID NUMBER xxx`, and after each line writes the number to a file of its own, which no log,
 * supervisor or signal touches: what has to be in the log is known whatever happens.
 */
const COUNT = `import os, time
process, generation = os.environ["APPSUP_MARK"].split("|")[-2:]
def count(pause=0.03, lines=10**9):
    pid = os.getpid()
    name = "ledger/%s.%s.%d" % (process.split(":")[1], generation, pid)
    ledger = os.open(name, os.O_RDWR | os.O_CREAT)
    for number in range(1, lines + 1):
        os.write(1, b"line %s %d %d %s\\n" % (generation.encode(), pid, number, b"${REST}"))
        os.pwrite(ledger, b"%d\\n" % number, 0)
        time.sleep(pause)
`;

const WSGI = `import os, threading, count
threading.Thread(target=count.count, args=(0.1,), daemon=True).start()
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [("%d %s" % (os.getppid(), count.generation)).encode()]
`;

const FILES = {
  'count.py': COUNT,
  'wsgi.py': WSGI,
  'plain.py': 'import count\ncount.count()\n',
  'brittle.py': 'import count, random, sys\ncount.count(0.03, random.randrange(10, 150))\nsys.exit(3)\n',
  'stubborn.py': 'import count, signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\ncount.count()\n',
  'wander.py': `import count, os
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0: count.count()
    os._exit(0)
os.wait()
count.count()
`,
  'once.py': 'import count\ncount.count(0.03, 20)\n',
  'run.sh': '/usr/bin/python3 plain.py\necho the shell goes on\n',
} as const;

const QUICK = 'stop_timeout = "2s"\nbackoff = "500ms"\nbackoff_cap = "1s"\ngive_up = "never"\n';
const WEB = `[programs.web]\ngunicorn = "wsgi:application"\nready_timeout = "30s"\n${QUICK}`;
const queue = (file: string, more = '') =>
  `[programs.queue]\ncommand = "/usr/bin/python3 ${file}"\n${QUICK}${more}`;

const APPS: Readonly<Record<string, string>> = {
  blog: `${WEB}workers = 2\n`,
  brittle: queue('brittle.py'),
  count: queue('plain.py', 'numprocs = 2\n'),
  once: queue('once.py', 'restart = "on-failure"\n'),
  shell: `[programs.queue]\ncommand = "bash run.sh"\n${QUICK}`,
  shop: `${WEB}workers = 2\n${queue('plain.py', 'after = ["web"]\n')}`,
  stubborn: queue('stubborn.py'),
  wander: queue('wander.py'),
  wiki: `${WEB}workers = 1\nthreads = 2\nhealth = { path = "/", every = "2s" }\n`,
};

export const SUBJECTS: readonly Subject[] = [
  {app: 'blog', process: 'web', overlaps: true, kind: 'lasting'},
  {app: 'brittle', process: 'queue', overlaps: false, kind: 'restless'},
  {app: 'count', process: 'queue_00', overlaps: false, kind: 'lasting'},
  {app: 'count', process: 'queue_01', overlaps: false, kind: 'lasting'},
  {app: 'once', process: 'queue', overlaps: false, kind: 'once'},
  {app: 'shell', process: 'queue', overlaps: false, kind: 'lasting'},
  {app: 'shop', process: 'web', overlaps: true, kind: 'lasting'},
  {app: 'shop', process: 'queue', overlaps: false, kind: 'lasting'},
  {app: 'stubborn', process: 'queue', overlaps: false, kind: 'lasting'},
  {app: 'wander', process: 'queue', overlaps: false, kind: 'lasting'},
  {app: 'wiki', process: 'web', overlaps: true, kind: 'lasting'},
];

/** The apps of {@link SUBJECTS}. */
export const APP_NAMES = Object.keys(APPS) as [string, ...string[]];

/** Where the file of an app is. */
export function fileOf(rig: Rig, app: string): string {
  return path.join(rig.paths.apps, `${app}.toml`);
}

/** What is right in it. */
export function textOf(rig: Rig, app: string): string {
  // Small logs (64 KB is the least); their archives are enough for an hour or more.
  return `directory = ${JSON.stringify(path.join(rig.home, app))}\nmount = "/${app}"\n[logs]\nmax_size = "64KB"\nkeep = ${KEEP}\ntotal = "100GB"\n${APPS[app]}`;
}

/** Write the apps; their ports are leased, so that there is a lease to lose. */
export function writeApps(rig: Rig): void {
  mkdirSync(rig.paths.apps, {recursive: true, mode: 0o700});
  for (const app of APP_NAMES) {
    const directory = path.join(rig.home, app);
    mkdirSync(path.join(directory, 'ledger'), {recursive: true});
    for (const [name, text] of Object.entries(FILES)) writeFileSync(path.join(directory, name), text);
    writeFileSync(fileOf(rig, app), textOf(rig, app), {mode: 0o600});
  }
}
