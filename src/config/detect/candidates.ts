import type {Launch, Listen} from '../../core/program-spec.ts';
import type {Folder} from './folder.ts';
import {launchOfLine} from './server-line.ts';
import {callablesIn, djangoProject} from './source.ts';
import type {Callable} from './source.ts';

/** One way to run the web program. */
export interface Candidate {
  readonly launch: Launch;
  /** Absent: the default of its kind. */
  readonly listen?: Listen;
  /** What to type to choose it, and how it is shown: `wsgi:application`, `npm start`. */
  readonly label: string;
  /** The file that says so, relative to the directory. */
  readonly source: string;
  /** What was seen there. */
  readonly why: string;
  /** Lower is better; below {@link SURE} it may be taken without asking when it is alone there. */
  readonly rank: number;
}

/** Candidates of a lower rank were made to be run by a server; the others only look as if. */
export const SURE = 50;

type Packages = Readonly<Record<string, string>> | undefined;

/** All ways to run the web program, best first. `packages` are those of the interpreter, `undefined` when none was found. */
export function findCandidates(folder: Folder, packages: Packages): readonly Candidate[] {
  const found = [
    ...fromProcfile(folder),
    ...fromPython(folder, packages),
    ...fromUwsgi(folder, packages),
    ...fromNode(folder),
  ];
  const sorted = found.sort((a, b) => a.rank - b.rank || (a.label < b.label ? -1 : 1));
  const key = ({launch}: Candidate) =>
    `${launch.kind} ${'target' in launch ? launch.target : 'argv' in launch ? launch.argv.join('\0') : ''} ${'workerClass' in launch ? launch.workerClass : ''}`;
  return sorted.filter((each, index) => sorted.findIndex((other) => key(other) === key(each)) === index);
}

/** Names that say "I am for a server" come first; those that say "I am not" last. */
function rankOf(file: string): number {
  const order = [
    'wsgi.py',
    'asgi.py',
    'passenger_wsgi.py',
    'app.py',
    'application.py',
    'main.py',
    'server.py',
  ];
  const index = order.indexOf(file);
  if (/(^|[_/])(tests?|testing|dev|debug|local|example|demo)(?=[_./]|$)/.test(file)) return 80;
  if (index >= 0) return 10 + index * 5;
  return /wsgi\.py$|asgi\.py$/.test(file) ? 52 : 60;
}

function fromPython(folder: Folder, packages: Packages): readonly Candidate[] {
  const top = folder
    .files()
    .filter((file) => /^[A-Za-z_]\w*\.py$/.test(file) && file !== 'manage.py' && file !== 'setup.py');
  const files = [
    ...top.map((file) => ({file, module: file.slice(0, -3), rank: rankOf(file)})),
    ...packagesIn(folder),
  ];
  const found = files.flatMap(({file, module, rank}) => {
    const text = folder.read(file);
    const callables = text === undefined ? [] : callablesIn(text);
    return callables.flatMap((callable, index) => serve(module, callable, file, rank + index, packages));
  });
  return [...found, ...fromDjango(folder, packages)];
}

/** Packages one level down: `tracker/__init__.py`, `app/main.py`. */
function packagesIn(
  folder: Folder,
): readonly {readonly file: string; readonly module: string; readonly rank: number}[] {
  return folder
    .folders()
    .filter((name) => /^[A-Za-z_]\w*$/.test(name) && folder.inside(name).has('__init__.py'))
    .slice(0, 50)
    .flatMap((name) =>
      ['__init__', 'main', 'app', 'wsgi', 'asgi'].map((file) => ({
        file: `${name}/${file}.py`,
        module: file === '__init__' ? name : `${name}.${file}`,
        rank: rankOf(`${name}/`) === 80 ? 85 : 40,
      })),
    );
}

function fromDjango(folder: Folder, packages: Packages): readonly Candidate[] {
  const project = djangoProject(folder.read('manage.py') ?? '');
  if (project === undefined) return [];
  const why = 'a Django project';
  return [
    ...(folder.has(`${project}/wsgi.py`)
      ? serve(`${project}.wsgi`, {name: 'application', interface: 'wsgi', why}, 'manage.py', 8, packages)
      : []),
    ...(folder.has(`${project}/asgi.py`)
      ? serve(`${project}.asgi`, {name: 'application', interface: 'asgi', why}, 'manage.py', 55, packages)
      : []),
  ];
}

/** The servers that can run a callable, as far as they are installed; where nothing is known to be, the usual one. */
function serve(
  module: string,
  callable: Callable,
  source: string,
  rank: number,
  packages: Packages,
): readonly Candidate[] {
  const target = `${module}:${callable.name}`;
  const about = {label: target, source, why: callable.why};
  const has = (name: string) => packages !== undefined && name in packages;
  const gunicorn = (workerClass: string | undefined): Launch => ({
    kind: 'gunicorn',
    target,
    workers: 2,
    threads: 1,
    workerClass,
    args: [],
  });
  if (callable.interface === 'asgi') {
    // uvicorn itself first: its worker for gunicorn is deprecated since uvicorn 0.30, and lives on in a package of its own.
    const uvicorn: Launch = {
      kind: 'uvicorn',
      target: target.replace(/\(\)$/, ''),
      workers: 1,
      args: target.endsWith('()') ? ['--factory'] : [],
    };
    // Where only one of the others is installed, it was chosen.
    const other = has('uvicorn') ? undefined : (['hypercorn', 'daphne'] as const).find(has);
    if (other !== undefined && !target.endsWith('()')) {
      const launch: Launch =
        other === 'daphne' ? {kind: other, target, args: []} : {kind: other, target, workers: 1, args: []};
      return [{...about, launch, rank}];
    }
    const both = has('gunicorn') && has('uvicorn') && !target.endsWith('()');
    const workerClass = has('uvicorn_worker')
      ? 'uvicorn_worker.UvicornWorker'
      : 'uvicorn.workers.UvicornWorker';
    return [
      {...about, launch: uvicorn, rank},
      ...(both
        ? [
            {
              ...about,
              label: `${target} with ${workerClass}`,
              launch: gunicorn(workerClass),
              rank: rank + SURE,
            },
          ]
        : []),
    ];
  }
  const uwsgi = !has('gunicorn') && (has('uwsgi') || has('pyuwsgi')) && !target.endsWith('()');
  return [
    {
      ...about,
      launch: uwsgi
        ? {kind: 'uwsgi', target, workers: 2, threads: 1, protocol: 'http', args: []}
        : gunicorn(undefined),
      rank,
    },
  ];
}

function fromUwsgi(folder: Folder, packages: Packages): readonly Candidate[] {
  const chosen =
    packages !== undefined && !('gunicorn' in packages) && ('uwsgi' in packages || 'pyuwsgi' in packages);
  return folder
    .files()
    .filter((file) => file.endsWith('.ini') && /^[ \t]*\[uwsgi\]/m.test(folder.read(file) ?? ''))
    .map((file): Candidate => {
      const launch: Launch = {
        kind: 'uwsgi',
        target: `${folder.path}/${file}`,
        workers: 2,
        threads: 1,
        protocol: 'http',
        args: [],
      };
      return {launch, label: file, source: file, why: 'has a section [uwsgi]', rank: chosen ? 5 : 70};
    });
}

/** Lines of a Procfile: `web: gunicorn wsgi:app`. */
export function procfileLines(folder: Folder): readonly {readonly name: string; readonly line: string}[] {
  return (folder.read('Procfile') ?? '').split('\n').flatMap((text) => {
    const match = /^([A-Za-z0-9][A-Za-z0-9_-]{0,62}):\s*(\S.*)$/.exec(text.trim());
    return match === null ? [] : [{name: match[1] ?? '', line: match[2] ?? ''}];
  });
}

function fromProcfile(folder: Folder): readonly Candidate[] {
  return procfileLines(folder).flatMap(({name, line}) => {
    const launch = name === 'web' ? launchOfLine(line) : undefined;
    if (launch === undefined) return [];
    const label = 'target' in launch ? launch.target : line;
    return [
      {
        launch,
        label,
        source: 'Procfile',
        why: `web: ${line}`,
        rank: 1,
        ...(launch.kind === 'command' ? {listen: 'port' as const} : {}),
      },
    ];
  });
}

function fromNode(folder: Folder): readonly Candidate[] {
  const manifest = parseManifest(folder.read('package.json'));
  if (manifest === undefined) return [];
  const {start, main} = manifest;
  if (start !== undefined) {
    // npm stands between us and the program and does not pass every signal on: run what it would run, if that is plain.
    const plain = /^node\s/.test(start) ? launchOfLine(start) : undefined;
    const launch: Launch = plain ?? {kind: 'command', argv: ['npm', 'start']};
    return [
      {
        launch,
        listen: 'port',
        label: plain === undefined ? 'npm start' : start,
        source: 'package.json',
        why: `start: ${start}`,
        rank: 30,
      },
    ];
  }
  const file = ['server.js', 'app.js', 'index.js', main].find(
    (each) => each !== undefined && /^[\w./-]+\.[cm]?js$/.test(each) && folder.has(each),
  );
  if (file === undefined) return [];
  return [
    {
      launch: {kind: 'command', argv: ['node', file]},
      listen: 'port',
      label: `node ${file}`,
      source: 'package.json',
      why: 'has no start script',
      rank: 75,
    },
  ];
}

function parseManifest(
  text: string | undefined,
): {readonly start: string | undefined; readonly main: string | undefined} | undefined {
  if (text === undefined) return undefined;
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // somebody else's broken file is no way to run an app
    throw error;
  }
  const start = field(field(manifest, 'scripts'), 'start');
  const main = field(manifest, 'main');
  return {
    start: typeof start === 'string' ? start : undefined,
    main: typeof main === 'string' ? main : undefined,
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
