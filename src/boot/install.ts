import {accessSync, constants, rmSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';

import {AppsupError, isAppsupError, systemCode} from '../errors.ts';
import type {ErrorRecord} from '../errors.ts';
import type {Crontab} from '../system/crontab.ts';
import {ensurePrivateDirectory, readIfThere, writeAtomically} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import {checkCronPath, findBlock, withBlock, withoutBlock} from './block.ts';
import type {Block} from './block.ts';
import {cronDaemon} from './cron-daemon.ts';
import {alone} from './lock.ts';
import {RECORDED, bootGate, bootProblem, bootScript, recordedIn} from './script.ts';
import type {BootRecord} from './script.ts';

/** Whose boot it is, and what shall be started. */
export interface BootOptions {
  readonly crontab: Crontab;
  readonly paths: Paths;
  /** Absolute path of Node: `process.execPath`. */
  readonly node: string;
  /** Absolute path of the supervisor's program, without symbolic links. */
  readonly appsupd: string;
  /** The user's environment: what moves our files is recorded, because cron has none of it. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface BootInstalled {
  /** What became of the block in the crontab. */
  readonly change: 'added' | 'changed' | 'unchanged';
  /** What cron runs now. */
  readonly script: string;
  /** Whether a cron is there to read the table. */
  readonly daemon: 'running' | 'unknown';
}

export interface BootRemoved {
  /** `absent`: there was nothing to remove. */
  readonly change: 'removed' | 'absent';
}

export interface BootStatus {
  /** The block is in the crontab, and the script is where it points. */
  readonly installed: boolean;
  /** Block and script are what `boot install` would write now, for the recorded programs. */
  readonly current: boolean;
  /** The recorded interpreter is there and executable; `undefined` when none is recorded. */
  readonly nodeValid: boolean | undefined;
  /** `unknown` also where other users' processes are hidden. */
  readonly daemon: 'running' | 'unknown';
  readonly script: string;
  /** What stands in the way, and what to do about it; `undefined` when nothing does. */
  readonly problem: ErrorRecord | undefined;
}

/**
 * Put the block at the end of the user's crontab and write the script that it names; a second time renews both.
 *
 * Cron learns of `@reboot` at the next boot only; the minute line acts within a minute.
 *
 * @throws AppsupError `CRON_MISSING`, `CRON_DENIED`, `CRON_FAILED`, `CRONTAB_DAMAGED`, `PATH_TOO_LONG`, `DISK`; then the
 * crontab and the script are as they were.
 */
export async function installBoot(options: BootOptions): Promise<BootInstalled> {
  const {crontab, paths} = options;
  const block = blockOf(paths);
  checkCronPath(block.script);
  ensurePrivateDirectory(paths.state);
  // The script takes its absence for a home that is not mounted yet.
  ensurePrivateDirectory(paths.config);
  const change = await alone(paths.home, async (stillAlone) => {
    const table = await crontab.read();
    const edited = withBlock(table, block);
    const previous = readIfThere(block.script);
    try {
      writeScript(block.script, bootScript(paths, recordOf(options)));
      stillAlone();
      if (edited.change !== 'unchanged') await crontab.write(edited.text);
    } catch (error) {
      if (previous === undefined) rmSync(block.script, {force: true});
      else writeAtomically(block.script, previous, 0o700);
      throw error;
    }
    return edited.change;
  });
  rmSync(bootProblem(paths), {force: true});
  return {change, script: block.script, daemon: cronDaemon()};
}

/**
 * Take the block out of the crontab, and the script away. The supervisor and the apps go on.
 *
 * @throws AppsupError as {@link installBoot}; then nothing was removed.
 */
export async function removeBoot({
  crontab,
  paths,
}: Pick<BootOptions, 'crontab' | 'paths'>): Promise<BootRemoved> {
  const block = blockOf(paths);
  const removed = await alone(paths.home, async (stillAlone) => {
    const table = await crontab.read();
    const rest = withoutBlock(table, block);
    stillAlone();
    if (rest !== table) await crontab.write(rest);
    return rest !== table;
  });
  for (const file of [block.script, bootGate(paths), bootProblem(paths)]) rmSync(file, {force: true});
  return {change: removed ? 'removed' : 'absent'};
}

/** How the boot stands. Never fails for what a person can mend: that is in `problem`. */
export async function bootStatus(options: BootOptions): Promise<BootStatus> {
  const {crontab, paths} = options;
  const block = blockOf(paths);
  const text = readIfThere(block.script);
  const recorded = text === undefined ? undefined : recordedIn(text);
  const nodeValid = recorded === undefined ? undefined : mayExecute(recorded.node);
  const found = await lookInto(crontab, block);
  const facts = {nodeValid, daemon: cronDaemon(), script: block.script};
  if ('problem' in found) return {installed: false, current: false, ...facts, problem: found.problem};

  const installed = found.change !== 'added' && text !== undefined;
  const current =
    found.change === 'unchanged' &&
    recorded !== undefined &&
    text === bootScript(paths, {...recordOf(options), ...recorded});
  return {installed, current, ...facts, problem: problemOf({options, found, text, current, recorded})};
}

async function lookInto(
  crontab: Crontab,
  block: Block,
): Promise<{readonly change: 'added' | 'changed' | 'unchanged'} | {readonly problem: ErrorRecord}> {
  try {
    const table = await crontab.read();
    return findBlock(table, block) === undefined ? {change: 'added'} : withBlock(table, block);
  } catch (error) {
    if (isAppsupError(error)) return {problem: error.toJSON()};
    throw error;
  }
}

/** The first thing that stands in the way, the worst before the others. */
function problemOf({
  options: {paths},
  found,
  text,
  current,
  recorded,
}: {
  readonly options: BootOptions;
  readonly found: {readonly change: string};
  readonly text: string | undefined;
  readonly current: boolean;
  readonly recorded: Pick<BootRecord, 'node' | 'appsupd'> | undefined;
}): ErrorRecord | undefined {
  const hint = 'appsup boot install';
  const problem = (code: ErrorRecord['code'], message: string) => ({code, message, hint});
  const last = readIfThere(bootProblem(paths))?.trim();
  if (found.change === 'added') {
    // A script that nobody calls was left behind by somebody who cleared the crontab.
    return text === undefined
      ? undefined
      : problem('NOT_FOUND', 'Your crontab does not call appsup any more');
  }
  if (text === undefined) {
    return problem('NOT_FOUND', `Your crontab calls ${paths.bootScript}, which does not exist`);
  }
  if (last !== undefined && last !== '')
    return problem('SUPERVISOR_START', `At the last try, appsup ${last}`);
  if (!current)
    return problem('VERSION_MISMATCH', 'The boot script was written by another version of appsup, or edited');
  if (recorded !== undefined && readableIsMissing(recorded.appsupd)) {
    return problem('NOT_FOUND', `The boot script starts ${recorded.appsupd}, which is gone`);
  }
  if (recorded !== undefined && !mayExecute(recorded.node)) {
    return problem(
      'NOT_FOUND',
      `The boot script uses ${recorded.node}, which is gone: it will look for another one`,
    );
  }
  return undefined;
}

function blockOf({state, bootScript: script}: Paths): Block {
  return {state, script};
}

function recordOf({node, appsupd, env}: BootOptions): BootRecord {
  const set = RECORDED.flatMap((name) => {
    const value = env[name];
    // Relative ones mean the directory in which the user stands now; cron would stand elsewhere.
    return value === undefined || value === '' ? [] : [[name, path.resolve(value)] as const];
  });
  return {
    node,
    appsupd,
    env: Object.fromEntries(set),
    // Otherwise the state directory has the host's name in its path, and another host has another one.
    host: env['APPSUP_STATE_DIR'] ? undefined : hostname(),
  };
}

/** @throws AppsupError `DISK`, also when the file system forbids programs: cron could not run it. */
function writeScript(file: string, text: string): void {
  if (readIfThere(file) !== text || !mayExecute(file)) writeAtomically(file, text, 0o700);
  if (mayExecute(file)) return;
  throw new AppsupError('DISK', `Cannot use ${file}: programs may not run from this file system (noexec)`, {
    hint: 'choose a directory on another one: export APPSUP_STATE_DIR=DIRECTORY',
  });
}

function mayExecute(file: string): boolean {
  return allows(file, constants.X_OK);
}

function readableIsMissing(file: string): boolean {
  return !allows(file, constants.R_OK);
}

function allows(file: string, mode: number): boolean {
  try {
    accessSync(file, mode);
    return true;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}
