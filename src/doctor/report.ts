import {scrub} from './redact.ts';

/** A part of a report. */
export interface Section {
  readonly title: string;
  readonly text: string;
}

/**
 * A report as one text: so that whoever sends it can read it first, and whoever gets it needs no tool.
 *
 * @param secrets - Are masked in all of it, as is whatever looks like one.
 */
export function reportText(sections: readonly Section[], secrets: readonly string[], date: string): string {
  const parts = [
    `appsup report of ${date}`,
    'For a bug report. *** stands for values of env files and env tables, and for what looks like a password, token or key.',
    'Read it before you send it: what an app prints in words of its own, nobody can know.',
    ...sections.map(({title, text}) => `\n==== ${title} ====\n\n${text.trimEnd() || '(nothing)'}`),
  ];
  return `${scrub(parts.join('\n'), secrets)}\n`;
}
