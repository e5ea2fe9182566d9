import path from 'node:path';

import test from 'ava';

import {findInterpreter} from '../../src/launch/interpreter.ts';
import type {Interpreter, Look, Wish} from '../../src/launch/interpreter.ts';
import {installedVersion} from '../../src/launch/packages.ts';
import type {Layout} from '../helpers/launch-start.ts';
import {layOut, temporaryHome} from '../helpers/launch-start.ts';

const PYTHON = ['#!/bin/sh\n', 0o755] as const;
const CONFIG = 'home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n';

/** The files of a venv or conda environment in which nothing really runs. */
function files(prefix: string, kind: 'venv' | 'conda', packages: readonly string[] = []): Layout {
  const mark = kind === 'venv' ? {[`${prefix}/pyvenv.cfg`]: CONFIG} : {[`${prefix}/conda-meta/history`]: ''};
  const metadata = Object.fromEntries(
    packages.map(
      (name) => [`${prefix}/lib/python3.11/site-packages/${name}.dist-info/METADATA`, ''] as const,
    ),
  );
  return {[`${prefix}/bin/python`]: PYTHON, ...mark, ...metadata};
}

function wish(home: string, changes: Partial<Wish> = {}): Wish {
  return {
    python: 'auto',
    directory: path.join(home, 'work/tasks-app'),
    name: 'tasks',
    home,
    wants: undefined,
    ...changes,
  };
}

function found(look: Look | undefined): Interpreter | undefined {
  return look !== undefined && 'found' in look ? look.found : undefined;
}

const PLACES: readonly [string, 'venv' | 'conda'][] = [
  ['work/tasks-app/.venv', 'venv'],
  ['work/tasks-app/venv', 'venv'],
  ['work/tasks-app/env', 'conda'],
  ['work/.venv', 'venv'],
  ['.virtualenvs/tasks', 'venv'],
  ['.virtualenvs/tasks-app', 'venv'],
  ['miniconda3/envs/tasks', 'conda'],
  ['miniforge3/envs/tasks-app', 'conda'],
];

for (const [place, kind] of PLACES) {
  test(`findInterpreter() with "auto" finds the ${kind} ~/${place}`, (t) => {
    const home = temporaryHome(t);
    layOut(home, files(place, kind));
    t.like(found(findInterpreter(wish(home))), {
      kind,
      prefix: path.join(home, place),
      python: path.join(home, place, 'bin/python'),
    });
  });
}

test("findInterpreter() finds a conda environment of the app's name by conda's own list", (t) => {
  const home = temporaryHome(t);
  layOut(home, {
    ...files('data/envs/tasks', 'conda'),
    '.conda/environments.txt': `${home}/gone/tasks\n${home}/data/envs/tasks\n`,
  });
  t.is(found(findInterpreter(wish(home)))?.prefix, path.join(home, 'data/envs/tasks'));
});

test('findInterpreter() takes the first that has the wanted package, else the first', (t) => {
  const home = temporaryHome(t);
  layOut(home, {
    ...files('work/tasks-app/.venv', 'venv'),
    ...files('work/tasks-app/venv', 'venv', ['gunicorn-23.0.0']),
  });
  t.is(
    found(findInterpreter(wish(home, {wants: 'gunicorn'})))?.prefix,
    path.join(home, 'work/tasks-app/venv'),
  );
  t.is(
    found(findInterpreter(wish(home, {wants: 'uvicorn'})))?.prefix,
    path.join(home, 'work/tasks-app/.venv'),
  );
});

test('findInterpreter() passes over folders that are no environments', (t) => {
  const home = temporaryHome(t);
  layOut(home, {'work/tasks-app/env/production.env': '', ...files('work/tasks-app/venv', 'venv')});
  // `env` is looked at after `venv`; beside, `.venv` is an empty folder.
  layOut(home, {'work/.venv/readme': ''});
  t.is(found(findInterpreter(wish(home)))?.prefix, path.join(home, 'work/tasks-app/venv'));
});

test("findInterpreter() takes the system's Python where the app has none of its own", (t) => {
  const home = temporaryHome(t);
  const look = found(findInterpreter(wish(home)));
  if (look === undefined) t.pass('there is no Python on this machine');
  else t.like(look, {kind: 'system', env: {}});
});

test('findInterpreter() takes a prefix or an interpreter that is named', (t) => {
  const home = temporaryHome(t);
  layOut(home, {...files('py', 'conda'), 'py/bin/python3.11': PYTHON});
  const prefix = path.join(home, 'py');
  t.deepEqual(found(findInterpreter(wish(home, {python: prefix})))?.env, {
    CONDA_PREFIX: prefix,
    CONDA_DEFAULT_ENV: 'py',
  });
  const direct = path.join(prefix, 'bin/python3.11');
  t.like(found(findInterpreter(wish(home, {python: direct}))), {kind: 'conda', prefix, python: direct});
});

test('findInterpreter() takes the variables that were set for a conda environment, which activation would have set', (t) => {
  const home = temporaryHome(t);
  layOut(home, {
    ...files('py', 'conda'),
    'py/conda-meta/state': '{"env_vars": {"GDAL_DATA": "/x \\"y\\"", "B": "2"}}',
  });
  t.like(found(findInterpreter(wish(home, {python: path.join(home, 'py')})))?.env, {
    GDAL_DATA: '/x "y"',
    B: '2',
  });
});

const BROKEN: readonly [string, Layout, string][] = [
  [
    'a python that is gone after an upgrade',
    {'v/pyvenv.cfg': CONFIG, 'v/bin/python': '-> python3', 'v/bin/python3': '-> /usr/bin/python3.2'},
    'its python leads to /usr/bin/python3.2, which is gone',
  ],
  ['no python at all', {'v/pyvenv.cfg': CONFIG}, 'it has no bin/python'],
  [
    'the packages of another version',
    {
      'v/pyvenv.cfg': CONFIG,
      'base/python3.13': PYTHON,
      'v/bin/python': '-> ../../base/python3.13',
      'v/lib/python3.11/site-packages/x': '',
    },
    'it was made for Python 3.11, and its python is 3.13 now',
  ],
];

for (const [what, layout, problem] of BROKEN) {
  test(`findInterpreter() tells of a venv with ${what}`, (t) => {
    const home = temporaryHome(t);
    layOut(home, layout);
    const prefix = path.join(home, 'v');
    t.deepEqual(findInterpreter(wish(home, {python: prefix})), {broken: {prefix, problem, venv: true}});
  });
}

test('findInterpreter() tells of a broken venv beside the code instead of passing over it', (t) => {
  const home = temporaryHome(t);
  layOut(home, {'work/tasks-app/.venv/pyvenv.cfg': CONFIG, ...files('work/tasks-app/venv', 'venv')});
  t.like(findInterpreter(wish(home, {wants: 'gunicorn'})), {
    broken: {prefix: path.join(home, 'work/tasks-app/.venv')},
  });
});

test('findInterpreter() tells of a path where nothing is', (t) => {
  const home = temporaryHome(t);
  layOut(home, {'empty/x': ''});
  t.like(findInterpreter(wish(home, {python: path.join(home, 'none')})), {
    broken: {problem: 'it does not exist', venv: false},
  });
  t.like(findInterpreter(wish(home, {python: path.join(home, 'empty')})), {
    broken: {problem: 'there is no bin/python in it', venv: false},
  });
});

const METADATA: readonly [string, string | undefined][] = [
  ['gunicorn-23.0.0.dist-info', '23.0.0'],
  ['gunicorn-20.1.0.egg-info', '20.1.0'],
  ['gunicorn-20.1.0-py3.11.egg-info', '20.1.0'],
  ['Gunicorn-19.9.0.dist-info', '19.9.0'],
  ['gunicorn_extra-1.0.dist-info', undefined],
  ['gunicorn', undefined],
];
for (const [entry, version] of METADATA) {
  test(`installedVersion() reads ${version ?? 'nothing'} from ${entry}`, (t) => {
    const home = temporaryHome(t);
    layOut(home, {[`site/${entry}/x`]: ''});
    const sites = [path.join(home, 'none'), path.join(home, 'site')];
    t.is(installedVersion({sites}, 'gunicorn'), version);
  });
}

test('findInterpreter() takes a file called env for what it is: an env file', (t) => {
  const home = temporaryHome(t);
  layOut(home, {'work/tasks-app/env': ['SECRET=1\n', 0o600], ...files('work/.venv', 'venv')});
  t.is(found(findInterpreter(wish(home)))?.prefix, path.join(home, 'work/.venv'));
});
