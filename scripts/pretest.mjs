// Before `npm test`: brings the servers and tools that end-to-end tests drive, and writes where they are to
// build/tools.json. Root on Debian or Ubuntu: apt-get installs what is missing. Anyone else: nothing is
// changed; it says which tests will be skipped.
import {spawnSync} from 'node:child_process';
import {accessSync, constants, existsSync, mkdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

process.chdir(path.dirname(import.meta.dirname));

/** name: [Debian package, what is tested with it, how it is found if not as a program of that name]. */
const tools = {
  python3: ['python3', 'every Python app'],
  venv: ['python3-venv', 'apps in a virtual environment', {module: 'ensurepip'}],
  gunicorn: ['gunicorn', 'apps under gunicorn'],
  flask: ['python3-flask', 'Flask apps', {module: 'flask'}],
  django: ['python3-django', 'Django apps', {module: 'django'}],
  restFramework: ['python3-djangorestframework', 'Django apps with REST', {module: 'rest_framework'}],
  uvicorn: ['uvicorn', 'apps under uvicorn'],
  fastapi: ['python3-fastapi', 'FastAPI apps', {module: 'fastapi'}],
  websockets: ['python3-websockets', 'WebSockets of uvicorn', {module: 'websockets'}],
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
  postgresql: ['postgresql', 'tasks with a PostgreSQL database', {file: '/usr/lib/postgresql'}],
  flaskSqlalchemy: ['python3-flask-sqlalchemy', 'Flask apps with a database', {module: 'flask_sqlalchemy'}],
  flaskMigrate: ['python3-flask-migrate', 'Flask apps with migrations', {module: 'flask_migrate'}],
  psycopg2: ['python3-psycopg2', 'apps with a PostgreSQL database', {module: 'psycopg2'}],
  git: ['git', 'the README, followed as it stands'],
  gevent: ['python3-gevent', 'gunicorn with gevent', {module: 'gevent'}],
  setfacl: ['acl', 'Unix sockets for the web server alone'],
  hypercorn: ['hypercorn', 'apps under hypercorn'],
  daphne: ['daphne', 'apps under daphne'],
  redis: ['redis-server', 'queues in Redis', {file: '/usr/bin/redis-server'}],
  celery: ['python3-celery', 'workers of celery', {module: 'celery'}],
  rq: ['python3-rq', 'workers of rq', {module: 'rq'}],
  redisPython: ['python3-redis', 'queues in Redis', {module: 'redis'}],
  pip: ['python3-pip', 'workers of huey and dramatiq', {module: 'pip'}],
  zsh: ['zsh', 'completion in zsh'],
  fish: ['fish', 'completion in fish'],
  bashCompletion: [
    'bash-completion',
    'completion in bash',
    {file: '/usr/share/bash-completion/bash_completion'},
  ],
  man: ['man-db', 'the man pages'],
  curl: ['curl', 'requests over Unix sockets'],
  tmux: ['tmux', 'the dashboard'],
  screen: ['screen', 'the dashboard in GNU screen'],
  ps: ['procps', 'what other users can see'],
  flock: ['util-linux', 'the single supervisor'],
  script: ['bsdutils', 'a terminal for a command'],
  setpriv: ['util-linux', 'two Unix accounts'],
  useradd: ['passwd', 'two Unix accounts'],
  supervisord: ['supervisor', 'the move from supervisord'],
  nft: ['nftables', 'the firewall rule of the documents'],
  faketime: ['faketime', 'a clock that is set'],
  // A further Node for the matrix comes here: node22: [undefined, 'Node 22', {file: '.../bin/node'}].
};

/**
 * The system's own first: its gunicorn, its python3 and its Flask belong together, which a python3 of pyenv or conda,
 * earlier in PATH, does not see. Servers live in sbin, which is not in the PATH of an ordinary user.
 */
const folders = ['/usr/bin', '/usr/sbin', '/bin', '/sbin', ...(process.env.PATH ?? '').split(':')].filter(
  path.isAbsolute,
);

/**
 * Debian starts a server that it installs, unless policy-rc.d answers 101, "action forbidden" (invoke-rc.d(8)). Ours stands
 * there for the duration. A copy that is aside already is from a run that was killed: then the file in place is ours.
 */
const INSTALL = `
policy=/usr/sbin/policy-rc.d
aside=$policy.before-appsup-tests
[ ! -e $policy ] || [ -e $aside ] || mv $policy $aside
trap 'rm -f $policy; [ ! -e $aside ] || mv $aside $policy' EXIT
trap 'exit 1' HUP INT TERM
printf '#!/bin/sh\\nexit 101\\n' > $policy
chmod 755 $policy
apt="apt-get -q -o DPkg::Lock::Timeout=300"
$apt update && $apt install --yes --no-install-recommends "$@"
`;

/** Packages of Python that Debian does not have. */
const INDEX = 'build/python';
const CERTBOT = 'build/certbot';
const UNPACKED = {certbot: ['python3-certbot-apache', 'certbot']};

const isRoot = process.getuid() === 0;
let found = findAll();
if (isRoot && missing().length > 0) {
  const problem = install([...new Set(missing().map((name) => tools[name][0]))]);
  found = findAll();
  if (problem !== undefined) console.error(problem);
}

mkdirSync('build', {recursive: true});
Object.assign(found, fromIndex(['huey', 'dramatiq']), {certbot: unpackedCertbot()});
writeFileSync('build/tools.json', `${JSON.stringify(found, undefined, 2)}\n`);

for (const name of missing()) {
  const [debian, use] = tools[name] ??
    UNPACKED[name] ?? [`none; pip install --target ${INDEX} ${name}`, `workers of ${name}`];
  console.error(`Tests of ${use} will be skipped: there is no ${name} (Debian package ${debian})`);
}
if (!isRoot)
  console.error(
    'Tests with several Unix accounts or a cron daemon of their own will be skipped: they need root',
  );
// In CI a skipped test is a failed one: better to hear of it now.
if (isRoot && process.env.CI === 'true' && missing().length > 0) process.exitCode = 1;

/** Unpacked and not installed: it would bring a whole Apache with its sites. Of what it needs, Apache and Python are there. */
function unpackedCertbot() {
  const packages = [
    ...[
      'libaugeas0',
      'augeas-lenses',
      'python3-augeas',
      'python3-acme',
      'python3-certbot',
      'python3-certbot-apache',
    ],
    ...['python3-certifi', 'python3-chardet', 'python3-charset-normalizer', 'python3-configargparse'],
    ...[
      'python3-configobj',
      'python3-josepy',
      'python3-parsedatetime',
      'python3-requests',
      'python3-rfc3339',
    ],
    ...['python3-urllib3'],
  ].join(' ');
  if (!existsSync(`${CERTBOT}/usr`)) {
    const script = `mkdir -p ${CERTBOT} && cd ${CERTBOT}
apt-get -q download ${packages} || { apt-get -q update && apt-get -q download ${packages}; }
for package in *.deb; do dpkg -x "$package" unpacked; done
rm -f *.deb; mv unpacked/usr .; rmdir unpacked`;
    const {status, stderr} = spawnSync('sh', ['-ec', script], {encoding: 'utf8'});
    if (status !== 0)
      console.error(`apt-get download failed:\n${stderr.trim().split('\n').slice(-3).join('\n')}`);
  }
  return existsSync(`${CERTBOT}/usr`) ? path.resolve(CERTBOT) : null;
}

/** What Debian does not have: {huey: '.../build/python/huey'}, brought by pip where there is a package index. */
function fromIndex(names) {
  const place = (name) => path.resolve(INDEX, name);
  const wanted = names.filter((name) => !existsSync(place(name)));
  if (wanted.length > 0 && found.pip !== null) {
    const args = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-warn-script-location',
    ];
    const {status, stderr} = spawnSync(found.python3, [...args, '--target', INDEX, ...wanted], {
      encoding: 'utf8',
    });
    if (status !== 0) console.error(`pip failed:\n${stderr.trim().split('\n').slice(-3).join('\n')}`);
  }
  return Object.fromEntries(names.map((name) => [name, existsSync(place(name)) ? place(name) : null]));
}

function missing() {
  return Object.keys(found).filter((name) => found[name] === null);
}

function findAll() {
  const modules = findModules(
    whereIs('python3'),
    Object.values(tools).flatMap(([, , how]) => how?.module ?? []),
  );
  return Object.fromEntries(
    Object.entries(tools).map(([name, [, , how]]) => {
      if (how?.module !== undefined) return [name, modules[how.module] ?? null];
      if (how?.file !== undefined) return [name, existsSync(how.file) ? how.file : null];
      return [name, whereIs(name)];
    }),
  );
}

function whereIs(program) {
  return folders.map((folder) => path.join(folder, program)).find(isProgram) ?? null;
}

/** Where a Python has its modules: {flask: '/usr/lib/python3/dist-packages/flask/__init__.py'}. */
function findModules(python, names) {
  if (python === null) return {};
  const script = `import importlib.util as u, json, sys
print(json.dumps({n: s.origin for n in sys.argv[1:] for s in [u.find_spec(n)] if s}))`;
  // -I: neither the current folder nor PYTHONPATH counts.
  const {status, stdout} = spawnSync(python, ['-I', '-c', script, ...names], {encoding: 'utf8'});
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
  if (whereIs('apt-get') === null) return 'Cannot install packages: there is no apt-get';
  console.log(`Installing for the tests: ${packages.join(' ')}`);
  // One at a time, because of the policy; flock is essential on Debian.
  const args = ['/run/lock/appsup-pretest', 'sh', '-c', INSTALL, 'install', ...packages];
  const {status, stdout, stderr} = spawnSync('flock', args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: Infinity,
    env: {...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C.UTF-8'},
  });
  if (status === 0) return undefined;
  return `apt-get failed:\n${`${stdout}${stderr}`.trim().split('\n').slice(-8).join('\n')}`;
}
