import {momentOf} from './moment.ts';

/** A line of one of several logs. */
export interface LogLine<Source> {
  readonly source: Source;
  readonly text: string;
  /** When it was written: its own time, else that of the line above (a traceback belongs to its first line). `-Infinity`: unknown. */
  readonly at: number;
}

/** Give every line its time. Within one log, time never runs backwards: its own order is the truth. */
export function stamped<Source>(source: Source, texts: readonly string[]): readonly LogLine<Source>[] {
  let at = -Infinity;
  return texts.map((text) => {
    at = Math.max(at, momentOf(text) ?? at);
    return {source, text, at};
  });
}

/**
 * Several logs as one, by time; each keeps its own order. Of equal times, and of lines without any, the first log goes first.
 */
export function merged<Source>(logs: readonly (readonly LogLine<Source>[])[]): readonly LogLine<Source>[] {
  // sort() is stable, and every log is in order already.
  return logs.flat().sort((a, b) => (a.at === b.at ? 0 : a.at - b.at));
}

/** The lines since a moment. Lines of a log that never says a time are all kept: nobody knows. */
export function since<Source>(lines: readonly LogLine<Source>[], moment: number): readonly LogLine<Source>[] {
  return lines.filter(({at}) => at >= moment || at === -Infinity);
}
