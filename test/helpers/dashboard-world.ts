import type {ExecutionContext} from 'ava';

import {ROOT, Rig} from './rig.ts';
import {Tmux} from './tmux.ts';
import type {Window} from './tmux.ts';

/** Lines of a program that is well and of one that is not; an escape sequence would clear the screen. */
const WEB = String.raw`printf '2026-11-21 10:00:0%d INFO ready %d\n' 1 1 2 2 3 3
printf '2026-11-21 10:00:04 WARNING slow request 漢字\n2026-11-21 10:00:05 DEBUG cache\n'
printf '2026-11-21 10:00:06 ERROR \033[2J\033]0;owned\007 of a neighbour\n'
printf 'Traceback (most recent call last):\n  File "app.py", line 12\nValueError: no such trial\n'
exec sleep 100000
`;

/** An app that runs, one that was never started, and one that failed for good. */
export async function dashboardRig(t: ExecutionContext): Promise<Rig> {
  const rig = Rig.create();
  t.teardown(async () => {
    await rig.clean();
  });
  await rig.define(
    'flasktasks',
    '[programs.web]\ncommand = "sh web.sh"\nlisten = "none"\n[programs.queue]\ncommand = "sleep 100000"\nlisten = "none"\n' +
      '[programs.queue.env]\nDB_PASSWORD = "hunter2hunter2"\n',
    {'web.sh': WEB},
  );
  await rig.define('reading', '[programs.web]\ncommand = "sleep 100000"\nlisten = "none"\n');
  await rig.define(
    'spectral',
    '[programs.web]\ncommand = "sh -c \'echo boom; exit 3\'"\nlisten = "none"\nrestart = "never"\n',
  );
  await rig.ok('start', 'flasktasks');
  await rig.appsup('start', 'spectral');
  return rig;
}

/** A shell in tmux in which `appsup` is the built one. */
export function terminalOf(
  t: ExecutionContext,
  rig: Rig,
  {
    term,
    env = {},
    ...window
  }: Window & {readonly term?: string; readonly env?: Readonly<Record<string, string>>},
): Tmux {
  const {NO_COLOR: _none, ...own} = rig.env;
  const tmux = new Tmux({
    directory: rig.home,
    env: {...own, LC_ALL: 'C.UTF-8', TZ: 'UTC', ENV: '', ...env},
    ...window,
    ...(term === undefined ? {} : {term}),
  });
  t.teardown(async () => tmux.close());
  return tmux;
}

/** The line that runs it. */
export const TOP = `${process.execPath} ${ROOT}/bin/appsup top`;

/** A key of its last line, and the row of the first app: the picture is complete. */
export const PAINTED = /flasktasks[^]*quit/;

/** Needed by every test of it. */
export const TMUX = ['tmux', 'ps'];
