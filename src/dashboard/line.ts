import type {Tone} from './palette.ts';

/** A piece of a line that looks the same all along. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Span[];

/** One place of the screen: `''` where the character before takes two. */
export interface Cell {
  readonly character: string;
  readonly tone: Tone;
}
