import {nearest} from '../../core/nearest.ts';
import {usage} from '../args.ts';
import {columns} from '../columns.ts';
import type {Command} from '../context.ts';
import {EXIT_CODES} from '../exit-codes.ts';
import type {Result} from '../output.ts';
import {COMMANDS, COMMON_OPTIONS, commandInfo, isVerb} from '../table.ts';
import type {CommandInfo, OptionInfo, Verb} from '../table.ts';

/** `appsup help [VERB | exit-codes]`, `appsup VERB --help` */
export const help: Command = async (_context, {verb, words, help: asked}) => {
  const topic = verb === 'help' ? words[0] : asked ? verb : undefined;
  if (topic === undefined) return overview();
  if (topic === 'exit-codes') return exitCodes();
  if (isVerb(topic)) return explained(topic);
  const meant = nearest(topic, [...Object.keys(COMMANDS), 'exit-codes']);
  throw usage(`Cannot explain "${topic}": no such command`, {
    hint: meant === undefined ? 'appsup help' : `did you mean "appsup help ${meant}"?`,
  });
};

/** The order in which a new user meets them. */
const GROUPS: readonly (readonly [string, readonly Verb[]])[] = [
  ['A new app', ['add', 'import', 'check', 'preview', 'snippet', 'request', 'verify', 'gateway', 'boot']],
  ['Every day', ['status', 'start', 'stop', 'restart', 'reload', 'signal', 'run', 'jobs', 'logs', 'events']],
  ['Its settings', ['list', 'show', 'edit', 'env', 'exec', 'secret', 'ports', 'remove']],
  ['appsup itself', ['daemon', 'admin', 'version', 'help']],
];

function overview(): Result {
  const lines = GROUPS.flatMap(([title, verbs]) => [
    '',
    title,
    ...columns(verbs.map((verb) => [`  ${verb}`, commandInfo(verb).summary])).map(indented),
  ]);
  return {
    text: [
      'appsup keeps your web apps running behind a public address, without root.',
      '',
      'appsup COMMAND [OPTION]... [APP]...',
      ...lines,
      '',
      'appsup help COMMAND has options and examples; appsup help exit-codes the numbers for scripts.',
    ].join('\n'),
    json: [
      Object.fromEntries(
        Object.entries(COMMANDS).map(([verb, {synopsis, summary}]) => [verb, {synopsis, summary}]),
      ),
    ],
  };
}

function explained(verb: Verb): Result {
  const info = commandInfo(verb);
  const options = {...info.options, ...COMMON_OPTIONS};
  return {
    text: [
      `appsup ${verb} ${info.synopsis}`.trimEnd(),
      `  ${info.summary}`,
      ...(info.details ?? []).flatMap((paragraph) => ['', paragraph]),
      '',
      'Options',
      ...columns(
        Object.entries(options).map(([name, option]) => [optionText(name, option), option.summary]),
      ).map(indented),
      '',
      info.examples.length === 1 ? 'Example' : 'Examples',
      ...columns(info.examples.map(([line, what]) => [`appsup ${line}`, what])).map(indented),
    ].join('\n'),
    json: [jsonOf(verb, info)],
  };
}

function optionText(name: string, {short, value}: OptionInfo): string {
  return `${short === undefined ? '' : `-${short}, `}--${name}${value === undefined ? '' : ` ${value}`}`;
}

function exitCodes(): Result {
  return {
    text: [
      'appsup ends with the numbers of init scripts, as supervisorctl does:',
      ...columns(EXIT_CODES.map(([code, meaning]) => [String(code), meaning])).map(indented),
    ].join('\n'),
    json: [Object.fromEntries(EXIT_CODES)],
  };
}

function jsonOf(verb: Verb, {synopsis, summary, options, examples}: CommandInfo): unknown {
  return {verb, synopsis, summary, options, examples: examples.map(([line]) => `appsup ${line}`)};
}

function indented(line: string): string {
  return `  ${line.trimStart()}`;
}
