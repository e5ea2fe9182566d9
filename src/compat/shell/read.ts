import path from 'node:path';

import {joinWords, splitWords} from '../../config/words.ts';
import {nameFrom} from '../../core/names.ts';
import {expandPath} from '../../system/paths.ts';
import {appOf} from '../imported.ts';
import type {Imported, Importer, Member, Remark} from '../imported.ts';
import {launchOf, launchText} from '../launch.ts';
import {sortVariables} from '../variables.ts';

/** One command of a script, with its line from 1. */
interface Command {
  readonly line: number;
  readonly text: string;
}

/** What the commands before the last one have settled. */
interface Settled {
  readonly directory: string;
  readonly python: string | undefined;
  readonly variables: ReadonlyMap<string, string>;
  /** Variables whose value is what a command prints. */
  readonly computed: ReadonlyMap<string, string>;
  readonly steps: readonly string[];
}

type Say = (command: Command, fate: Remark['fate'], text: string) => void;

/** True for a script of a shell by its name or its first line. */
export function isShellScript(file: string, text: string): boolean {
  return /\.(sh|bash)$/.test(file) || /^#!\S*(\/env )?\S*\b(ba|da|k|z)?sh\b/.test(text);
}

/**
 * A script that prepares and then runs a server, as an app: what it installs at each start becomes the task `prepare`, its variables
 * `env`, and its last command the program. So a start needs no network, and a stop reaches the server itself.
 *
 * Pure. A script that is more than a list of commands is refused: it can be run as it is.
 */
export function readScript(file: string, text: string, importer: Importer): Imported {
  const remarks: Remark[] = [];
  const say: Say = ({line, text: what}, fate, why) =>
    void remarks.push({file, line, what: what.length > 40 ? `${what.slice(0, 39)}…` : what, fate, text: why});
  const commands = commandsIn(text);
  const last = commands.at(-1);
  if (last === undefined) return {apps: [], remarks};
  const settled = commands
    .slice(0, -1)
    .reduce<Settled>((so, command) => settle(so, command, {file, importer, say}), {
      directory: path.dirname(file),
      python: undefined,
      variables: new Map(),
      computed: new Map(),
      steps: [],
    });
  const member = serverOf(last, settled, {file, say});
  const refused = remarks.some(({fate}) => fate === 'refused');
  const app = member === undefined || refused ? undefined : appOf(member.name, [member]);
  if (app === undefined) return {apps: [], remarks};
  const computed = settled.computed.size === 0 ? {} : {computed: Object.fromEntries(settled.computed)};
  return {apps: [{...app, choice: {...app.choice, ...computed}}], remarks};
}

/** Separated by line ends, `&&` and `;`, without comments. */
function commandsIn(text: string): readonly Command[] {
  const found: Command[] = [];
  let line = 1;
  let open: Command | undefined;
  const end = (): void => {
    // A program that fails is started again, and a step that fails ends its task: nobody has to exit.
    const text = open?.text.replace(/\|\|\s*(exit(\s+\d+)?|true|:)\s*$/, '').trim() ?? '';
    if (open !== undefined && text !== '') found.push({line: open.line, text});
    open = undefined;
  };
  const step = /\\\n|\n|'[^']*'|"(?:[^"\\]|\\[^])*"|\$\((?:[^()]|\([^()]*\))*\)|&&|;|(?<=^|\s)#.*|[^]/gm;
  for (const [token] of text.matchAll(step)) {
    if (token === '\n') end();
    else if (token === '&&' || token === ';') end();
    else if (!token.startsWith('#')) {
      open ??= {line, text: ''};
      open = {...open, text: open.text + (token === '\\\n' ? ' ' : token)};
      if (open.text.trim() === '') open = {line, text: ''};
    }
    line += token.split('\n').length - 1;
    // `a &&` at the end of a line goes on with the next.
    if (token === '\n') open = undefined;
  }
  end();
  return found;
}

const MORE = /^(if|then|else|fi|for|while|until|do|done|case|esac|function)\b|[`|<>(){}]|&(?!&)/;

function settle(
  so: Settled,
  command: Command,
  {file, importer, say}: {readonly file: string; readonly importer: Importer; readonly say: Say},
): Settled {
  const {text} = command;
  const assigned = /^(?:export\s+)?([A-Za-z_]\w*)=(.*)$/s.exec(text);
  if (assigned !== null) return assign(so, command, assigned[1] ?? '', assigned[2] ?? '', say);
  const there = /^cd\s+(.+)$/.exec(text)?.[1];
  const directory = there === undefined ? undefined : placeOf(there, so.directory, {file, importer});
  if (there !== undefined) {
    if (directory === undefined) say(command, 'refused', 'it is not known where that is');
    else say(command, 'taken', 'directory');
    return {...so, directory: directory ?? so.directory};
  }
  const activate = /^(?:source|\.)\s+(\S+)\/bin\/activate$/.exec(text)?.[1];
  const python = activate === undefined ? undefined : placeOf(activate, so.directory, {file, importer});
  if (python !== undefined) {
    say(command, 'taken', 'python');
    return {...so, python};
  }
  if (/^(set|echo|printf|umask|ulimit)\b/.test(text)) {
    say(command, 'dropped', 'it has no effect on the program');
    return so;
  }
  if (MORE.test(text) || text.includes('$')) {
    say(
      command,
      'refused',
      `it is more than a list of commands: run it as it is, command = "./${path.basename(file)}"`,
    );
    return so;
  }
  say(command, 'changed', 'a step of the task "prepare": appsup run APP prepare, and not at each start');
  return {...so, steps: [...so.steps, text]};
}

function assign(so: Settled, command: Command, name: string, said: string, say: Say): Settled {
  const printed = /^"?\$\((.*)\)"?$/s.exec(said)?.[1];
  if (printed !== undefined && !MORE.test(printed)) {
    const own = printed.replace(/^sudo\s+(-u\s+\S+\s+)?/, '');
    say(command, 'changed', `env: { run = ${JSON.stringify(own)} }, at each start anew`);
    return {...so, computed: new Map([...so.computed, [name, own]])};
  }
  const value = splitWords(said);
  if (!value.ok || value.words.length > 1 || /[$`]/.test(said.replace(/'[^']*'/g, ''))) {
    say(command, 'refused', 'its value is known to a shell alone');
    return so;
  }
  say(command, 'taken', 'env');
  return {...so, variables: new Map([...so.variables, [name, value.words[0] ?? '']])};
}

/** Of `~/x`, `$HOME/x`, `"$(dirname "$0")"`, or a plain path. */
function placeOf(
  said: string,
  from: string,
  {file, importer: {home}}: {readonly file: string; readonly importer: Importer},
): string | undefined {
  const own = said
    .replace(/^"?\$\(dirname\s+(?:--\s+)?"?\$(?:0|\{?BASH_SOURCE(?:\[0\])?\}?)"?\)"?/, path.dirname(file))
    .replace(/^"?\$\{?HOME\}?/, home)
    .replaceAll(/["']/g, '');
  return /[$`*?]/.test(own) ? undefined : path.resolve(expandPath(own, home, from));
}

function serverOf(
  command: Command,
  {directory, python, variables, steps}: Settled,
  {file, say}: {readonly file: string; readonly say: Say},
): Member | undefined {
  const text = command.text.replace(/^exec\s+/, '');
  const split = splitWords(text);
  const runs = !MORE.test(text) && !/^(export|cd|source|\.|set|echo|wait)(\s|$)/.test(text);
  const taken = split.ok && runs ? launchOf(split.words, directory) : undefined;
  const left =
    taken !== undefined && 'args' in taken.launch
      ? taken.launch.args
      : taken?.launch.kind === 'command'
        ? taken.launch.argv
        : [];
  const port = left.some((word) => /\$\{?PORT\b/.test(word));
  if (taken === undefined || left.some((word) => /\$(?!\{?PORT\b)/.test(word))) {
    say(
      command,
      'refused',
      `what it runs is known to a shell alone: run it as it is, command = "./${path.basename(file)}"`,
    );
    return undefined;
  }
  const sorted = sortVariables(variables);
  const without =
    taken.dropped.length === 0 ? '' : `; without ${taken.dropped.join(', ')}: appsup hands it its socket`;
  say(command, 'changed', `${launchText(taken.launch)}${without}`);
  const name = nameFrom(path.basename(directory)) ?? 'app';
  const prefix = taken.python ?? python ?? sorted.python;
  return {
    name,
    directory,
    program: {
      name,
      launch: taken.launch,
      ...(taken.launch.kind === 'command' ? {listen: port ? 'port' : 'none'} : {}),
    },
    mount: sorted.mount,
    python: prefix,
    env: sorted.env,
    secrets: sorted.secrets,
    tasks:
      steps.length === 0
        ? []
        : [{name: 'prepare', steps: steps.map((step) => stepText(step)), finish: 'restart'}],
  };
}

/** As `splitWords` reads it. */
function stepText(step: string): string {
  const split = splitWords(step);
  return split.ok ? joinWords(split.words) : step;
}
