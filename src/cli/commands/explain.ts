import {usage} from '../args.ts';
import type {Command} from '../context.ts';
import {ENTRIES, KIND_TITLES, entriesFor, nearestEntry} from '../explain/find.ts';
import type {Entry, Kind} from '../explain/find.ts';
import type {Result} from '../output.ts';
import type {Style, Terminal} from '../terminal.ts';
import {definitions, textWidth, wrap} from '../wrap.ts';

/** `appsup explain [STATE | ERROR-CODE | EXIT-CODE | SIGNAL]` */
export const explain: Command = async ({terminal}, {words}) => {
  const word = words.join(' ');
  if (word === '') return overview(terminal);
  const entries = entriesFor(word);
  if (entries.length > 0) return explained(entries, terminal);
  const meant = nearestEntry(word);
  throw usage(`Cannot explain ${JSON.stringify(word)}: it is no state, error, exit code or signal`, {
    hint: meant === undefined ? 'appsup explain lists them' : `did you mean "appsup explain ${meant}"?`,
  });
};

/** The entries as text and as data. */
export function explained(entries: readonly Entry[], {style, width}: Terminal): Result {
  const columns = textWidth(width);
  return {
    text: entries.map((entry) => textOf(entry, columns, style)).join('\n\n'),
    json: entries.map(({kind, name, meaning, causes, steps}) => ({
      kind,
      name,
      meaning,
      causes,
      steps: steps.map(([line, what]) => ({line, what})),
    })),
  };
}

const WHAT: Readonly<Record<Kind, string>> = {
  state: 'a state of a program',
  run: 'the end of a task or job',
  error: 'an error',
  exit: 'an exit code of appsup itself',
  'program-exit': 'an exit code of a program',
  signal: 'a signal that ended a program',
};

function overview({width}: Terminal): Result {
  const kinds = Object.keys(KIND_TITLES) as readonly Kind[];
  const columns = textWidth(width);
  const lines = kinds.flatMap((kind) => [
    '',
    KIND_TITLES[kind],
    ...wrap(namesOf(kind).join(' '), columns, '  '),
  ]);
  return {
    text: [
      'appsup explain WORD says what it means, what usually leads to it, and what to type.',
      ...lines,
    ].join('\n'),
    json: [Object.fromEntries(kinds.map((kind) => [kind, namesOf(kind)]))],
  };
}

function namesOf(kind: Kind): readonly string[] {
  return ENTRIES.filter((entry) => entry.kind === kind).map(({name}) => name);
}

function textOf({kind, name, meaning, causes, steps}: Entry, width: number, style: Style): string {
  return [
    `${style.bold(kind.endsWith('exit') ? `exit ${name}` : name)}: ${WHAT[kind]}`,
    ...wrap(meaning, width, '  '),
    ...(causes.length === 0
      ? []
      : ['', 'Usual causes', ...causes.flatMap((cause) => wrap(cause, width, '  - '))]),
    '',
    'What to type',
    ...definitions(steps, width, 40),
  ].join('\n');
}
