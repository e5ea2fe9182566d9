import path from 'node:path';

import type {Launch, ProgramSpec} from '../core/program-spec.ts';
import type {LiveProcess} from './live-process.ts';

/** Send a process the stop signal of its program. The one who asks watches the time. */
export function askToStop(process: LiveProcess, program: Pick<ProgramSpec, 'launch' | 'stopSignal'>): void {
  process.terminate(`SIG${program.stopSignal}`, workersHear(program));
}

/**
 * What the workers of a gunicorn are told once more while it stops, `undefined` for other programs.
 *
 * A worker has its master's signal handlers from its fork until its own are set, which takes as long as the import of
 * gevent does; what it hears in between is lost, and the master asks once and waits its whole graceful time. A worker that heard it
 * already does no more than it would have.
 */
export function workersHear({
  launch,
  stopSignal,
}: Pick<ProgramSpec, 'launch' | 'stopSignal'>): NodeJS.Signals | undefined {
  if (!isGunicorn(launch)) return undefined;
  if (stopSignal === 'TERM') return 'SIGTERM';
  return stopSignal === 'INT' || stopSignal === 'QUIT' ? 'SIGQUIT' : undefined;
}

function isGunicorn(launch: Launch): boolean {
  return (
    launch.kind === 'gunicorn' ||
    (launch.kind === 'command' && path.basename(launch.argv[0] ?? '') === 'gunicorn')
  );
}
