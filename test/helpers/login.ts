import {cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {makeAccount, noAccounts} from './account.ts';
import {freeRange} from './ports.ts';
import {Rig, ROOT} from './rig.ts';
import {ShellSession} from './shell-session.ts';
import {fixture} from './tools.ts';

/** A login of somebody, and what they find on the host. */
export interface Login {
  readonly session: ShellSession;
  readonly name: string;
  /** Their home directory. */
  readonly home: string;
  /** A Node that they may run. */
  readonly node: string;
  /** A clone of appsup that they may read, built. */
  readonly project: string;
  /** For what a test looks at from outside; none in an account of its own. */
  readonly rig?: Rig;
}

/** Of an account made for the test where one can be made, else of the user who runs the tests, in another home. */
export async function logIn(t: ExecutionContext): Promise<Login> {
  if (noAccounts !== undefined) return await logInAtHome(t);
  const account = await makeAccount();
  const session = new ShellSession({command: ['su', '-', account.name]});
  t.teardown(async () => {
    await session.end();
    await account.remove();
  });
  await session.ok(
    `mkdir ~/bin && ln -s ${account.node} ~/bin/node && export PATH="$HOME/bin:/usr/bin:/bin" LANG=C.UTF-8`,
  );
  return {session, name: account.name, home: account.home, node: account.node, project: account.project};
}

/** Of the user who runs the tests, in a home of its own with a range of ports of its own; nothing may be left over. */
export async function logInAtHome(t: ExecutionContext): Promise<Login & {readonly rig: Rig}> {
  const rig = Rig.create();
  const {username} = userInfo();
  const bin = path.join(rig.home, 'bin');
  mkdirSync(bin);
  symlinkSync(process.execPath, path.join(bin, 'node'));
  // Nobody's crontab is changed but one that is a file of this home.
  cpSync(fixture('crontab'), path.join(bin, 'crontab'));
  const {first, last} = freeRange(10);
  mkdirSync(rig.paths.apps, {recursive: true, mode: 0o700});
  writeFileSync(rig.paths.globalConfig, `ports = "${first}-${last}"\n`, {mode: 0o600});
  // The system's Python, and this Node, which may lie beside another Python.
  const env = {...rig.env, USER: username, LOGNAME: username, PATH: `${bin}:/usr/bin:/bin`, LANG: 'C.UTF-8'};
  const session = new ShellSession({command: ['bash', '--noprofile', '--norc'], cwd: rig.home, env});
  t.teardown(async () => {
    await session.end();
    if (!t.passed) t.log(rig.diary());
    const left = await rig.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  await session.ok('true');
  return {session, name: username, home: rig.home, node: process.execPath, project: ROOT, rig};
}

/** The command `appsup`, in the `PATH` of the login. */
export async function installAppsup({session, project}: Login): Promise<void> {
  if (!existsSync(path.join(project, 'bin/appsup'))) throw new Error(`${project} is no clone of appsup`);
  await session.ok(`ln -s ${project}/bin/appsup ~/bin/appsup`);
}
