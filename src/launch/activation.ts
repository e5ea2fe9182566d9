import path from 'node:path';

import {exists, linesOf, readText} from './look.ts';

/** How a prefix came to be: by `python -m venv`, by conda or mamba, or by the system's packages. */
export type InterpreterKind = 'venv' | 'conda' | 'system';

/** The variables that an activation would set, without PATH. */
export function activation(kind: InterpreterKind, prefix: string): Readonly<Record<string, string>> {
  switch (kind) {
    case 'venv':
      return {VIRTUAL_ENV: prefix};
    case 'conda':
      return {...condaVariables(prefix), CONDA_PREFIX: prefix, CONDA_DEFAULT_ENV: path.basename(prefix)};
    case 'system':
      return {};
  }
}

/** Those of `conda env config vars set`, which conda keeps in this file. */
function condaVariables(prefix: string): Readonly<Record<string, string>> {
  const state = parseJson(readText(path.join(prefix, 'conda-meta/state')));
  const variables = isObject(state) ? state['env_vars'] : undefined;
  if (!isObject(variables)) return {};
  return Object.fromEntries(
    Object.entries(variables).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function parseJson(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch (error) {
    // A file of conda's that we cannot read is none of the app's faults.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The settings of `pyvenv.cfg`, which makes a prefix a venv; `undefined`: it is none. */
export function venvConfig(prefix: string): ReadonlyMap<string, string> | undefined {
  const file = path.join(prefix, 'pyvenv.cfg');
  if (!exists(file)) return undefined;
  return new Map(
    linesOf(file).flatMap((line) => {
      const [, name, value = ''] = /^([\w-]+)\s*=\s*(.*)$/.exec(line) ?? [];
      return name === undefined ? [] : [[name, value] as const];
    }),
  );
}
