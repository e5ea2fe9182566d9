import {existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {completedVerbs} from '../../src/cli/completion/model.ts';
import {placesOf} from '../../src/cli/completion/words.ts';
import {COMMANDS, commandInfo, isVerb} from '../../src/cli/table.ts';
import {FRONT_ENDS} from '../../src/frontend/snippet.ts';
import {homeWith} from '../helpers/cli.ts';
import type {Home} from '../helpers/cli.ts';
import {run} from '../helpers/run.ts';
import {typed} from '../helpers/tab.ts';
import type {TabSession} from '../helpers/tab.ts';
import {testWith, toolPath} from '../helpers/tools.ts';

/** Names in every place where TOML lets them stand, and some that must never reach a shell. */
const FLASKTASKS = `directory = "~/flask-tasks"
# [programs.comment]
tasks.dotted.steps = ["true"]
[programs.web]
gunicorn = "wsgi:application"
env = { A = "1" }
[programs.web.health]
path = "/"
[programs."queue"]
command = "x"
[ jobs . nightly ]
schedule = "@daily"
[tasks.update]
steps = [
  "git pull",
]
[[tasks.list.steps]]
run = "x"
[tasks]
inner = { steps = ["a"] }
[programs."$(touch pwned)"]
command = "x"
[programs."\`touch pwned\`"]
[programs.last]`;

const ODD = ['$(touch pwned)', '`touch pwned`', ';touch pwned;', 'a b', '-x', '&touch pwned', "it's", 'é'];

async function homeWithApps(t: ExecutionContext): Promise<Home> {
  const home = await homeWith(t);
  const apps = path.join(home.directory, '.config/appsup/apps');
  mkdirSync(apps, {recursive: true});
  writeFileSync(path.join(apps, 'flasktasks.toml'), FLASKTASKS);
  writeFileSync(path.join(apps, 'spectral.toml'), '[programs.only]');
  for (const name of ODD) writeFileSync(path.join(apps, `${name}.toml`), FLASKTASKS);
  mkdirSync(path.join(home.directory, 'code dir'));
  writeFileSync(path.join(home.directory, 'code dir', 'secrets.json'), '{}');
  return home;
}

/** What is typed, and the words that come of it. */
const TYPED: readonly (readonly [line: string, ...words: string[]])[] = [
  ['appsup verif\t', 'verify'],
  ['appsup --json verif\t', '--json', 'verify'],
  ['appsup start fl\t', 'start', 'flasktasks'],
  ['appsup start fl\tspec\t', 'start', 'flasktasks', 'spectral'],
  ['appsup start flasktasks:q\t', 'start', 'flasktasks:queue'],
  ['appsup start flasktasks:web spectral:\t', 'start', 'flasktasks:web', 'spectral:only'],
  ['appsup start al\t', 'start', 'all'],
  ['appsup logs flasktasks:nig\t', 'logs', 'flasktasks:nightly'],
  ['appsup logs -n 5 spec\t', 'logs', '-n', '5', 'spectral'],
  ['appsup logs --fol\t', 'logs', '--follow'],
  ['appsup run flasktasks up\t', 'run', 'flasktasks', 'update'],
  ['appsup run flasktasks dot\t', 'run', 'flasktasks', 'dotted'],
  ['appsup snippet --front ht\t', 'snippet', '--front', 'htaccess'],
  ['appsup snippet --front=ng\tspec\t', 'snippet', '--front=nginx', 'spectral'],
  ['appsup ports move fl\t', 'ports', 'move', 'flasktasks'],
  ['appsup daemon rest\t', 'daemon', 'restart'],
  ['appsup signal USR1 fl\t', 'signal', 'USR1', 'flasktasks'],
  ['appsup signal WIN\t', 'signal', 'WINCH'],
  ['appsup help secur\t', 'help', 'security'],
  ['appsup help config.idl\t', 'help', 'config.idle_stop'],
  ['appsup explain PORT_TA\t', 'explain', 'PORT_TAKEN'],
  ['appsup completion install f\t', 'completion', 'install', 'fish'],
  ['appsup add co\t', 'add', 'code dir'],
  ['appsup exec spectral ls --he\t', 'exec', 'spectral', 'ls', '--he'],
  // Nothing of the following may be run, or offered.
  ['appsup start -- "\\$(t\t"', 'start', '--', '$(t'],
  ["appsup run '$(touch pwned)' u\t", 'run', '$(touch pwned)', 'u'],
  ["appsup start '../../flasktasks:w\t'", 'start', '../../flasktasks:w'],
  ['appsup start \\;\t', 'start', ';'],
];

const SHELLS: readonly (readonly [
  title: string,
  tools: readonly string[],
  session: (home: Home) => Promise<Omit<TabSession, 'home'>>,
])[] = [
  [
    'bash without bash-completion',
    ['script'],
    async (home) => {
      writeFileSync(path.join(home.directory, 'script'), (await home.appsup('completion', 'bash')).stdout);
      return {shell: 'bash --norc --noprofile -i', setup: ['. ./script']};
    },
  ],
  [
    'bash with bash-completion',
    ['script', 'bashCompletion'],
    async (home) => {
      await home.appsup('completion', 'install', 'bash');
      return {shell: 'bash --norc --noprofile -i', setup: [`. ${toolPath('bashCompletion')}`]};
    },
  ],
  [
    'zsh',
    ['script', 'zsh'],
    async (home) => {
      const {stderr} = await home.appsup('completion', 'install', 'zsh');
      const [, line = ''] = /the line {2}(.*)/.exec(stderr) ?? [];
      return {shell: 'zsh -f -i', setup: [line, 'autoload -U compinit', 'compinit -u -d ./dump']};
    },
  ],
];

for (const [title, tools, session] of SHELLS) {
  testWith(
    tools,
    `in ${title}, TAB completes by builtins alone, and runs nothing that a name says`,
    async (t) => {
      const home = await homeWithApps(t);
      const words = await typed(
        {...(await session(home)), home: home.directory},
        TYPED.map(([line]) => line),
      );
      for (const [at, [line, ...expected]] of TYPED.entries()) {
        // zsh takes the slash behind a directory away again.
        t.deepEqual(
          words[at]?.map((word) => word.replace(/\/$/, '')),
          expected,
          JSON.stringify(line),
        );
      }
      t.deepEqual(
        readdirSync(home.directory).filter((name) => name.includes('pwned')),
        [],
      );
    },
  );
}

testWith(['fish'], 'in fish, TAB completes by builtins alone, and offers no name that is none', async (t) => {
  const home = await homeWithApps(t);
  await home.appsup('completion', 'install', 'fish');
  const offered = async (line: string): Promise<readonly string[]> => {
    // What is no command has no completion.
    const script = `cd ~; function appsup; end; set -gx PATH /nowhere; complete -C '${line.replaceAll("'", "\\'")}'`;
    const {stdout} = await run(toolPath('fish'), ['-c', script], {
      HOME: home.directory,
      PATH: '/usr/bin:/bin',
    });
    return stdout
      .split('\n')
      .filter((each) => each !== '')
      .map((each) => each.split('\t')[0] ?? '');
  };
  const rows: readonly (readonly [line: string, ...words: string[]])[] = [
    ['appsup verif', 'verify'],
    ['appsup --json verif', 'verify'],
    ['appsup start ', 'all', 'flasktasks', 'spectral'],
    ['appsup start flasktasks:', 'flasktasks:last', 'flasktasks:queue', 'flasktasks:web'],
    ['appsup run flasktasks ', 'dotted', 'inner', 'list', 'nightly', 'update'],
    ['appsup logs -n 5 spec', 'spectral'],
    ['appsup logs --fol', '--follow'],
    ['appsup snippet --front ht', 'htaccess'],
    ['appsup snippet --front=ng', '--front=nginx'],
    ['appsup ports move ', 'flasktasks', 'spectral'],
    ['appsup help secur', 'security'],
    ['appsup help config.idl', 'config.idle_stop'],
    ['appsup add co', 'code dir/'],
    ['appsup secret spectral KEY --file code\\ dir/', 'code dir/secrets.json'],
    ['appsup run \\$\\(touch\\ pwned\\) '],
    ['appsup start ../../flasktasks:'],
  ];
  for (const [line, ...expected] of rows) t.deepEqual(await offered(line), expected, line);
  t.false(existsSync(path.join(home.directory, 'pwned')));
});

const lists = {verbs: ['V'], topics: ['T'], explained: ['E'], signals: ['S'], subjects: ['D']};

test('every word of every synopsis is one that can be completed, or that nobody can know', (t) => {
  for (const verb of Object.keys(COMMANDS).filter(isVerb)) {
    const info = commandInfo(verb);
    for (const subcommand of info.subcommands ?? [undefined]) {
      const {slots} = placesOf(info, lists, subcommand);
      // A secret's name is of the user's choice.
      const known = slots.filter(({sources, words}) => sources.length + words.length > 0);
      t.is(
        known.length,
        slots.length - (verb === 'secret' ? 1 : 0),
        `${verb} ${subcommand ?? ''}: is it in cli/completion/words.ts?`,
      );
      t.true(slots.length <= info.words[1], verb);
    }
  }
});

test('placesOf() reads a synopsis', (t) => {
  const read = (synopsis: string, subcommands?: readonly string[], subcommand?: string) =>
    placesOf(
      {synopsis, summary: '', options: {}, examples: [], words: [0, 9], ...(subcommands && {subcommands})},
      lists,
      subcommand,
    );
  t.deepEqual(read('APP [TASK | JOB] [--yes --confirm TEXT]'), {
    slots: [
      {sources: ['apps'], words: []},
      {sources: ['runs'], words: []},
    ],
    repeats: false,
  });
  t.deepEqual(read('SIGNAL APP[:PROGRAM]... | all [--group]'), {
    slots: [
      {sources: [], words: ['S']},
      {sources: ['targets'], words: ['all']},
    ],
    repeats: true,
  });
  t.deepEqual(read('APP KEY [--generate [N] | --stdin]').slots.length, 2);
  t.deepEqual(read('', undefined), {slots: [], repeats: false});
  t.deepEqual(read('check [FILE] | collect', ['check', 'collect'], 'check').slots, [
    {sources: ['files'], words: []},
  ]);
  t.deepEqual(read('check [FILE] | collect', ['check', 'collect']).slots, [
    {sources: [], words: ['check', 'collect']},
  ]);
});

test('the front ends that are completed are those that there are', (t) => {
  const choices = completedVerbs()
    .filter(({verb}) => verb === 'snippet' || verb === 'request')
    .flatMap(({options}) => options.filter(({long}) => long === 'front').map(({value}) => value?.words));
  t.deepEqual(choices, [FRONT_ENDS, FRONT_ENDS]);
});

test('«appsup completion install» and «uninstall» write and remove one file of their own', async (t) => {
  const home = await homeWith(t);
  const file = path.join(home.directory, '.config/fish/completions/appsup.fish');
  const installed = await home.with({SHELL: '/usr/bin/fish'}, 'completion', 'install');
  t.is(installed.stdout, 'Installed for fish: ~/.config/fish/completions/appsup.fish\n');
  t.is(statSync(file).mode & 0o777, 0o600);
  t.is(readFileSync(file, 'utf8'), (await home.appsup('completion', 'fish')).stdout);
  // Once more is no mistake.
  t.is((await home.appsup('completion', 'install', 'fish')).code, 0);
  t.is(
    (await home.appsup('completion', 'uninstall')).stdout,
    'Removed for fish: ~/.config/fish/completions/appsup.fish\n',
  );
  t.false(existsSync(file));
  t.is((await home.appsup('completion', 'uninstall')).stdout, 'There is none of appsup\n');
});

test('a completion of somebody else’s is neither replaced nor removed', async (t) => {
  const home = await homeWith(t);
  const file = path.join(home.directory, 'data/zsh/site-functions/_appsup');
  mkdirSync(path.dirname(file), {recursive: true});
  writeFileSync(file, '# mine\n');
  for (const verb of ['install', 'uninstall']) {
    const {code, stderr} = await home.with(
      {XDG_DATA_HOME: path.join(home.directory, 'data')},
      'completion',
      verb,
      'zsh',
    );
    t.is(code, 1);
    t.regex(stderr, /was not made by appsup\n {2}hint: /);
  }
  t.is(readFileSync(file, 'utf8'), '# mine\n');
});

test('«appsup completion» names the shells that it knows', async (t) => {
  const home = await homeWith(t);
  for (const words of [['install', 'tcsh'], ['bahs']]) {
    const {code, stderr} = await home.appsup('completion', ...words);
    t.is(code, 2);
    t.regex(stderr, /bash/);
  }
  t.is((await home.with({SHELL: '/bin/tcsh'}, 'completion', 'install')).code, 2);
});
