import path from 'node:path';

import {Folder} from './folder.ts';

/** A Python environment that was found, without running it. */
export interface Interpreter {
  readonly kind: 'venv' | 'conda';
  /** The prefix, absolute: what `python =` of an app's file takes. */
  readonly prefix: string;
  /** Versions of what matters for a web app, from the names of `*.dist-info`: `{gunicorn: '23.0.0'}`. */
  readonly packages: Readonly<Record<string, string>>;
  /** Where it was found, for people. */
  readonly why: string;
}

/** Packages that decide how an app is run. Names as in their `*.dist-info`, lower case, with `_`. */
const TELLING: ReadonlySet<string> = new Set([
  ...['gunicorn', 'uvicorn', 'uvicorn_worker', 'uwsgi', 'pyuwsgi', 'hypercorn', 'daphne'],
  ...['flask', 'django', 'fastapi', 'starlette', 'quart', 'bottle', 'falcon', 'dash', 'streamlit'],
  ...['huey', 'celery', 'rq', 'dramatiq', 'gevent'],
]);

const INSIDE = ['.venv', 'venv', 'env', '.env', 'virtualenv'];
const CONDA_HOMES = [
  'miniconda3',
  'anaconda3',
  'miniforge3',
  'mambaforge',
  'micromamba',
  '.conda',
  'opt/miniconda3',
];

/** Environments for the code in a folder, best first: inside it, beside it, then a conda environment of the same name. */
export function findInterpreters(folder: Folder, home: string): readonly Interpreter[] {
  const beside = new Folder(path.dirname(folder.path));
  const base = path.basename(folder.path);
  const found = [
    ...INSIDE.map((name) => look(folder.inside(name), `${name} in the directory`)),
    ...['.venv', 'venv', 'env', `${base}-venv`, `${base}-env`, `venv-${base}`].map((name) =>
      look(beside.inside(name), `${name} beside the directory`),
    ),
    ...condaNames(folder).flatMap((name) =>
      CONDA_HOMES.map((root) =>
        look(new Folder(path.join(home, root, 'envs', name)), `conda environment ${name}`),
      ),
    ),
  ];
  const known = found.filter((each) => each !== undefined);
  return known.filter((each, index) => known.findIndex((other) => other.prefix === each.prefix) === index);
}

/** `environment.yml` says it; else the directory's name, also without its hyphens: `flask-tasks`, `flasktasks`. */
function condaNames(folder: Folder): readonly string[] {
  const said = ['environment.yml', 'environment.yaml'].flatMap(
    (file) => /^name:[ \t]*["']?([\w.-]+)/m.exec(folder.read(file) ?? '')?.[1] ?? [],
  );
  const base = path.basename(folder.path);
  return [
    ...new Set([
      ...said,
      base,
      base.toLowerCase(),
      base.replace(/[-_. ]+/g, ''),
      base.replace(/[-. ]+/g, '_'),
    ]),
  ].filter((name) => /^\w[\w.-]*$/.test(name));
}

/** The environment that a user named, by its prefix or by the interpreter in it; `undefined` when there is none. */
export function interpreterAt(python: string): Interpreter | undefined {
  const prefix = /\/bin\/python[\d.]*$/.test(python) ? path.dirname(path.dirname(python)) : python;
  return look(new Folder(prefix), 'as you said');
}

function look(prefix: Folder, why: string): Interpreter | undefined {
  const bin = prefix.inside('bin');
  if (!bin.has('python') && !bin.has('python3')) return undefined;
  const venv = prefix.has('pyvenv.cfg');
  if (!venv && !prefix.has('conda-meta')) return undefined;
  return {kind: venv ? 'venv' : 'conda', prefix: prefix.path, packages: packagesOf(prefix), why};
}

function packagesOf(prefix: Folder): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  const lib = prefix.inside('lib');
  for (const version of lib.folders().filter((name) => /^python\d/.test(name))) {
    for (const entry of lib.inside(version).inside('site-packages').folders()) {
      const match = /^(.+?)-([^-]+)\.(?:dist|egg)-info$/.exec(entry);
      const name = match?.[1]?.toLowerCase().replaceAll('-', '_').replaceAll('.', '_');
      if (name !== undefined && match?.[2] !== undefined && TELLING.has(name)) found[name] = match[2];
    }
  }
  return found;
}
