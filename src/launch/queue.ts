import type {Launch, QueueKind} from '../core/program-spec.ts';
import {hasOption, refuseOwnOptions} from './arguments.ts';
import type {Server, Start} from './contract.ts';
import {isFile} from './look.ts';
import type {Tool} from './tool.ts';
import {cannotStart, shown} from './trouble.ts';
import {atLeast} from './versions.ts';

type Queue = Extract<Launch, {kind: QueueKind}>;

const BACKGROUND = 'a process that goes into the background cannot be watched';

/**
 * A worker of a job queue. Called with `python -m`, which finds the app's modules in its directory, as the app's own
 * programs do.
 *
 * The user's `args` come last, so they are stronger.
 *
 * @throws AppsupError `NOT_FOUND` for a manage.py that is not there, `CONFIG` for what this version cannot do.
 */
export function queue(start: Start, launch: Queue, {version}: Tool, python: string): Server {
  const argv = [python, ...words(start, launch, version), ...launch.args];
  return {argv, sockets: [], listenFds: false, warnings: []};
}

function words(start: Start, launch: Queue, version: string | undefined): readonly string[] {
  const workers = String(launch.workers);
  switch (launch.kind) {
    case 'huey':
      return [...consumer(start, launch.target), '--workers', workers];
    case 'celery':
      refuseOwnOptions(start, launch.args, 'args', [{long: '--detach', short: '-D', why: BACKGROUND}]);
      return [
        ...['-m', 'celery', '-A', launch.target, 'worker', '--concurrency', workers],
        // By itself it says only what goes wrong, not what it does.
        ...(hasOption(launch.args, '--loglevel', '-l') ? [] : ['--loglevel', 'INFO']),
      ];
    case 'rq':
      return ['-m', 'rq.cli', ...pool(start, launch, version), ...launch.target.split(/ +/)];
    case 'dramatiq':
      return ['-m', 'dramatiq', launch.target, '--processes', workers];
  }
}

/** huey's own program, or the command that its Django integration adds. */
function consumer(start: Start, target: string): readonly string[] {
  if (!target.endsWith('/manage.py')) return ['-m', 'huey.bin.huey_consumer', target];
  if (isFile(target)) return [target, 'run_huey'];
  const place = shown(target, start.context.user.home);
  throw cannotStart(
    start,
    'NOT_FOUND',
    `there is no ${place}`,
    `correct huey = ... : appsup edit ${start.app.name}`,
  );
}

function pool(start: Start, {workers}: Queue, version: string | undefined): readonly string[] {
  if (workers === 1) return ['worker'];
  if (atLeast(version, 1, 14)) return ['worker-pool', '--num-workers', String(workers)];
  throw cannotStart(
    start,
    'CONFIG',
    `rq ${version ?? 'of this age'} runs one job at a time, and workers is ${workers}`,
    `numprocs = ${workers} instead of workers: appsup edit ${start.app.name}`,
  );
}
