import type {WorkContext} from './work.ts';

/**
 * Of two keys that each say what a job or a task does, the one that stands there; `undefined` after a report, when
 * both do, or neither.
 *
 * @param add - How to write them, for whoever wrote neither: `command = "...", or restart = "web"`.
 */
export function eitherOf<Key extends string>(
  keys: readonly [Key, Key],
  add: string,
  path: readonly string[],
  {name, present, report}: WorkContext,
): Key | undefined {
  const [first, second] = keys.filter((key) => present.has(key));
  if (first !== undefined && second === undefined) return first;
  const both = first !== undefined;
  report({
    path: both ? [...path, keys[1]] : path,
    at: 'key',
    message: both ? `"${name}" has both "${keys[0]}" and "${keys[1]}"` : `"${name}" has nothing to do`,
    hint: both ? 'keep one of them' : `add: ${add}`,
  });
  return undefined;
}
