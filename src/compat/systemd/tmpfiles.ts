import type {Importer, Remark} from '../imported.ts';
import {placeOf} from './places.ts';
import type {Place} from './places.ts';
import {resolve, unitName} from './specifiers.ts';

const WHY: readonly (readonly [RegExp, string])[] = [
  [/^[fFwLpcbC]/, 'only directories are made: let the program make it'],
  [/^[xXrRzZtThHaAm]/, 'it concerns files of the host'],
];

/** The directories of a tmpfiles.d(5) file, with a remark for each line. @param base - Where ours are to be, absolute. */
export function readTmpfiles(
  file: string,
  text: string,
  {importer, base}: {readonly importer: Importer; readonly base: string},
): {readonly places: readonly Place[]; readonly remarks: readonly Remark[]} {
  const places: Place[] = [];
  const remarks: Remark[] = [];
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const said = raw.trim();
    if (said === '' || said.startsWith('#')) continue;
    const [type = '', quoted = ''] = said.split(/\s+/);
    const say = (fate: Remark['fate'], why: string) =>
      void remarks.push({file, line: index + 1, what: `${type} ${quoted}`.trim(), fate, text: why});
    const path = resolve(quoted.replaceAll('"', ''), unitName(file), importer);
    if (!path.ok) say('refused', path.problem);
    else if (!/^[dDevqQ]/.test(type))
      say('dropped', WHY.find(([pattern]) => pattern.test(type))?.[1] ?? 'not understood');
    else {
      const place = placeIn(path.text, base, importer.home);
      if (place === undefined) say('dropped', 'only an administrator can make it');
      else {
        places.push(place);
        const moved = place.ours === place.theirs ? '' : `${place.ours}: `;
        say('changed', `${moved}made now, and stays; yours alone, whatever mode and owner stand here`);
      }
    }
  }
  return {places, remarks};
}

function placeIn(theirs: string, base: string, home: string): Place | undefined {
  if (theirs.startsWith(`${home}/`)) return {theirs, ours: theirs};
  return placeOf(theirs, base);
}
