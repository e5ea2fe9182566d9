/** What a state, an error or an exit code means, and what to do about it. */
export interface Explanation {
  /** One or two sentences. */
  readonly meaning: string;
  /** What usually leads to it, the most frequent first; empty where nothing is wrong. */
  readonly causes: readonly string[];
  /** What to type, and what for. `APP`, `APP:PROGRAM` and the like stand for names. */
  readonly steps: readonly (readonly [line: string, what: string])[];
}
