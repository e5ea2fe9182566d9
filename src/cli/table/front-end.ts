import type {CommandInfo} from './info.ts';
import {MANY} from './info.ts';

/** Verbs for the way from a visitor to an app: ports, and what the web server is told. */
export const FRONT_END = {
  ports: {
    synopsis: '[move APP]',
    summary: 'your port range, the leases, and who listens on them',
    words: [0, 2],
    subcommands: ['move'],
    options: {},
    examples: [
      ['ports', 'range, leases, foreign listeners'],
      ['ports move reading', 'lease another port; the front end needs its new lines then'],
    ],
  },
  snippet: {
    synopsis: 'APP... | all [--front apache|apache-minimal|htaccess|nginx] [--httpd-version N]',
    summary: "the lines for the host's web server; on stdout nothing else",
    words: [1, MANY],
    options: {
      front: {
        value: 'KIND',
        choices: ['apache', 'apache-minimal', 'htaccess', 'nginx'],
        summary: 'apache (default), apache-minimal (two lines), htaccess (a file of yours) or nginx',
      },
      'httpd-version': {value: 'N', summary: 'for an older Apache, as 2.4.6; else as the one of this host'},
    },
    examples: [
      ['snippet flasktasks > flasktasks.conf', 'to send to the administrators'],
      ['snippet all --front nginx', 'of all your apps, in the right order'],
    ],
  },
  request: {
    synopsis: 'APP... | all [--front KIND] [--mail [--yes]]',
    summary: 'the letter to the administrators: the lines, what they need, how to test and undo them',
    words: [1, MANY],
    options: {
      front: {
        value: 'KIND',
        choices: ['apache', 'apache-minimal', 'htaccess', 'nginx'],
        summary: 'as for snippet; else what seems to be installed here',
      },
      mail: {summary: 'send it to the helpdesk (after a question), as [notify] sends mail'},
      yes: {short: 'y', summary: 'do not ask'},
    },
    examples: [
      ['request flasktasks', 'to be copied into a mail; it is kept, and status says when it is out of date'],
      ['request flasktasks spectral --mail', 'one letter for both, sent to the helpdesk'],
    ],
  },
  preview: {
    synopsis: 'APP [--port PORT]',
    summary: 'serve an app on a port of 127.0.0.1 as the front end would, until Ctrl-C',
    words: [1, 1],
    options: {port: {value: 'PORT', summary: 'a port of your choice; else any'}},
    examples: [
      ['preview flasktasks', 'mount, prefix, headers, cookies and static files as visitors will see them'],
      ['preview flasktasks --port 8080', 'for ssh -L 8080:127.0.0.1:8080 from your own machine'],
    ],
  },
  gateway: {
    synopsis: 'enable [--mount /PATH] [--port PORT] | status',
    summary:
      'one place at the front end for all your apps: they come and go behind it without an administrator',
    words: [0, 1],
    subcommands: ['enable', 'status'],
    options: {
      mount: {value: '/PATH', summary: 'its public path; else /USER, or as the host has it'},
      port: {value: 'PORT', summary: 'a port of your choice; else one is leased from your range'},
    },
    examples: [
      ['gateway enable', 'then, once: appsup request gateway'],
      ['gateway enable --mount "/~alice"', 'where the host gives you that path'],
      ['gateway status', 'what is reached through it'],
    ],
    details: [
      'It serves every app whose mount is below its own: /alice/tasks behind /alice. New apps get such a mount. It is an app like any other: appsup restart gateway drops no visitor, appsup logs gateway is its access log, appsup remove gateway ends it.',
    ],
  },
  verify: {
    synopsis: 'APP... | all [--url URL] [--front URL] [--timeout DURATION]',
    summary: 'whether the public address leads to this very app, and what the front end makes of requests',
    words: [1, MANY],
    options: {
      url: {value: 'URL', summary: 'the public address, with or without the mount; else base_url'},
      front: {
        value: 'URL',
        summary: 'connect there, in the name of the public host: to try a front end that is not public',
      },
      timeout: {value: 'DURATION', summary: 'how long a page may take; else 10s'},
    },
    examples: [
      ['verify flasktasks', 'one line per fact; exits 1 when something needs attention'],
      ['verify flasktasks --front http://127.0.0.1:8080', 'a front end for a test; the result is not kept'],
    ],
    details: [
      'A token that only your supervisor knows proves that the answer comes from this app. The app itself is asked for its start page, the files that this uses, and a few addresses that do not exist: nothing is changed in it.',
    ],
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;
