import type {CommandInfo} from './info.ts';
import {MANY} from './info.ts';

/** Verbs for the host, its administrators, and appsup itself. */
export const HOST = {
  boot: {
    synopsis: 'install | remove | status',
    summary: 'whether and how your apps start after a reboot: by two lines in your crontab',
    words: [0, 1],
    subcommands: ['install', 'remove', 'status'],
    options: {},
    examples: [
      ['boot install', 'at reboot, and a look every minute'],
      ['boot status', 'is it there, and in order?'],
    ],
  },
  doctor: {
    synopsis: '[SUBJECT...] [--verbose]',
    summary:
      'what on this machine stands in the way, what to type, and whom to ask; exits 1 when something is broken',
    words: [0, MANY],
    options: {verbose: {short: 'v', summary: 'also what is well, and what cannot be seen from here'}},
    examples: [
      ['doctor', 'everything; one line when all is well'],
      ['doctor boot cron', 'after a reboot that brought nothing back'],
      ['doctor --json', 'each finding with its id and level: ok, warning, broken, unseen'],
    ],
    details: [
      'Subjects: programs, supervisor, boot, cron, logout, files, disk, limits, clock, settings, ports, apps, front-end, leftovers. It changes nothing and starts nothing.',
    ],
  },
  report: {
    synopsis: '[--output FILE | --print]',
    summary:
      'write a file for a bug report: versions, doctor, status, settings, events and logs, with secrets masked',
    words: [0, 0],
    options: {
      output: {value: 'FILE', summary: 'a new file; else appsup-report-HOST-TIME.txt here'},
      print: {summary: 'print it, and keep nothing'},
    },
    examples: [
      ['report', 'then read it, and send it'],
      ['report --print | less', 'what would be in it'],
    ],
    details: [
      'It is one text, so that you can read it before you send it; only you can open it (0600). Masked are all values of env files and env tables, what running programs have in their environment, and whatever looks like a password, token or key. What an app prints in words of its own nobody can know: read it.',
    ],
  },
  remove: {
    synopsis: 'APP... | all [--yes] [--purge]',
    summary: 'stop an app and forget it; its code stays, and its logs unless told otherwise',
    words: [1, MANY],
    options: {
      yes: {short: 'y', summary: 'do not ask'},
      purge: {summary: 'delete its logs, too'},
    },
    examples: [
      ['remove reading', 'asks first'],
      ['remove reading --yes --purge', 'in a script'],
    ],
  },
  daemon: {
    synopsis: 'start | stop [--keep-apps] | restart | status | run',
    summary: 'the supervisor itself; it starts by itself when it is needed',
    words: [0, 1],
    subcommands: ['start', 'stop', 'restart', 'status', 'run'],
    options: {'keep-apps': {summary: 'stop: leave the apps running; the next supervisor takes them over'}},
    examples: [
      ['daemon restart', 'the apps go on; after an update of appsup'],
      ['daemon stop', 'and the apps; it stays away until you start something, or the host reboots'],
    ],
  },
  admin: {
    synopsis: 'check [FILE] | collect [--apply [--reload]] [OPTION]...',
    summary: "for administrators: check the host's file; put all users' requests before visitors",
    words: [1, 2],
    subcommands: ['check', 'collect'],
    options: {
      apply: {summary: 'collect: write the file, if the server with all of its configuration agrees'},
      reload: {summary: 'collect: and have the server take it up'},
      front: {
        value: 'KIND',
        choices: ['apache', 'nginx'],
        summary: 'collect: apache or nginx; else the one that is here',
      },
      output: {value: 'FILE', summary: 'collect: else /etc/appsup/KIND.conf'},
      users: {value: 'NAME,...', summary: 'collect: of these users, and of no others'},
      'server-config': {
        value: 'FILE',
        summary: "collect: the server's main file, where it has an unusual place",
      },
    },
    examples: [
      ['admin check', '/etc/appsup/site.toml, against the accounts and ports of this host'],
      ['admin collect', 'as root: what users ask for, what is refused, and what would change'],
      ['admin collect --apply --reload', 'and put it in force'],
    ],
  },
  version: {
    synopsis: '',
    summary: 'of this command and of the supervisor',
    words: [0, 0],
    options: {},
    examples: [['version', '']],
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;
