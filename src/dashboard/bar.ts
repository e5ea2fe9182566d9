import {BAR} from './help.ts';

/** A key of the last line and the columns that it has. */
export interface BarKey {
  readonly key: string;
  readonly word: string;
  readonly from: number;
  readonly to: number;
}

/** The keys that there is room for: `? help  q quit  ...` */
export function barKeys(columns: number): readonly BarKey[] {
  let from = 1;
  const placed = BAR.map(([key, word]) => {
    const to = from + key.length + 1 + word.length;
    const place = {key, word, from, to};
    from = to + 2;
    return place;
  });
  return placed.filter(({to}) => to <= columns);
}

/** The key at a column of the last line, by the name that keys have. */
export function barAt(columns: number, x: number): string | undefined {
  const key = barKeys(columns).find(({from, to}) => x >= from && x < to)?.key;
  return key === 'Tab' ? 'tab' : key;
}
