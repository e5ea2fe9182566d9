/** True when a version (`25.1.0`, `26.0b1`) is this one or a later one; false when it is not known. */
export function atLeast(version: string | undefined, ...wanted: readonly number[]): boolean {
  if (version === undefined) return false;
  const parts = version.split('.').map((part) => Number.parseInt(part, 10) || 0);
  for (const [index, want] of wanted.entries()) {
    const part = parts[index] ?? 0;
    if (part !== want) return part > want;
  }
  return true;
}
