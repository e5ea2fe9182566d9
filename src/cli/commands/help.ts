import type {Result} from '../output.ts';
import {COMMON_OPTIONS, commandInfo} from '../table.ts';
import type {Verb} from '../table.ts';
import type {CommandInfo, OptionInfo} from '../table/info.ts';
import type {Terminal} from '../terminal.ts';
import {definitions, textWidth, wrap} from '../wrap.ts';

/** The order in which a new user meets them. */
export const GROUPS: readonly (readonly [string, readonly Verb[]])[] = [
  ['A new app', ['add', 'import', 'check', 'preview', 'snippet', 'request', 'verify', 'gateway', 'boot']],
  [
    'Every day',
    [
      'status',
      'top',
      'start',
      'stop',
      'restart',
      'reload',
      'scale',
      'signal',
      'open',
      'run',
      'jobs',
      'logs',
      'events',
    ],
  ],
  ['Its settings', ['list', 'show', 'edit', 'env', 'exec', 'secret', 'ports', 'remove']],
  ['appsup itself', ['doctor', 'report', 'daemon', 'admin', 'version', 'completion', 'explain', 'help']],
];

/** `appsup VERB --help`: its options and examples. */
export function verbHelp(verb: Verb, {width: terminal}: Pick<Terminal, 'width'>): Result {
  const width = textWidth(terminal);
  const info = commandInfo(verb);
  const options = {...info.options, ...COMMON_OPTIONS};
  return {
    text: [
      ...wrap(info.synopsis, width, `appsup ${verb} `),
      ...wrap(info.summary, width, '  '),
      ...(info.details ?? []).flatMap((paragraph) => ['', ...wrap(paragraph, width)]),
      '',
      'Options',
      ...definitions(
        Object.entries(options).map(([name, option]) => [optionText(name, option), option.summary]),
        width,
      ),
      '',
      info.examples.length === 1 ? 'Example' : 'Examples',
      ...definitions(
        info.examples.map(([line, what]) => [`appsup ${line}`, what]),
        width,
        44,
      ),
    ].join('\n'),
    json: [jsonOf(verb, info)],
  };
}

/** `-f, --follow`, `--since DURATION`, `--generate [N]`. */
export function optionText(name: string, {short, value, optional}: OptionInfo): string {
  const behind = value === undefined ? '' : optional === true ? ` [${value}]` : ` ${value}`;
  return `${short === undefined ? '' : `-${short}, `}--${name}${behind}`;
}

function jsonOf(verb: Verb, {synopsis, summary, options, examples}: CommandInfo): unknown {
  return {verb, synopsis, summary, options, examples: examples.map(([line]) => `appsup ${line}`)};
}
