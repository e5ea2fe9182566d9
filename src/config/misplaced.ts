import type {Problem} from './validate.ts';
import {healthSchema} from './schema-health.ts';
import {limitsSchema} from './schema-limits.ts';
import {programSchema} from './schema-program.ts';
import {appSchema} from './schema.ts';

/** A key in a table where it does not belong is a common slip: say where it does. */
export function misplaced(problem: Problem): Problem {
  const {path, message, hint} = problem;
  if (hint === undefined || !message.startsWith('Unknown key')) return problem;
  const where = placeOf(String(path.at(-1)), path);
  return where === undefined ? problem : {...problem, hint: where};
}

function placeOf(name: string, path: Problem['path']): string | undefined {
  if (path.length === 1)
    return Object.hasOwn(programSchema.entries, name)
      ? 'it belongs to a program: write it below [programs.web]'
      : undefined;
  if (path.length !== 3) return undefined;
  if (Object.hasOwn(limitsSchema.entries, name)) return `it belongs to limits: limits = { ${name} = ... }`;
  if (Object.hasOwn(healthSchema.entries, name)) return `it belongs to health: health = { ${name} = ... }`;
  return Object.hasOwn(appSchema.entries, name)
    ? 'it belongs to the app: write it above the first [programs...]'
    : undefined;
}
