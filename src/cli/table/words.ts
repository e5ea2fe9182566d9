import type {CommandInfo} from './info.ts';
import {MANY} from './info.ts';

/** Verbs that say what appsup knows by itself. */
export const WORDS = {
  completion: {
    synopsis: 'bash | zsh | fish | install [SHELL] | uninstall [SHELL]',
    summary: 'have TAB complete verbs, options, apps, programs, tasks, jobs and topics',
    words: [1, 2],
    subcommands: ['bash', 'zsh', 'fish', 'install', 'uninstall'],
    options: {},
    examples: [
      ['completion install', 'for your login shell; counts from the next shell on'],
      ['completion zsh', 'prints the script, for a place of your choice'],
    ],
    details: [
      'TAB starts nothing: the shell reads the names of apps, programs, tasks and jobs from their files itself. After an update of appsup: install it again.',
    ],
  },
  explain: {
    synopsis: '[STATE | ERROR-CODE | EXIT-CODE | SIGNAL]',
    summary: 'what a word of appsup means, what usually leads to it, and what to type',
    words: [0, MANY],
    options: {},
    examples: [
      ['explain', 'all that can be explained'],
      ['explain fatal', 'a state'],
      ['explain PORT_TAKEN', 'the code of an error, as --json has it'],
      ['explain exit 3', 'what a program ended with; also 137, signal 9, SIGKILL'],
    ],
  },
  help: {
    synopsis: '[VERB | TOPIC]',
    summary: 'this, more of one verb, or a text about a topic',
    words: [0, 1],
    options: {},
    examples: [
      ['help start', 'the same as: appsup start --help'],
      ['help exit-codes', 'what $? means'],
    ],
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;
