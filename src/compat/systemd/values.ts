const UNITS: Readonly<Record<string, number>> = {
  usec: 0.001,
  us: 0.001,
  msec: 1,
  ms: 1,
  seconds: 1000,
  second: 1000,
  sec: 1000,
  s: 1000,
  minutes: 60_000,
  minute: 60_000,
  min: 60_000,
  m: 60_000,
  hours: 3_600_000,
  hour: 3_600_000,
  hr: 3_600_000,
  h: 3_600_000,
  days: 86_400_000,
  day: 86_400_000,
  d: 86_400_000,
  weeks: 604_800_000,
  week: 604_800_000,
  w: 604_800_000,
};

/** Milliseconds of `5min 20s`, `90`, `infinity` (systemd.time(7)); `undefined`: it is none. */
export function timeOf(text: string): number | undefined {
  if (text === 'infinity') return Infinity;
  let total = 0;
  const parts = /^\s*(?:\d+(?:\.\d+)?\s*[a-z]*\s*)+$/.test(text)
    ? text.matchAll(/(\d+(?:\.\d+)?)\s*([a-z]*)/g)
    : [];
  let some = false;
  for (const [, amount, unit] of parts) {
    const size = unit === '' ? 1000 : UNITS[unit ?? ''];
    if (size === undefined) return undefined;
    total += Number(amount) * size;
    some = true;
  }
  return some ? Math.round(total) : undefined;
}

/** Bytes of `500M`, with powers of 1024; `infinity`; `undefined`: it is none, or a share of the host. */
export function bytesOf(text: string): number | undefined {
  if (text === 'infinity') return Infinity;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)$/.exec(text) ?? [];
  return amount === undefined ? undefined : Math.round(Number(amount) * 1024 ** ' KMGT'.indexOf(unit || ' '));
}

/** The soft one of `1024:4096`. */
export function limitOf(text: string): number | undefined {
  const [soft = ''] = text.split(':', 1);
  if (soft === 'infinity') return Infinity;
  return /^\d+$/.test(soft) ? Number(soft) : undefined;
}

/** systemd's words for yes and no. */
export function flagOf(text: string): boolean | undefined {
  if (/^(1|yes|y|true|t|on)$/i.test(text)) return true;
  return /^(0|no|n|false|f|off)$/i.test(text) ? false : undefined;
}
