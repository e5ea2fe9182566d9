import type {CommandInfo} from './info.ts';
import {MANY} from './info.ts';

/** Verbs that make an app. */
export const ARRIVAL = {
  add: {
    synopsis: 'DIR [OPTION]...',
    summary:
      'make an app of a directory: takes its appsup.toml or finds what to run, leases a port, writes its file',
    words: [1, 1],
    options: {
      name: {value: 'NAME', summary: 'name of the app; else that of the directory'},
      gunicorn: {value: 'MODULE:CALLABLE', summary: 'serve it with gunicorn'},
      uvicorn: {value: 'MODULE:CALLABLE', summary: 'serve it with uvicorn'},
      command: {value: 'COMMAND', summary: 'run this; it finds its address in $HOST and $PORT'},
      python: {
        value: 'PREFIX',
        summary: 'venv or conda environment to run it in; else the one beside the code',
      },
      mount: {value: '/PATH', summary: 'public path; else /USER_NAME'},
      port: {value: 'PORT', summary: 'a port of your choice; else one is leased from your range'},
      transport: {
        value: 'tcp|unix',
        summary: 'port or Unix socket for the front end; else a socket where the web server can reach one',
      },
      'web-user': {value: 'NAME', summary: 'account of the web server, for Unix sockets; else found'},
      dotenv: {
        value: 'FILE',
        multiple: true,
        summary: 'file of KEY=value lines; else .env, where there is one',
      },
    },
    examples: [
      ['add ~/flask-tasks', 'finds wsgi.py, the conda environment and .env'],
      ['add ~/api --uvicorn main:app --mount /alice_api', 'says it all'],
      ['add ~/board --command "node server.js"', 'anything that listens on $PORT'],
    ],
  },
  import: {
    synopsis: 'FILE... [--name APP] [--mount /PATH] [--dry-run]',
    summary:
      'make apps of the programs in a supervisord.conf, of systemd units or of a script; starts nothing, overwrites nothing',
    words: [1, MANY],
    options: {
      name: {
        value: 'NAME',
        summary: 'name of the app, where there is one only; else that of the program, group or unit',
      },
      mount: {
        value: '/PATH',
        summary: 'public path, where there is one app only; else SCRIPT_NAME, or /USER_NAME',
      },
      'dry-run': {summary: 'print the report and the files, and write nothing'},
    },
    details: [
      'Each line of the report names one of theirs and what became of it: taken, changed, dropped, refused or unknown.',
      'Values that look secret go into an env file that only you may read.',
    ],
    examples: [
      ['import ~/etc/supervisord.conf --dry-run', 'what would be made of it'],
      ['import supervisord.conf conf.d/*.conf', 'with what it includes'],
      ['import production.sh', 'a script that installs and then runs a server'],
      ['import web.service web.socket /etc/tmpfiles.d/web.conf', 'a unit with its socket and directories'],
    ],
  },
} as const satisfies Readonly<Record<string, CommandInfo>>;
