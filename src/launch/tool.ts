import path from 'node:path';

import {ask} from './ask.ts';
import type {Start} from './contract.ts';
import type {Interpreter} from './interpreter.ts';
import {headOf} from './look.ts';
import {installedVersion} from './packages.ts';
import {cannotStart, shown, typed} from './trouble.ts';

/** A Python program such as gunicorn: how to call it, and which version it is (`undefined`: it does not say). */
export interface Tool {
  readonly argv: readonly string[];
  readonly version: string | undefined;
}

/**
 * gunicorn or uvicorn as this interpreter has it.
 *
 * Called through the interpreter and not by the script's own first line, which names another one after a venv was
 * copied or moved, and is cut when it is long. `python -m` where there is no script: a venv made with
 * `--system-site-packages` sees the system's gunicorn and has no `bin/gunicorn`.
 *
 * @throws AppsupError `NOT_FOUND` when the interpreter does not have it.
 */
export async function findTool(name: string, interpreter: Interpreter, start: Start): Promise<Tool> {
  const {home} = start.context.user;
  const version = installedVersion(interpreter, name) ?? (await importedVersion(name, interpreter, home));
  if (version === undefined) throw notInstalled(name, interpreter, start);
  const script = scripts(name, interpreter, home).find(isPythonScript);
  const argv = script === undefined ? [interpreter.python, '-m', name] : [interpreter.python, script];
  return {argv, version: version === '' ? undefined : version};
}

/** For installations without metadata beside them, e.g. editable ones. `''`: it is there and does not say. */
async function importedVersion(
  name: string,
  {python, sites}: Interpreter,
  home: string,
): Promise<string | undefined> {
  const question = `import ${name}; print(getattr(${name}, "__version__", ""))`;
  const {code, output} = await ask([python, '-c', question], home, [python, ...sites]);
  return code === 0 ? output.trim().split('\n').at(-1) : undefined;
}

function scripts(name: string, {kind, prefix}: Interpreter, home: string): readonly string[] {
  const own = path.join(prefix, 'bin', name);
  return kind === 'system'
    ? [own, path.join(home, '.local/bin', name), path.join('/usr/local/bin', name)]
    : [own];
}

/** False also for wrappers in other languages: pyenv's shims are bash. */
function isPythonScript(file: string): boolean {
  const head = headOf(file);
  // pip's way around a long path: a shell line that is a string to Python.
  return /^#![^\n]*python/.test(head) || head.startsWith("#!/bin/sh\n'''exec'");
}

function notInstalled(name: string, {kind, prefix, python}: Interpreter, start: Start) {
  const {home} = start.context.user;
  const place = kind === 'system' ? python : shown(prefix, home);
  const venv = typed(path.join(start.app.directory, '.venv'), home);
  const hint =
    kind === 'system'
      ? `python3 -m venv ${venv} && ${venv}/bin/pip install ${name}, and what the app needs`
      : `${typed(python, home)} -m pip install ${name}`;
  return cannotStart(start, 'NOT_FOUND', `${name} is not installed in ${place}`, hint);
}
