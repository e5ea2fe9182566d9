/** Lines of an env file that read back (`parseEnv`) as these values, whatever characters they hold. */
export function envFileText(values: ReadonlyMap<string, string>): string {
  return [...values]
    .map(([name, value]) => `${name}="${value.replace(/[\n\r\t"\\$]/g, escaped)}"\n`)
    .join('');
}

const LETTERS: Readonly<Record<string, string>> = {'\n': 'n', '\r': 'r', '\t': 't'};

function escaped(character: string): string {
  return `\\${LETTERS[character] ?? character}`;
}
