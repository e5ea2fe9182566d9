/** `90s`, `1m30s`, `1.5h`: numbers with units, the larger unit first. Also the `pattern` of the JSON Schema. */
export const DURATION = /^(?=.)(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?(\d+(\.\d+)?ms)?$/;

const UNITS: Readonly<Record<string, number>> = {d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1};

/**
 * Milliseconds of a text like `"1m30s"`, or `undefined` when it is no duration. Units: `d h m s ms`.
 *
 * A number without a unit is no duration: half of the world's tools read it as seconds, the other half as milliseconds.
 */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ms|[dhms])/g)) {
    total += Number(amount) * (UNITS[unit ?? ''] ?? Number.NaN);
  }
  return Math.round(total);
}

/** The shortest text that {@link parseDuration} reads as this number: `90_000` → `1m30s`, `0` → `0s`. */
export function formatDuration(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  let text = '';
  for (const [unit, size] of Object.entries(UNITS)) {
    const amount = Math.floor(rest / size);
    if (amount > 0) text += `${amount}${unit}`;
    rest -= amount * size;
  }
  return text || '0s';
}
