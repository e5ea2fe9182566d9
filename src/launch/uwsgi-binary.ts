import {realpathSync} from 'node:fs';
import path from 'node:path';

import {ask} from './ask.ts';
import type {Start} from './contract.ts';
import type {Interpreter} from './interpreter.ts';
import {exists, isExecutable} from './look.ts';
import {cannotStart, shown, typed} from './trouble.ts';
import type {UwsgiFacts} from './uwsgi.ts';

/**
 * The uWSGI for an interpreter: its own, else, for a venv or the system's Python, the system's.
 *
 * Asked (`--plugin-list`), because a uWSGI without Python starts, shows healthy workers, and serves no app.
 *
 * @throws AppsupError `NOT_FOUND` when there is none, or none that knows Python.
 */
export async function findUwsgi(start: Start, interpreter: Interpreter): Promise<Omit<UwsgiFacts, 'ini'>> {
  const {home} = start.context.user;
  const {kind, prefix, python} = interpreter;
  const own = path.join(prefix, 'bin/uwsgi');
  // The system's plugin has the system's Python inside, which cannot read a conda environment.
  const others =
    kind === 'conda' ? [] : [path.join(home, '.local/bin/uwsgi'), '/usr/local/bin/uwsgi', '/usr/bin/uwsgi'];
  const binary = [own, ...others].find(isExecutable);
  const place = kind === 'system' ? python : shown(prefix, home);
  const install =
    kind === 'conda'
      ? `conda install -p ${typed(prefix, home)} -c conda-forge uwsgi`
      : `${typed(python, home)} -m pip install uwsgi`;
  if (binary === undefined) {
    const hint =
      kind === 'system'
        ? 'ask the administrators for uwsgi-core and uwsgi-plugin-python3, or make a venv with uwsgi in it'
        : install;
    throw cannotStart(start, 'NOT_FOUND', `uwsgi is not installed in ${place}`, hint);
  }
  const facts = {binary, python, virtualenv: kind === 'venv' ? prefix : undefined};
  if (await knowsPython(binary, [], home)) return {...facts, plugin: undefined};
  if (await knowsPython(binary, ['--plugin', 'python3'], home)) return {...facts, plugin: 'python3'};
  throw cannotStart(
    start,
    'NOT_FOUND',
    `${shown(binary, home)} has no Python: it would start and serve no app`,
    `ask the administrators for the package uwsgi-plugin-python3, or: ${install}`,
  );
}

async function knowsPython(binary: string, options: readonly string[], home: string): Promise<boolean> {
  const watch = [realpathSync(binary), ...PLUGIN_PLACES.filter(exists)];
  const {output} = await ask([binary, ...options, '--plugin-list'], home, watch);
  return /^\d+: python$/m.test(output);
}

const PLUGIN_PLACES = ['/usr/lib/uwsgi/plugins', '/usr/lib64/uwsgi', '/usr/lib/uwsgi'];
