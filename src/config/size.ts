/** `500MB`, `1.5GiB`, `0`: one number with its unit. Also the `pattern` of the JSON Schema. */
export const SIZE = /^(0|\d+(\.\d+)?(B|KB|MB|GB|KiB|MiB|GiB))$/;

/** In the order of choice for writing: the first that divides evenly. */
const UNITS: Readonly<Record<string, number>> = {
  GiB: 1024 ** 3,
  GB: 1000 ** 3,
  MiB: 1024 ** 2,
  MB: 1000 ** 2,
  KiB: 1024,
  KB: 1000,
  B: 1,
};

/**
 * Bytes of a text like `"500MB"` (powers of 1000) or `"512MiB"` (powers of 1024), or `undefined` when it is no size.
 *
 * A number without a unit is no size: some tools read it as bytes, others as kilobytes or megabytes. Only 0 needs none.
 */
export function parseSize(text: string): number | undefined {
  if (!SIZE.test(text)) return undefined;
  const [, amount, unit = 'B'] = /^([\d.]+)([A-Za-z]+)?$/.exec(text) ?? [];
  return Math.round(Number(amount) * (UNITS[unit] ?? Number.NaN));
}

/** A text that {@link parseSize} reads as this number of bytes, in the largest unit that divides it: `10_485_760` → `10MiB`. */
export function formatSize(bytes: number): string {
  const whole = Math.max(0, Math.round(bytes));
  const [unit, size] = Object.entries(UNITS).find(([, each]) => whole >= each && whole % each === 0) ?? [
    '',
    1,
  ];
  return `${whole / size}${unit}`;
}

/** What somebody most likely meant who wrote no unit, or one of another tool (`500`, `"512m"`, `"2 gb"`), in our words. */
export function nearestSize(input: unknown): string | undefined {
  const said = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)(i?)(?:b|bytes)?\s*$/i.exec(String(input));
  const [, amount = '', letter = '', binary = ''] = said ?? [];
  if (said === null) return undefined;
  if (letter !== '') return `${amount}${letter.toUpperCase()}${binary && 'i'}B`;
  if (Number(amount) === 0) return '0';
  // Who writes millions means bytes.
  return Number(amount) >= 1_000_000 ? formatSize(Number(amount)) : `${amount}MB`;
}
