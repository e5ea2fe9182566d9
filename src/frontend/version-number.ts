const VERSION = /^\d{1,4}\.\d{1,4}\.\d{1,4}$/;

/** True for `2.4.6`. */
export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/**
 * True when a text's first version number is at least the wanted one: `Apache/2.4.62 (Debian)`, `[2, 4, 47]`.
 *
 * What has no number counts as old.
 */
export function isAtLeast(text: string, least: readonly number[]): boolean {
  const parts = (/(\d+)\.(\d+)\.(\d+)/.exec(text)?.slice(1) ?? []).map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}
