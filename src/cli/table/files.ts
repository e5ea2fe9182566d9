import type {CommandInfo} from './info.ts';
import {MANY} from './info.ts';

/** Verbs for an app's own files: its settings, its variables and its secrets. */
export const FILES = {
  list: {
    synopsis: '',
    summary: 'the apps that have a file, with port and mount',
    words: [0, 0],
    options: {},
    examples: [['list', 'also when no supervisor is running']],
  },
  show: {
    synopsis: 'APP... | all',
    summary: 'an app with every default filled in',
    words: [1, MANY],
    options: {},
    examples: [['show flasktasks', 'what appsup makes of its file']],
  },
  edit: {
    synopsis: 'APP... | all',
    summary: "open the app's file in $VISUAL or $EDITOR, and check it afterwards",
    words: [1, MANY],
    options: {},
    examples: [['edit flasktasks', 'then: appsup restart flasktasks']],
  },
  check: {
    synopsis: '[APP... | all]',
    summary: 'look for mistakes in the files, and for settings that are none for visitors; changes nothing',
    words: [0, MANY],
    options: {},
    examples: [
      ['check', 'all files'],
      ['check spectral', 'one app'],
    ],
  },
  env: {
    synopsis: 'APP[:PROGRAM]... | all',
    summary: 'the environment that a program is started with; secret values are hidden',
    words: [1, MANY],
    options: {},
    examples: [['env flasktasks:web', 'secrets are shown as ***']],
  },
  exec: {
    synopsis: 'APP[:PROGRAM] [--] [COMMAND...]',
    summary: "run a command, or a shell, in the app's own directory, interpreter and environment",
    words: [1, MANY],
    command: true,
    options: {},
    details: [
      'As at a start: env files are read and values computed anew, and no secret stands in a command line. It needs no supervisor, and ends with the exit code of the command. Of several programs it takes the one that serves.',
      'Without a command, at a terminal, it is your shell, which reads none of its start files: those would change PATH.',
    ],
    examples: [
      ['exec flasktasks flask db upgrade', "with the app's flask"],
      ['exec flasktasks:queue -- python -c "import os; print(os.environ)"', 'as this program sees it'],
      ['exec flasktasks', 'a shell'],
    ],
  },
  secret: {
    synopsis: 'APP KEY [--generate [N] | --stdin] [--file FILE] [--force] [--show]',
    summary: 'write a secret into a file that only you can read; what is there already stays',
    words: [2, 2],
    options: {
      generate: {
        value: 'N',
        optional: true,
        summary: 'make one up, of N letters and digits (64); kept if it is there',
      },
      stdin: {summary: 'take the value from stdin; else you are asked for it, and it is not shown'},
      file: {
        value: 'FILE',
        summary: "a file of the app's directory: .env, secrets.json, config.py; else its env file",
      },
      force: {summary: 'replace what is there'},
      show: {summary: 'print the value'},
    },
    examples: [
      ['secret flasktasks SECRET_KEY --generate 64', 'made once; run again, it stays'],
      ['secret flasktasks DB_PASSWORD', 'asks for it'],
      ['secret ktyper SECRET_KEY --file config/secrets.json --generate', 'into a JSON object'],
      ['secret ktyper DEPLOY_KEY --stdin', 'takes it from a pipe or "<key.pem", with all its line breaks'],
    ],
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;
