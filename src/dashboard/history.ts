/** What the processes of one row used lately, one figure for each look; the newest last. */
export interface Usage {
  /** Percent of one core; `undefined` where it was not known. */
  readonly cpu: readonly (number | undefined)[];
  /** Bytes. */
  readonly memory: readonly (number | undefined)[];
}

/** Usage by `app:process`. */
export type UsageOf = ReadonlyMap<string, Usage>;

/** One look at one process with all that it started. */
export interface Sample {
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
}

/** As many figures as the widest graph shows. */
export const KEPT = 40;

export const NO_USAGE: Usage = {cpu: [], memory: []};

/** Another look at all of them; who has no figure this time gets a gap, who is not among the names is forgotten. */
export function remembered(
  known: UsageOf,
  names: readonly string[],
  samples: ReadonlyMap<string, Sample>,
): UsageOf {
  return new Map(
    names.map((name) => {
      const {cpu, memory} = known.get(name) ?? NO_USAGE;
      const sample = samples.get(name);
      return [name, {cpu: longer(cpu, sample?.cpu), memory: longer(memory, sample?.memory)}];
    }),
  );
}

/** Of several rows together, aligned at their newest figures. */
export function summed(usages: readonly Usage[]): Usage {
  return {cpu: sum(usages.map(({cpu}) => cpu)), memory: sum(usages.map(({memory}) => memory))};
}

function longer(figures: Usage['cpu'], figure: number | undefined): Usage['cpu'] {
  return [...figures, figure].slice(-KEPT);
}

function sum(rows: readonly Usage['cpu'][]): Usage['cpu'] {
  const length = Math.max(0, ...rows.map((row) => row.length));
  return Array.from({length}, (_, at) => {
    const figures = rows.flatMap((row) => row[row.length - length + at] ?? []);
    return figures.length === 0 ? undefined : figures.reduce((total, figure) => total + figure, 0);
  });
}
