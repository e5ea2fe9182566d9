import {accessSync, constants, lstatSync, readlinkSync, realpathSync, statSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {activation, venvConfig} from './activation.ts';
import type {InterpreterKind} from './activation.ts';
import {attempt, exists, isFile, isNamed, linesOf} from './look.ts';
import {builtFor, installedVersion, siteDirectories} from './packages.ts';

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

export type Look = {readonly found: Interpreter} | {readonly broken: Broken};

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
  // A file called env is an env file.
  const looks = places(directory, name, home)
    .filter((place) => !isFile(place))
    .flatMap((place) => inspect(place, home) ?? []);
  const ofSystem = SYSTEM.flatMap((place) => inspect(place, home) ?? []);
  return firstWith(wants, looks) ?? firstWith(wants, ofSystem);
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
    ...linesOf(path.join(home, '.conda/environments.txt')).filter((place) =>
      names.includes(path.basename(place)),
    ),
  ];
}

function firstWith(wants: string | undefined, looks: readonly Look[]): Look | undefined {
  const first = looks[0];
  if (wants === undefined || first === undefined || 'broken' in first) return first;
  return looks.find((look) => 'found' in look && installedVersion(look.found, wants) !== undefined) ?? first;
}

/** What is at a prefix or at the path of an interpreter; `undefined`: no Python was ever there. */
function inspect(place: string, home: string): Look | undefined {
  const direct = isNoDirectory(place);
  const prefix = direct ? path.dirname(path.dirname(place)) : place;
  const config = venvConfig(prefix);
  const kind = config !== undefined ? 'venv' : exists(path.join(prefix, 'conda-meta')) ? 'conda' : 'system';
  const names = direct ? [place] : ['python', 'python3'].map((file) => path.join(prefix, 'bin', file));
  const python = names.find((file) => isNamed(file));
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
      bin: [path.dirname(python)],
      sites: siteDirectories(prefix, config, home),
      env: activation(kind, prefix),
    },
  };
}

function nothingAt(place: string): Broken {
  const problem = isNamed(place) ? 'there is no bin/python in it' : 'it does not exist';
  return {prefix: place, problem: defect(place, true) ?? problem, venv: false};
}

/** Why the file cannot be run, in words. */
function defect(python: string, mayMiss = false): string | undefined {
  try {
    accessSync(python, constants.X_OK);
    return undefined;
  } catch (error) {
    const code = systemCode(error);
    if (code === 'EACCES') return `you may not run ${target(python)}`;
    if (code !== 'ENOENT') return `${python} cannot be run (${code ?? 'unknown'})`;
    return mayMiss ? undefined : `its python leads to ${target(python)}, which is gone`;
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
  const built = builtFor(prefix);
  if (version === undefined || built.length === 0 || built.includes(version)) return undefined;
  return `it was made for Python ${built.join(', ')}, and its python is ${version} now`;
}

function isNoDirectory(file: string): boolean {
  // A dangling bin/python that was named is a broken interpreter, not a prefix.
  return (attempt(() => statSync(file)) ?? attempt(() => lstatSync(file)))?.isDirectory() === false;
}
