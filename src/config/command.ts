import {expandPath} from '../system/paths.ts';
import type {Path} from './places.ts';
import type {Problem} from './validate.ts';
import {splitWords} from './words.ts';

/** Where a command line stands and how it is read. */
export interface CommandContext {
  readonly path: Path;
  /** `~/` of the first word. */
  readonly home: string;
  readonly report: (problem: Problem) => void;
}

/** A command as it will be run, without a shell: its words. `undefined` when there is none, or after a report. */
export function readCommand(
  value: string | readonly string[] | undefined,
  {path, home, report}: CommandContext,
): readonly string[] | undefined {
  const words = readWords(value, path, report);
  if (words === undefined) return undefined;
  const [program = '', ...rest] = words;
  if (program === '') {
    report({path, message: `Expected "${nameOf(path)}" to name a program: got nothing`});
    return undefined;
  }
  if (typeof value === 'string' && /^[A-Za-z_]\w*=/.test(program)) {
    report({
      path,
      message: `Cannot run ${JSON.stringify(program)}: the command is run without a shell`,
      hint: 'put variables into env',
    });
  }
  return [program.startsWith('~/') ? expandPath(program, home, home) : program, ...rest];
}

/** The words of a text or list, a warning where it looks as if a shell was counted on. */
export function readWords(
  value: string | readonly string[] | undefined,
  path: Path,
  report: (problem: Problem) => void,
): readonly string[] | undefined {
  if (value === undefined || typeof value !== 'string') return value;
  const key = nameOf(path);
  const split = splitWords(value);
  if (!split.ok) {
    report({path, index: split.index, message: `Cannot split "${key}" into words: ${split.problem}`});
    return undefined;
  }
  const shell = split.bare.find((word) => /^(\||\|\||&|&&|;|[0-9]?[<>].*)$|\$[A-Za-z_{(]|`/.test(word));
  if (shell !== undefined) {
    report({
      path,
      index: Math.max(0, value.indexOf(shell)),
      severity: 'warning',
      message: `"${key}" is run without a shell: ${JSON.stringify(shell)} is passed on as it stands`,
      hint: `if a shell is wanted: command = ["sh", "-c", "exec ..."]`,
    });
  }
  return split.words;
}

/** The key that a path is about: indices of a list belong to the list's key. */
function nameOf(path: Path): string {
  return String(path.findLast((step) => typeof step === 'string') ?? 'the file');
}
