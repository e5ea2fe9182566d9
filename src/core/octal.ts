/** Permissions as `chmod` takes them: `0600`. */
export function octal(mode: number): string {
  return (mode & 0o7777).toString(8).padStart(4, '0');
}
