import {nearest} from '../../core/nearest.ts';
import {usage} from '../args.ts';
import type {Command} from '../context.ts';
import {EXIT_CODES} from '../exit-codes.ts';
import {ENTRIES, entriesFor} from '../explain/find.ts';
import type {Kind} from '../explain/find.ts';
import type {Result} from '../output.ts';
import {COMMANDS, commandInfo, isVerb} from '../table.ts';
import type {Verb} from '../table.ts';
import type {Terminal} from '../terminal.ts';
import {render} from '../topics/render.ts';
import {topicNamed, topicNames, topics} from '../topics/topics.ts';
import type {Topic} from '../topics/topic.ts';
import {definitions, textWidth, wrap} from '../wrap.ts';
import {explained} from './explain.ts';
import {GROUPS, verbHelp} from './help.ts';

/** `appsup help [VERB | TOPIC]`; a verb of which there is a text, too, has both. */
export const helpTopic: Command = async ({terminal}, {words: [word]}) => {
  const width = textWidth(terminal.width);
  if (word === undefined) return overview(width);
  if (isVerb(word)) return helpOfVerb(word, terminal);
  const list = LISTS[word];
  if (list !== undefined) return list(width);
  const topic = topicNamed(word) ?? topicNamed(`config.${word}`);
  if (topic !== undefined) return textOf(topic, terminal);
  const entries = entriesFor(word);
  if (entries.length > 0) return explained(entries, terminal);
  const meant = nearest(word, helpWords());
  throw usage(`Cannot explain ${JSON.stringify(word)}: no such command or topic`, {
    hint: meant === undefined ? 'appsup help lists them' : `did you mean "appsup help ${meant}"?`,
  });
};

function helpOfVerb(verb: Verb, terminal: Terminal): Result {
  const help = verbHelp(verb, terminal);
  const topic = topicNamed(verb);
  if (topic === undefined) return help;
  const {text, json} = textOf(topic, terminal);
  return {text: `${help.text}\n\n${text}`, json: [...help.json, ...json]};
}

function textOf({name, blocks}: Topic, {style, width}: Terminal): Result {
  return {
    text: render(blocks(), textWidth(width), style),
    json: [{topic: name, text: render(blocks(), textWidth(undefined))}],
  };
}

/** Everything that may stand behind `appsup help`. */
export function helpWords(): readonly string[] {
  return [...Object.keys(COMMANDS), ...Object.keys(LISTS), ...topicNames()];
}

/** Topics that are lists of what `appsup explain` explains. */
const LISTS: Readonly<Record<string, (width: number) => Result>> = {
  'exit-codes': exitCodes,
  states: (width) => listOf('state', 'The states of a program', width),
  errors: (width) => listOf('error', 'The codes of errors, as "error.code" of --json has them', width),
};

const LIST_SUMMARIES: readonly (readonly [string, string])[] = [
  ['exit-codes', 'what $? means'],
  ['states', 'the states of a program'],
  ['errors', 'the codes of errors'],
];

function overview(width: number): Result {
  const lines = GROUPS.flatMap(([title, verbs]) => [
    '',
    title,
    ...definitions(
      verbs.map((verb) => [verb, commandInfo(verb).summary]),
      width,
    ),
  ]);
  const others = [...topics().map(({name, summary}) => [name, summary] as const), ...LIST_SUMMARIES];
  return {
    text: [
      'appsup keeps your web apps running behind a public address, without root.',
      '',
      'appsup COMMAND [OPTION]... [APP]...',
      ...lines,
      '',
      'Topics',
      ...definitions(
        others.toSorted(([a], [b]) => (a < b ? -1 : 1)),
        width,
      ),
      '',
      ...wrap(
        '"appsup help COMMAND" has options and examples, "appsup help TOPIC" the text, and "appsup explain WORD" says what a state, an error or an exit code means.',
        width,
      ),
    ].join('\n'),
    json: [
      Object.fromEntries(
        Object.entries(COMMANDS).map(([verb, {synopsis, summary}]) => [verb, {synopsis, summary}]),
      ),
    ],
  };
}

function exitCodes(width: number): Result {
  return {
    text: [
      'appsup ends with the numbers of init scripts, as supervisorctl does:',
      ...definitions(
        EXIT_CODES.map(([code, meaning]) => [String(code), meaning]),
        width,
      ),
    ].join('\n'),
    json: [Object.fromEntries(EXIT_CODES)],
  };
}

function listOf(kind: Kind, title: string, width: number): Result {
  const entries = ENTRIES.filter((entry) => entry.kind === kind);
  return {
    text: [
      `${title}; "appsup explain WORD" has more of each:`,
      ...definitions(
        entries.map(({name, meaning}) => [name, meaning]),
        width,
      ),
    ].join('\n'),
    json: [Object.fromEntries(entries.map(({name, meaning}) => [name, meaning]))],
  };
}
