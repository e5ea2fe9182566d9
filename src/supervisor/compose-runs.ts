import {planOf} from '../schedule/plan.ts';
import type {Announcer} from './announcer.ts';
import {HostedActs} from './app-acts.ts';
import type {LogLimits} from './app-logs.ts';
import type {HostedApp} from './hosted-app.ts';
import type {HostedApps} from './hosted-apps.ts';
import {RunBooks} from './run-records.ts';
import {RunSteps} from './run-steps.ts';
import type {RunStepsOptions} from './run-steps.ts';
import {Runs} from './runs.ts';
import type {RunsOptions} from './runs.ts';

export interface ComposeRunsOptions
  extends
    Pick<RunStepsOptions, 'world' | 'paths' | 'user' | 'prepare' | 'onWarning'>,
    Pick<RunsOptions, 'load' | 'log'> {
  readonly apps: ReadonlyMap<string, HostedApp>;
  readonly hosted: HostedApps;
  readonly logs: Pick<LogLimits, 'setRuns'>;
  readonly announcer: Announcer;
}

/** The runs of tasks and jobs, with what their steps may do to the apps. */
export function composeRuns(options: ComposeRunsOptions): Runs {
  const {world, paths, apps, hosted, logs, announcer} = options;
  const books = new RunBooks(paths);
  const acts = new HostedActs({
    apps,
    readAgain: async () => await hosted.readAgain(),
    jobsEnd: async (app) => await runs.jobsEnd(app),
  });
  const doer = new RunSteps({
    ...options,
    acts,
    lookUp: async (app) => hosted.atStart(app),
    room: (app, name) => books.directory(app, name),
    hashesOf: (app, name) => books.read(app, name).hashes,
  });
  const runs: Runs = new Runs({
    ...options,
    clock: world.clock,
    bootId: () => world.proc.bootId(),
    books,
    doer,
    planOf,
    appOf: (app) => hosted.atRun(app),
    isAwake: (app) => hosted.isAwake(app),
    onLogs: (app, files) => {
      const spec = apps.get(app)?.spec;
      if (spec !== undefined) logs.setRuns(spec, files);
    },
    onEvent: (event) => {
      const level = event.result === 'done' || event.phase === 'begun' ? 'info' : 'warn';
      announcer.tell({level, message: `run: ${event.phase}`, event});
    },
  });
  return runs;
}
