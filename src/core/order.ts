import type {ProgramSpec} from './program-spec.ts';

/**
 * The order in which an app's programs start, or the circle that makes it impossible.
 *
 * `waves`: the programs of one wave may start together, once every earlier wave runs: `[['db'], ['web', 'queue']]`.
 * `cycle`: a path that ends where it begins: `['a', 'b', 'a']`, for "a waits for b, b waits for a".
 */
export type StartOrder =
  | {readonly ok: true; readonly waves: readonly (readonly string[])[]}
  | {readonly ok: false; readonly cycle: readonly string[]};

/** What {@link startOrder} looks at. */
export type Ordered = Pick<ProgramSpec, 'name' | 'after'>;

/**
 * Sort programs by what they wait for: each as early as it can, in the order of the file within a wave.
 *
 * A name in `after` that is no program of the list holds nobody up: whether it may stand there is for the config to say.
 */
export function startOrder(programs: readonly Ordered[]): StartOrder {
  const names = new Set(programs.map((program) => program.name));
  const placed = new Set<string>();
  const waves: (readonly string[])[] = [];
  while (placed.size < names.size) {
    const waiting = programs.filter(({name}) => !placed.has(name));
    const wave = waiting.filter(({after}) => after.every((name) => placed.has(name) || !names.has(name)));
    if (wave.length === 0) return {ok: false, cycle: cycleIn(waiting)};
    for (const {name} of wave) placed.add(name);
    waves.push(wave.map(({name}) => name));
  }
  return {ok: true, waves};
}

/** Waves in which to stop what {@link startOrder} starts: nothing goes before those that wait for it. */
export function stopOrder(waves: readonly (readonly string[])[]): readonly (readonly string[])[] {
  return waves.toReversed().map((wave) => wave.toReversed());
}

/**
 * A circle among programs of which each waits for another one of them.
 *
 * Follow the first thing each waits for: a path through finitely many programs comes back to one that it has passed.
 */
function cycleIn(waiting: readonly Ordered[]): readonly string[] {
  const byName = new Map(waiting.map((program) => [program.name, program]));
  const path: string[] = [];
  let at = waiting[0]?.name ?? '';
  while (!path.includes(at)) {
    path.push(at);
    at = byName.get(at)?.after.find((name) => byName.has(name)) ?? at;
  }
  return [...path.slice(path.indexOf(at)), at];
}
