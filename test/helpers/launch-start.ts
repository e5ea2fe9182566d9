import {chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import type {Launch, ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';
import type {AppsupError} from '../../src/errors.ts';
import type {LaunchContext, Start} from '../../src/launch/contract.ts';
import {pathsFor} from '../../src/system/paths.ts';
import {appSpec, programSpec} from './spec.ts';

/** A home directory of a test, removed after it; short, because sockets lie in it. */
export function temporaryHome(t: ExecutionContext): string {
  const home = mkdtempSync(path.join(tmpdir(), 'al-'));
  t.teardown(() => rmSync(home, {recursive: true, force: true}));
  return home;
}

/** Files by name: `{'bin/x': ['text', 0o755]}`, or a text alone for mode 0644; `-> target` is a symbolic link. */
export type Layout = Readonly<Record<string, string | readonly [string, number]>>;

/** Write files below a directory. */
export function layOut(directory: string, files: Layout): void {
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(directory, name);
    mkdirSync(path.dirname(file), {recursive: true});
    const [text, mode] = typeof content === 'string' ? [content, 0o644] : content;
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), file);
    else writeFileSync(file, text);
    if (!text.startsWith('-> ')) chmodSync(file, mode);
  }
}

/** The context of a start in a home. */
export function launchContext(home: string, changes: Partial<LaunchContext> = {}): LaunchContext {
  return {
    user: {login: 'alice', home, shell: '/bin/bash'},
    port: 20_140,
    base: {},
    paths: pathsFor({HOME: home}),
    process: 'web',
    index: 0,
    generation: 7,
    ...changes,
  };
}

/** A start of one program that serves. */
export function startOf(
  launch: Launch,
  {
    home = '/home/alice',
    app = {},
    program = {},
    context = {},
  }: {
    readonly home?: string;
    readonly app?: Partial<AppSpec>;
    readonly program?: Partial<ProgramSpec>;
    readonly context?: Partial<LaunchContext>;
  } = {},
): Start {
  const directory = app.directory ?? home;
  const spec = programSpec({launch, listen: 'socket', directory, ...program});
  return {app: appSpec([spec], {directory, ...app}), program: spec, context: launchContext(home, context)};
}

/** What an error tells its reader: code, message, hint. */
export function told(error: unknown): readonly [string, string, string | undefined] {
  const {code, message, hint} = error as AppsupError;
  return [code, message, hint];
}

/** The error that a call throws, as {@link told}. */
export function complaint(call: () => unknown): readonly [string, string, string | undefined] {
  try {
    call();
  } catch (error) {
    return told(error);
  }
  throw new Error('nothing was thrown');
}
