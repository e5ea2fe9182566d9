import {randomInt} from 'node:crypto';
import {realpathSync, statSync} from 'node:fs';
import path from 'node:path';

import {lock} from 'proper-lockfile';

import type {AppSpec} from '../../core/spec.ts';
import {octal} from '../../core/octal.ts';
import {AppsupError, systemCode} from '../../errors.ts';
import {expandPath} from '../../system/paths.ts';
import {asDiskError, ensurePrivateDirectory, readIfThere, writeAtomically} from '../../system/files.ts';
import {configOf, specNamed} from '../apps.ts';
import {usage} from '../args.ts';
import type {Invocation} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {tilde} from '../format.ts';
import {damageOf, kindOf, lookUp, withSecret} from '../secret-file.ts';
import type {Known} from '../secret-file.ts';
import type {SecretInput} from '../secret-input.ts';
import {checkedTargets} from '../targets.ts';

/** `appsup secret APP KEY`: made once, kept for ever, in a file that only its owner can read. */
export const secret =
  (input: SecretInput): Command =>
  async (context, invocation) => {
    const {words, options} = invocation;
    const [target = '', name = ''] = words;
    const [app = ''] = checkedTargets('set a secret of', [target]);
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || name === '__proto__')
      throw usage(`Cannot use "${name}" as the name of a secret`, {
        hint: 'letters, digits and _, no digit first; the value is asked for, or comes from stdin: --stdin',
      });
    const length = lengthOf(invocation);
    const spec = specNamed(configOf(context), 'set a secret of', app);
    const file = fileFor(spec, name, options.value('file'), context);
    return await alone(context, async () => {
      const before = examine(file, name, context);
      const {known} = before;
      const shownFile = tilde(file, context.paths.home);
      const report = (did: 'written' | 'kept', value: string) => ({
        text: options.has('show') ? value : `${did === 'kept' ? 'Kept' : 'Wrote'} ${name} in ${shownFile}`,
        json: [{app, key: name, file, did, ...(options.has('show') ? {value} : {})}],
        hints: did === 'kept' ? [] : hintsFor(spec, file, before.mode, context),
      });
      const isAsked = length === undefined && !options.has('stdin');
      if (known.state === 'text' && known.value !== '' && !options.has('force')) {
        // Made once: the line of a set-up script can be run again. To look is no change, either.
        if (length !== undefined || (isAsked && options.has('show'))) return report('kept', known.value);
        throw exists(name, shownFile);
      }
      if (known.state === 'other') throw unreadable(name, shownFile);
      const value =
        length === undefined ? await told(name, app, input, context, options.has('stdin')) : made(length);
      keep(file, name, value, before.text);
      return report('written', value);
    });
  };

/** How many characters to make up; `undefined`: the value is told. */
function lengthOf({options}: Invocation): number | undefined {
  if (!options.has('generate')) return undefined;
  if (options.has('stdin'))
    throw usage('Cannot take a secret from stdin and make one up: leave one of them out');
  const length = options.count('generate') ?? 64;
  if (length < 16 || length > 4096)
    throw usage(`Cannot make a secret of ${length} characters`, {hint: 'from 16 to 4096; 64 is the default'});
  return length;
}

/** The file to write; of several env files the strongest one that has the key, else the strongest. */
function fileFor(spec: AppSpec, name: string, said: string | undefined, {paths}: Context): string {
  const {directory, envFiles} = spec;
  if (said !== undefined) return resolved(expandPath(said, paths.home, directory), paths.home);
  const strongest = envFiles.toReversed();
  const file =
    strongest.find((each) => {
      const text = readIfThere(each);
      return (
        text !== undefined &&
        damageOf('env', text) === undefined &&
        lookUp('env', text, name).state === 'text'
      );
    }) ??
    strongest[0] ??
    path.join(directory, '.env');
  return resolved(file, paths.home);
}

/** A link is followed, so that it stays one. */
function resolved(file: string, home: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw asDiskError(error, `use ${file}`);
  }
  try {
    return path.join(realpathSync(path.dirname(file)), path.basename(file));
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw asDiskError(error, `use ${file}`);
    throw new AppsupError('NOT_FOUND', `Cannot write ${tilde(file, home)}: there is no such directory`, {
      hint: `mkdir -p ${tilde(path.dirname(file), home)}`,
    });
  }
}

/** Two set-up scripts at once would each write without the other's key. */
async function alone<Value>({paths}: Context, action: () => Promise<Value>): Promise<Value> {
  ensurePrivateDirectory(paths.state);
  try {
    const release = await lock(paths.state, {
      lockfilePath: path.join(paths.state, 'secret.lock'),
      retries: {retries: 60, factor: 1.3, minTimeout: 20, maxTimeout: 500, randomize: true},
    });
    try {
      return await action();
    } finally {
      await release();
    }
  } catch (error) {
    if (systemCode(error) !== 'ELOCKED') throw error;
    throw new AppsupError('TIMEOUT', 'Cannot write a secret: another "appsup secret" is at it', {
      hint: 'nothing was changed; try again',
    });
  }
}

interface Before {
  readonly text: string;
  readonly known: Known;
  /** Of the file; `undefined`: it is not there yet. */
  readonly mode: number | undefined;
}

function examine(file: string, name: string, {paths, account}: Context): Before {
  const stat = statSync(file, {throwIfNoEntry: false});
  const where = tilde(file, paths.home);
  if (stat !== undefined && (!stat.isFile() || stat.uid !== account().uid)) {
    throw new AppsupError('ENV_FILE', `Cannot write ${where}: it is no file of yours`, {
      hint: `see: ls -ld ${where}`,
    });
  }
  const text = readIfThere(file) ?? '';
  const damage = damageOf(kindOf(file), text);
  if (damage !== undefined) {
    const line = damage.line === undefined ? '' : `line ${damage.line}: `;
    throw new AppsupError('ENV_FILE', `Cannot write ${where}: ${line}${damage.problem}`, {
      hint: 'correct it first; nothing was changed',
      details: {file, ...(damage.line === undefined ? {} : {line: damage.line})},
    });
  }
  return {
    text,
    known: lookUp(kindOf(file), text, name),
    mode: stat === undefined ? undefined : stat.mode & 0o777,
  };
}

/** Letters and digits only: they need no quotes in any file, shell or URL. Each has 5.95 bits. */
function made(length: number): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from({length}, () => letters[randomInt(letters.length)]).join('');
}

async function told(
  name: string,
  app: string,
  input: SecretInput,
  {terminal}: Context,
  fromStdin: boolean,
): Promise<string> {
  if (!fromStdin && !terminal.interactive) {
    throw usage(`Cannot set ${name}: there is nobody to ask`, {
      hint: `appsup secret ${app} ${name} --stdin <FILE; or --generate 64`,
    });
  }
  const value = terminal.interactive ? await input.prompt(`${name} (is not shown): `) : await input.stdin();
  if (value === undefined) throw new AppsupError('CANCELLED', 'Nothing was changed');
  if (value === '') throw usage(`Cannot set ${name}: the value is empty`);
  if (value.includes('\0')) throw usage(`Cannot set ${name}: the value has a zero byte`);
  return value;
}

/** Written as a whole or not at all, and only if a reader finds what was meant. */
function keep(file: string, name: string, value: string, before: string): void {
  const kind = kindOf(file);
  const text = withSecret(kind, before, name, value);
  const back = damageOf(kind, text) === undefined ? lookUp(kind, text, name) : undefined;
  if (back?.state !== 'text' || back.value !== value)
    throw new AppsupError('ENV_FILE', `Cannot write ${name}: it would not be read back as it is`, {
      hint: 'nothing was changed; put it into a file of its own, and its path into the env file',
    });
  writeAtomically(file, text);
}

function hintsFor(
  {name, envFiles, directory}: AppSpec,
  file: string,
  mode: number | undefined,
  {paths}: Context,
): readonly string[] {
  const where = tilde(file, paths.home);
  const isRead = envFiles.some((each) => realOr(each) === file) || kindOf(file) !== 'env';
  const inside = file.startsWith(`${directory}/`) ? file.slice(directory.length + 1) : where;
  return [
    ...((mode ?? 0) & 0o077
      ? [`until now other users of this host could open ${where} (mode ${octal(mode ?? 0)})`]
      : []),
    isRead
      ? `it counts from the next start: appsup restart ${name}`
      : `${name} does not read it yet: env_file = "${inside}" (appsup edit ${name})`,
  ];
}

function realOr(file: string): string {
  try {
    return realpathSync(file);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return file;
  }
}

function exists(name: string, where: string): AppsupError {
  return new AppsupError('KEPT', `Cannot set ${name}: ${where} has it already`, {
    hint: 'nothing was changed; --force replaces it',
  });
}

function unreadable(name: string, where: string): AppsupError {
  return new AppsupError(
    'ENV_FILE',
    `Cannot set ${name}: what ${where} has under that name is no plain text`,
    {
      hint: 'nothing was changed; take it out by hand first',
    },
  );
}
