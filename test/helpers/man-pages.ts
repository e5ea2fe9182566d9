import {GROUPS, optionText} from '../../src/cli/commands/help.ts';
import {EXIT_CODES} from '../../src/cli/exit-codes.ts';
import {ENTRIES, KIND_TITLES} from '../../src/cli/explain/find.ts';
import type {Entry, Kind} from '../../src/cli/explain/find.ts';
import {COMMON_OPTIONS, commandInfo} from '../../src/cli/table.ts';
import type {Verb} from '../../src/cli/table.ts';
import type {OptionInfo} from '../../src/cli/table/info.ts';
import {blocksOf, sectionOf} from '../../src/cli/topics/blocks.ts';
import type {Block} from '../../src/cli/topics/blocks.ts';
import {docs} from '../../src/cli/topics/docs.ts';
import {version} from '../../src/version.ts';
import {example, line, roff, roffOf, tagged} from './roff.ts';

/** Every man page, by its file: from the table of the verbs, the explanations and docs/. */
export function manPages(): Readonly<Record<string, string>> {
  return {
    'man/appsup.1': mainPage(),
    'man/appsup.toml.5': configPage(),
    'man/appsup-explain.7': explainPage(),
  };
}

function mainPage(): string {
  return page('appsup', 1, 'keeps web apps running behind a public address, without root', [
    '.SH SYNOPSIS',
    '.B appsup',
    '\\fICOMMAND\\fR [\\fIOPTION\\fR]... [\\fIAPP\\fR]...',
    '.SH DESCRIPTION',
    'You have an account on a shared server, no root, and some web apps. appsup keeps them running, from a crash to a',
    'reboot, gives each one port for ever, and writes the lines that the web server of the host needs.',
    '.PP',
    line(
      '`appsup help` lists what can be read without a network, and `appsup explain` says what a word of appsup means.',
    ),
    '.SH COMMANDS',
    ...GROUPS.flatMap(([title, verbs]) => [`.SS "${roff(title)}"`, ...verbs.flatMap(verbLines)]),
    '.SH OPTIONS',
    'Every command knows these:',
    ...optionLines(COMMON_OPTIONS),
    '.SH "EXIT STATUS"',
    'The numbers of init scripts, as supervisorctl has them:',
    ...EXIT_CODES.flatMap(([code, meaning]) => tagged(String(code), line(`${meaning}.`))),
    '.SH ENVIRONMENT',
    ...partOf('docs/files.md', 'Variables of the command line'),
    '.SH FILES',
    ...partOf('docs/files.md', 'Files'),
    ...seeAlso('appsup.toml(5)', 'appsup-explain(7)', 'crontab(5)'),
  ]);
}

function verbLines(verb: Verb): readonly string[] {
  const {synopsis, summary, details = [], options, examples} = commandInfo(verb);
  return [
    '.TP',
    `\\fBappsup ${verb}\\fR ${roff(synopsis)}`.trimEnd(),
    sentence(summary),
    '.RS',
    ...details.flatMap((paragraph) => ['.PP', line(paragraph)]),
    ...optionLines(options),
    ...example(examples.map(([words]) => `appsup ${words}`)),
    '.RE',
  ];
}

function optionLines(options: Readonly<Record<string, OptionInfo>>): readonly string[] {
  return Object.entries(options).flatMap(([name, option]) =>
    tagged(optionText(name, option), sentence(option.summary)),
  );
}

/** The same words as docs/config.md, which is made from the schema. */
function configPage(): string {
  const blocks = blocksOf(docs()['docs/config.md'] ?? '');
  const from = blocks.findIndex(({type}, at) => at > 0 && type === 'heading');
  return page('appsup.toml', 5, 'files that say what appsup keeps running', [
    '.SH DESCRIPTION',
    ...roffOf(blocks.slice(1, from)),
    ...roffOf(blocks.slice(from)),
    ...seeAlso('appsup(1)', 'appsup-explain(7)'),
  ]);
}

function explainPage(): string {
  const kinds = Object.entries(KIND_TITLES) as readonly (readonly [Kind, string])[];
  return page('appsup-explain', 7, 'states, errors and exit codes of appsup', [
    '.SH DESCRIPTION',
    line('What `appsup explain` says, all at once. `APP`, `PROGRAM` and the like stand for names.'),
    ...kinds.flatMap(([kind, title]) => [
      `.SH "${roff(title)}"`,
      ...ENTRIES.filter((entry) => entry.kind === kind).flatMap(entryLines),
    ]),
    ...seeAlso('appsup(1)', 'appsup.toml(5)', 'signal(7)'),
  ]);
}

function entryLines({name, meaning, causes, steps}: Entry): readonly string[] {
  return [
    ...tagged(name, line(meaning)),
    '.RS',
    ...(causes.length === 0 ? [] : ['.PP', 'Usual causes:']),
    ...causes.flatMap((cause) => ['.IP \\(bu 2', line(cause)]),
    '.PP',
    'What to type:',
    ...steps.flatMap(([words, what]) => tagged(words, line(what))),
    '.RE',
  ];
}

/** Without a date: the same sources make the same page on every day. */
function page(name: string, section: number, what: string, lines: readonly string[]): string {
  return `${[
    '.\\" Made from the code: UPDATE_DOCS=1 npx ava build/test/docs.js',
    // No hyphenation, for the same reason as below; .nh would hold until the next heading.
    '.nr HY 0',
    `.TH ${roff(name)} ${section} "" "appsup ${version()}" "appsup manual"`,
    // No blanks to fill lines: commands stay as they are typed.
    '.ad l',
    '.SH NAME',
    `${roff(name)} \\- ${roff(what)}`,
    ...lines,
  ].join('\n')}\n`;
}

function partOf(file: string, heading: string): readonly string[] {
  const [, ...blocks]: readonly Block[] = sectionOf(blocksOf(docs()[file] ?? ''), heading) ?? [];
  if (blocks.length === 0) throw new Error(`${file} has no heading "${heading}"`);
  return roffOf(blocks);
}

function seeAlso(...pages: readonly string[]): readonly string[] {
  const names = pages.map((each) =>
    each.replace(/(.*)\((\d)\)/, (_all, name: string, at: string) => `\\fB${roff(name)}\\fR(${at})`),
  );
  return ['.SH "SEE ALSO"', names.join(', ')];
}

function sentence(summary: string): string {
  return line(`${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`);
}
