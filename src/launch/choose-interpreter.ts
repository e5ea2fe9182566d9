import path from 'node:path';

import type {Start} from './contract.ts';
import {findInterpreter} from './interpreter.ts';
import type {Broken, Interpreter} from './interpreter.ts';
import {isFile} from './look.ts';
import {cannotStart, shown, typed} from './trouble.ts';

/**
 * The interpreter for a start; `undefined` when none was named and there is none, which a command may not need.
 *
 * @throws AppsupError `NO_INTERPRETER` when the one that is named or lies beside the code does not run, with how to make it again.
 */
export function interpreterFor(start: Start): Interpreter | undefined {
  const {app, program, context} = start;
  const {kind} = program.launch;
  const look = findInterpreter({
    python: app.python,
    directory: app.directory,
    name: app.name,
    home: context.user.home,
    wants: kind === 'command' || kind === 'gateway' || kind === 'uwsgi' ? undefined : kind,
  });
  if (look === undefined) return undefined;
  if ('found' in look) return look.found;
  throw brokenInterpreter(start, look.broken);
}

function brokenInterpreter(start: Start, {prefix, problem, venv}: Broken) {
  const {app, program, context} = start;
  const {home} = context.user;
  const name = typed(prefix, home);
  if (!venv) {
    const hint = `correct python = "${app.python === 'auto' ? 'auto' : shown(app.python, home)}": appsup edit ${app.name}`;
    return cannotStart(
      start,
      'NO_INTERPRETER',
      `there is no Python at ${shown(prefix, home)}: ${problem}`,
      hint,
    );
  }
  const requirements = path.join(app.directory, 'requirements.txt');
  const packages = isFile(requirements) ? `-r ${typed(requirements, home)}` : 'what the app needs';
  const server = program.launch.kind === 'command' ? '' : `${program.launch.kind} `;
  const hint = `make it again: python3 -m venv --clear ${name} && ${name}/bin/pip install ${server}${packages}`;
  return cannotStart(
    start,
    'NO_INTERPRETER',
    `the virtual environment ${shown(prefix, home)} is broken: ${problem}`,
    hint,
  );
}
