/** One option of a command. */
export interface OptionInfo {
  /** What follows it, in capitals; none: a switch. */
  readonly value?: string;
  /** At the end of the line it may stand without its value. */
  readonly optional?: boolean;
  readonly short?: string;
  /** The values that there are, when they are few. */
  readonly choices?: readonly string[];
  /** May be given several times. */
  readonly multiple?: boolean;
  readonly summary: string;
}

/** One verb: what is parsed, and what `--help` says of it. */
export interface CommandInfo {
  /** Behind `appsup VERB`. */
  readonly synopsis: string;
  /** One line, no period. */
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionInfo>>;
  /** Command line and what it does. The first word of the line is left out: it is `appsup`. */
  readonly examples: readonly (readonly [line: string, what: string])[];
  /** Least and most words behind the verb. */
  readonly words: readonly [number, number];
  /** Words that may come first, when there is a fixed set of them. */
  readonly subcommands?: readonly string[];
  /** Paragraphs for `--help`. */
  readonly details?: readonly string[];
  /** The words are a command line of their own: from the first on, options are not ours. */
  readonly command?: boolean;
}

/** Words that name what is meant, in a synopsis. */
export const TARGETS = 'APP[:PROGRAM]... | all';
/** As many words as you like. */
export const MANY = Infinity;
