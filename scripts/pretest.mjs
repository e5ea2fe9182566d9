// Before `npm test`: brings the servers and tools that end-to-end tests drive, and writes where they are to
// build/tools.json. Root on Debian or Ubuntu: apt-get installs what is missing. Anyone else: nothing is
// changed; it says which tests will be skipped.
import {spawnSync} from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';

process.chdir(path.dirname(import.meta.dirname));

/** name: [Debian package, what is tested with it, how it is found if not as a program of that name]. */
const tools = {
  python3: ['python3', 'every Python app'],
  venv: ['python3-venv', 'apps in a virtual environment', {module: 'ensurepip'}],
  gunicorn: ['gunicorn', 'apps under gunicorn'],
  flask: ['python3-flask', 'Flask apps', {module: 'flask'}],
  django: ['python3-django', 'Django apps', {module: 'django'}],
  uvicorn: ['uvicorn', 'apps under uvicorn'],
  uwsgi: ['uwsgi-core', 'apps under uWSGI'],
  uwsgiPython: [
    'uwsgi-plugin-python3',
    'apps under uWSGI',
    {file: '/usr/lib/uwsgi/plugins/python3_plugin.so'},
  ],
  apache2: ['apache2-bin', 'Apache in front of apps'],
  nginx: ['nginx-light', 'nginx in front of apps'],
  cron: ['cron', 'boot by a cron daemon'],
  crontab: ['cron', 'the crontab block'],
  curl: ['curl', 'requests over Unix sockets'],
  ps: ['procps', 'what other users can see'],
  flock: ['util-linux', 'the single supervisor'],
  setpriv: ['util-linux', 'two Unix accounts'],
  useradd: ['passwd', 'two Unix accounts'],
  // A further Node for the matrix comes here: node22: [undefined, 'Node 22', {file: '.../bin/node'}].
};

/** Servers live in sbin, which is not in the PATH of an ordinary user. */
const folders = [...(process.env.PATH ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'].filter(
  path.isAbsolute,
);

const isRoot = process.getuid() === 0;
let found = findAll();
if (isRoot && missing().length > 0) {
  const problem = install([...new Set(missing().map((name) => tools[name][0]))]);
  found = findAll();
  if (problem !== undefined) console.error(problem);
}

mkdirSync('build', {recursive: true});
writeFileSync('build/tools.json', `${JSON.stringify(found, undefined, 2)}\n`);

for (const name of missing()) {
  const [debian, use] = tools[name];
  console.error(`Tests of ${use} will be skipped: there is no ${name} (Debian package ${debian})`);
}
if (!isRoot)
  console.error(
    'Tests with several Unix accounts or a cron daemon of their own will be skipped: they need root',
  );
// In CI a skipped test is a failed one: better to hear of it now.
if (isRoot && process.env.CI === 'true' && missing().length > 0) process.exitCode = 1;

function missing() {
  return Object.keys(found).filter((name) => found[name] === null);
}

function findAll() {
  const modules = findModules(Object.values(tools).flatMap(([, , how]) => how?.module ?? []));
  return Object.fromEntries(
    Object.entries(tools).map(([name, [, , how]]) => {
      if (how?.module !== undefined) return [name, modules[how.module] ?? null];
      if (how?.file !== undefined) return [name, existsSync(how.file) ? how.file : null];
      return [name, folders.map((folder) => path.join(folder, name)).find(isProgram) ?? null];
    }),
  );
}

/** Where the system's python3 has its modules: {flask: '/usr/lib/python3/dist-packages/flask/__init__.py'}. */
function findModules(names) {
  const script = `import importlib.util as u, json, sys
print(json.dumps({n: s.origin for n in sys.argv[1:] for s in [u.find_spec(n)] if s}))`;
  // -I: neither the current folder nor PYTHONPATH counts.
  const {status, stdout} = spawnSync('python3', ['-I', '-c', script, ...names], {encoding: 'utf8'});
  return status === 0 ? JSON.parse(stdout) : {};
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** Returns what went wrong, if something did. */
function install(packages) {
  if (!['/usr/bin/apt-get', '/bin/apt-get'].some(isProgram))
    return 'Cannot install packages: there is no apt-get';
  console.log(`Installing for the tests: ${packages.join(' ')}`);
  return withoutStartingServices(
    () => apt(['update']) ?? apt(['install', '--yes', '--no-install-recommends', ...packages]),
  );
}

function apt(args) {
  const {status, stdout, stderr} = spawnSync('apt-get', ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8'},
  });
  if (status === 0) return undefined;
  return `apt-get ${args[0]} failed:\n${`${stdout}${stderr}`.trim().split('\n').slice(-8).join('\n')}`;
}

/** Debian starts a server that it installs, unless policy-rc.d says 101: action forbidden (invoke-rc.d(8)). */
function withoutStartingServices(action) {
  const policy = '/usr/sbin/policy-rc.d';
  const aside = `${policy}.before-appsup-tests`;
  // apt-get gets the same signals and ends; then the policy is put back.
  const stay = () => {};
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stay);
  // There already: the last run was killed, and the file in place is ours.
  if (existsSync(policy) && !existsSync(aside)) renameSync(policy, aside);
  try {
    writeFileSync(policy, '#!/bin/sh\nexit 101\n', {mode: 0o755});
    return action();
  } finally {
    rmSync(policy, {force: true});
    if (existsSync(aside)) renameSync(aside, policy);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.off(signal, stay);
  }
}
