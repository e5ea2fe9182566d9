/** What a time zone's clocks show. */
export interface Zone {
  /** Milliseconds that local time is ahead of UTC at a moment (milliseconds since 1970). */
  offsetAt(at: number): number;
}

/** @param name - `undefined`: the host's. */
export function zoneNamed(name: string | undefined): Zone {
  const format = new Intl.DateTimeFormat('en-US', {
    ...(name === undefined ? {} : {timeZone: name}),
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  return {
    offsetAt(at) {
      // Offsets change at whole seconds.
      const second = Math.floor(at / 1000) * 1000;
      const shown: Record<string, number> = {};
      for (const {type, value} of format.formatToParts(second)) shown[type] = Number(value);
      const {year = 0, month = 1, day = 1, hour = 0, minute = 0, second: seconds = 0} = shown;
      return Date.UTC(year, month - 1, day, hour, minute, seconds) - second;
    },
  };
}

/** Clocks change at most once in so long: even in Morocco, where they pause for Ramadan. */
const STRIDE_MS = 14 * 86_400_000;

/** The first moment after `from`, and not after `to`, at which the clocks are set; `undefined` when they are not. */
export function nextChange(zone: Zone, from: number, to: number): number | undefined {
  for (let at = from; at < to; at += STRIDE_MS) {
    const end = Math.min(at + STRIDE_MS, to);
    if (zone.offsetAt(at) !== zone.offsetAt(end)) return bisect(zone, at, end);
  }
  return undefined;
}

function bisect(zone: Zone, from: number, to: number): number {
  const before = zone.offsetAt(from);
  let [low, high] = [from, to];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (zone.offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
