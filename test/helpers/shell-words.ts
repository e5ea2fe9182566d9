/**
 * The simple commands of a shell line as lists of words: `cd x && appsup add "my app" # note` → `[[cd, x], [appsup, add, my app]]`.
 *
 * As much of a shell as a document's examples have: quotes, `&&`, `||`, `;`, `|`, `>`, comments and line ends behind `\`.
 */
export function splitWords(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [[]];
  const token =
    /\s+|\\\n|(?<comment>(?<=^|\s)#.*$)|(?<end>&&|\|\||[;|])|(?<redirect>\d?>{1,2}\s*\S+|<\s*\S+)|"(?<double>[^"]*)"|'(?<single>[^']*)'|(?<bare>[^\s"';|&<>]+|.)/gm;
  let joined = false;
  for (const match of line.matchAll(token)) {
    const {comment, end, redirect, double, single, bare} = match.groups ?? {};
    const word = double ?? single ?? bare;
    if (end !== undefined) commands.push([]);
    if (word !== undefined && comment === undefined && redirect === undefined) {
      const command = commands.at(-1) as string[];
      if (joined) command.push(`${command.pop() ?? ''}${word}`);
      else command.push(word);
    }
    joined = word !== undefined;
  }
  return commands.filter((command) => command.length > 0);
}
