import type {Block} from './blocks.ts';

/** A text that `appsup help` prints. */
export interface Topic {
  readonly name: string;
  /** One line, no period. */
  readonly summary: string;
  readonly blocks: () => readonly Block[];
}
