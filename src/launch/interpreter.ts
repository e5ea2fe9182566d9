import {accessSync, constants, lstatSync, readFileSync, readdirSync, readlinkSync, realpathSync, statSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';

export type InterpreterKind = 'venv' | 'conda' | 'system';

/** A Python that can be run, and where its programs and packages are. Nothing has to be activated. */
export interface Interpreter {
  readonly kind: InterpreterKind;
  /** `/home/alice/flask-tasks/.venv`, `/usr`. */
  readonly prefix: string;
  /** Absolute; not resolved, because a venv is known by the name it is called with. */
  readonly python: string;
  /** Directories of its programs, for PATH. */
  readonly bin: readonly string[];
  /** Directories of its packages, in the order in which it looks. */
  readonly sites: readonly string[];
  /** What an activation would set, without PATH: `VIRTUAL_ENV`, or `CONDA_PREFIX`, `CONDA_DEFAULT_ENV` and conda's own variables. */
  readonly env: Readonly<Record<string, string>>;
}

/** Why a place holds no Python that runs. */
export interface Broken {
  readonly prefix: string;
  /** `its python leads to /usr/bin/python3.9, which is gone`. */
  readonly problem: string;
  /** A venv has to be made again; anything else has to be chosen differently. */
  readonly venv: boolean;
}

export type Look =
  | {readonly found: Interpreter}
  | {readonly broken: Broken};

/** Where to look, and for what. */
export interface Wish {
  /** A prefix, an interpreter, or `auto`; as in {@link AppSpec.python}. */
  readonly python: string;
  readonly directory: string;
  /** Of the app: the conda environment or virtualenvwrapper's may have this name. */
  readonly name: string;
  readonly home: string;
  /** A package that the interpreter should have. */
  readonly wants: string | undefined;
}

/**
 * The interpreter of an app; `undefined` when nothing was asked for and there is none.
 *
 * `auto` takes the first that has the wanted package, else the first: `.venv`, `venv`, `env` in the directory, then
 * beside it, then `~/.virtualenvs` and conda environments with the name of the app or the directory. The system's
 * Python comes only where there is none of these: packages that are in the app's own environment are meant to be used.
 * A broken environment in the directory is reported, not passed over.
 */
export function findInterpreter({python, directory, name, home, wants}: Wish): Look | undefined {
  if (python !== 'auto') return inspect(python, home) ?? {broken: nothingAt(python)};
  const looks = places(directory, name, home).flatMap((place) => inspect(place, home) ?? []);
  return firstWith(wants, looks) ?? firstWith(wants, SYSTEM.flatMap((place) => inspect(place, home) ?? []));
}

const SYSTEM = ['/usr/bin/python3', '/usr/local/bin/python3'];
const VENV_NAMES = ['.venv', 'venv', 'env'];
const CONDA_ROOTS = ['miniconda3', 'anaconda3', 'miniforge3', 'mambaforge', 'micromamba', '.conda'];

function places(directory: string, name: string, home: string): readonly string[] {
  const names = [...new Set([name, path.basename(directory)])];
  const beside = path.dirname(directory);
  return [
    ...VENV_NAMES.map((venv) => path.join(directory, venv)),
    ...VENV_NAMES.map((venv) => path.join(beside, venv)),
    ...names.map((each) => path.join(home, '.virtualenvs', each)),
    ...CONDA_ROOTS.flatMap((root) => names.map((each) => path.join(home, root, 'envs', each))),
    // conda and mamba write every environment they make into this list.
    ...lines(path.join(home, '.conda/environments.txt')).filter((place) => names.includes(path.basename(place))),
  ];
}

function firstWith(wants: string | undefined, looks: readonly Look[]): Look | undefined {
  const first = looks[0];
  if (wants === undefined || first === undefined || 'broken' in first) return first;
  return looks.find((look) => 'found' in look && installedVersion(look.found, wants) !== undefined) ?? first;
}

/** What is at a prefix or at the path of an interpreter; `undefined`: no Python was ever there. */
export function inspect(place: string, home: string): Look | undefined {
  const direct = isFile(place);
  const prefix = direct ? path.dirname(path.dirname(place)) : place;
  const config = venvConfig(prefix);
  const kind = config !== undefined ? 'venv' : exists(path.join(prefix, 'conda-meta')) ? 'conda' : 'system';
  const names = direct ? [place] : ['python', 'python3'].map((file) => path.join(prefix, 'bin', file));
  const python = names.find((file) => exists(file, true));
  if (python === undefined) {
    return config === undefined ? undefined : {broken: {prefix, venv: true, problem: 'it has no bin/python'}};
  }
  const problem = defect(python) ?? (kind === 'venv' ? mismatch(prefix, python) : undefined);
  if (problem !== undefined) return {broken: {prefix, venv: kind === 'venv', problem}};
  return {
    found: {
      kind,
      prefix,
      python,
      bin: [path.join(prefix, 'bin')],
      sites: siteDirectories(prefix, config, home),
      env: activation(kind, prefix),
    },
  };
}

function nothingAt(place: string): Broken {
  const problem = exists(place, true) ? 'there is no bin/python in it' : 'it does not exist';
  return {prefix: place, problem: defect(place, true) ?? problem, venv: false};
}

/** Why the file cannot be run, in words. */
function defect(python: string, mayMiss = false): string | undefined {
  try {
    accessSync(python, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT') return mayMiss ? undefined : `its python leads to ${target(python)}, which is gone`;
    return code === 'EACCES' ? `you may not run ${target(python)}` : `${python} cannot be run (${code ?? 'unknown'})`;
  }
}

/** The end of a chain of symbolic links, also when nothing is there. */
function target(file: string): string {
  let at = file;
  for (let hops = 0; hops < 40; hops++) {
    try {
      at = path.resolve(path.dirname(at), readlinkSync(at));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return at;
    }
  }
  return at;
}

/** After an upgrade of the system `python3` may be a newer one, which does not look into `lib/python3.9`. */
function mismatch(prefix: string, python: string): string | undefined {
  const version = /^python(3\.\d+)$/.exec(path.basename(realpathSync(python)))?.[1];
  const built = versions(prefix);
  if (version === undefined || built.length === 0 || built.includes(version)) return undefined;
  return `it was made for Python ${built.join(', ')}, and its python is ${version} now`;
}

/** `['3.11']`, from `lib/python3.11`. */
function versions(prefix: string): readonly string[] {
  return entries(path.join(prefix, 'lib')).flatMap((name) => /^python(3\.\d+)$/.exec(name)?.[1] ?? []);
}

function siteDirectories(prefix: string, config: ReadonlyMap<string, string> | undefined, home: string): readonly string[] {
  const own = versions(prefix).flatMap((version) =>
    ['lib', 'lib64'].map((lib) => path.join(prefix, lib, `python${version}`, 'site-packages')),
  );
  if (config === undefined) return [...userSites(prefix, home), ...debianSites(prefix), ...own];
  if (config.get('include-system-site-packages') !== 'true') return own;
  const base = path.dirname(config.get('home') ?? '/usr/bin');
  return [...own, ...siteDirectories(base, undefined, home)];
}

/** `pip install --user`. */
function userSites(prefix: string, home: string): readonly string[] {
  return versions(prefix).map((version) => path.join(home, '.local/lib', `python${version}`, 'site-packages'));
}

function debianSites(prefix: string): readonly string[] {
  if (prefix !== '/usr') return [];
  const local = versions('/usr').map((version) => `/usr/local/lib/python${version}/dist-packages`);
  return [...local, '/usr/lib/python3/dist-packages'];
}

function activation(kind: InterpreterKind, prefix: string): Readonly<Record<string, string>> {
  switch (kind) {
    case 'venv':
      return {VIRTUAL_ENV: prefix};
    case 'conda':
      return {...condaVariables(prefix), CONDA_PREFIX: prefix, CONDA_DEFAULT_ENV: path.basename(prefix)};
    case 'system':
      return {};
  }
}

/** Those of `conda env config vars set`; conda 4.8 and later keep them in this file. */
function condaVariables(prefix: string): Readonly<Record<string, string>> {
  const text = attempt(() => readFileSync(path.join(prefix, 'conda-meta/state'), 'utf8'));
  const block = /"env_vars"\s*:\s*(\{[^}]*\})/.exec(text ?? '')?.[1] ?? '';
  const pairs = block.matchAll(/"([A-Za-z_]\w*)"\s*:\s*("(?:[^"\\]|\\.)*")/g);
  return Object.fromEntries([...pairs].map(([, name = '', value = '""']) => [name, String(JSON.parse(value))]));
}

/**
 * The version of a package by the name of its metadata directory (`gunicorn-23.0.0.dist-info`, Debian's
 * `gunicorn-20.1.0.egg-info`), so that Python need not be started to know it. `undefined`: not there.
 */
export function installedVersion({sites}: Interpreter, name: string): string | undefined {
  const pattern = new RegExp(`^${name}-(\\d[^-]*?)(?:-py[\\d.]+)?\\.(?:dist|egg)-info$`, 'i');
  for (const site of sites) {
    for (const entry of entries(site)) {
      const version = pattern.exec(entry)?.[1];
      if (version !== undefined) return version;
    }
  }
  return undefined;
}

function venvConfig(prefix: string): ReadonlyMap<string, string> | undefined {
  const file = path.join(prefix, 'pyvenv.cfg');
  if (!exists(file)) return undefined;
  return new Map(
    lines(file).flatMap((line) => {
      const match = /^([\w-]+)\s*=\s*(.*)$/.exec(line);
      return match === null ? [] : [[match[1] ?? '', (match[2] ?? '').trim()] as const];
    }),
  );
}

function exists(file: string, dangling = false): boolean {
  return attempt(() => (dangling ? lstatSync(file) : statSync(file))) !== undefined;
}

function isFile(file: string): boolean {
  // A dangling bin/python that was named is a broken interpreter, not a prefix.
  return (attempt(() => statSync(file)) ?? attempt(() => lstatSync(file)))?.isDirectory() === false;
}

function entries(directory: string): readonly string[] {
  return attempt(() => readdirSync(directory)) ?? [];
}

function lines(file: string): readonly string[] {
  return (attempt(() => readFileSync(file, 'utf8')) ?? '').split('\n').map((line) => line.trim());
}

/** What cannot be read is not there, for somebody who looks for an interpreter. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
