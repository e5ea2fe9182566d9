import type {Charset} from './text.ts';

const BARS: Readonly<Record<Charset, string>> = {utf8: ' ▁▂▃▄▅▆▇█', ascii: ' .:-=+*#@'};

/**
 * The last figures as a row of bars, the newest on the right; a gap where nothing was measured.
 *
 * @param least - What a full bar stands for at least, so that noise around nothing looks like nothing.
 */
export function sparkline(
  figures: readonly (number | undefined)[],
  {width, least, charset}: {readonly width: number; readonly least: number; readonly charset: Charset},
): string {
  const shown = figures.slice(Math.max(0, figures.length - width));
  const most = Math.max(least, ...shown.map((figure) => figure ?? 0));
  const bars = BARS[charset];
  const text = shown.map((figure) => {
    if (figure === undefined) return ' ';
    // What was measured shows at least the lowest bar: an idle program is something else than none.
    return bars[Math.max(1, Math.min(bars.length - 1, Math.ceil((figure / most) * (bars.length - 1))))];
  });
  return text.join('').padStart(width);
}
