import type {ActResult} from '../control/api.ts';
import type {StepSpec} from '../core/task-spec.ts';
import {CommandSteps} from './command-steps.ts';
import type {CommandStepsOptions} from './command-steps.ts';
import type {ActionOf, Run, StepDoer, StepOutcome} from './run.ts';

export interface RunStepsOptions extends CommandStepsOptions {
  readonly acts: AppActs;
}

/** What steps do with the app itself. */
export interface AppActs {
  /** Stop all of an app. Resolves with what ran, or what was to run. */
  stop(app: string, onStopping: (processes: readonly string[]) => void): Promise<readonly ActResult[]>;
  start(app: string, processes: readonly string[]): Promise<readonly ActResult[]>;
  /** Of the programs (all: none named) those that the user wants to run; with a moment, only what was started since or is down. */
  restart(
    app: string,
    programs: readonly string[],
    action: 'restart' | 'reload',
    startedSince?: number,
  ): Promise<readonly ActResult[]>;
  /** Ask the program that serves; resolves with what it answered, `undefined` when none does or is to. */
  ask(
    app: string,
    path: string | undefined,
    signal: AbortSignal,
  ): Promise<{readonly up: boolean; readonly detail: string} | undefined>;
}

/** Does the steps of runs: commands as processes, the others as if the user had typed them. */
export class RunSteps implements StepDoer {
  readonly #acts: AppActs;
  readonly #commands: CommandSteps;

  constructor(options: RunStepsOptions) {
    this.#acts = options.acts;
    this.#commands = new CommandSteps(options);
  }

  async do(run: Run, step: StepSpec, signal: AbortSignal): Promise<StepOutcome> {
    const {action} = step;
    const acts = this.#acts;
    const {app} = run.record;
    switch (action.kind) {
      case 'command':
        return await this.#commands.do(run, action, signal);
      case 'stop': {
        const remember = (processes: readonly string[]) =>
          run.change({stopped: [...new Set([...run.record.stopped, ...processes])]});
        return outcomeOf(await acts.stop(app, remember), 'it was stopped already');
      }
      case 'start': {
        const {stopped} = run.record;
        const outcome = outcomeOf(await acts.start(app, stopped), 'nothing ran before');
        if (outcome.ok) run.change({stopped: []});
        return outcome;
      }
      case 'restart':
        // To undo: what the run did not replace is as it was.
        return run.record.list === 'undo'
          ? outcomeOf(
              await acts.restart(app, action.programs, 'restart', run.record.startedAt),
              'what ran before still runs',
            )
          : outcomeOf(await acts.restart(app, action.programs, 'restart'), 'the app is stopped');
      case 'reload':
        return outcomeOf(await acts.restart(app, [], 'reload'), 'the app is stopped');
      case 'health':
        return await this.#health(app, action, signal);
    }
  }

  async #health(app: string, {path}: ActionOf<'health'>, signal: AbortSignal): Promise<StepOutcome> {
    const answer = await this.#acts.ask(app, path, signal);
    if (answer === undefined) return {ok: true, skipped: true, note: 'nothing of the app serves now'};
    const {up, detail} = answer;
    if (up) return {ok: true, skipped: false, note: detail};
    return {ok: false, result: 'failed', code: undefined, reason: detail, output: []};
  }
}

function outcomeOf(results: readonly ActResult[], nothing: string): StepOutcome {
  if (results.length === 0) return {ok: true, skipped: true, note: nothing};
  const failed = results.find(({ok}) => !ok);
  if (failed !== undefined) {
    const reason = failed.error?.message ?? `${failed.app}:${failed.process} is ${failed.state}`;
    return {ok: false, result: 'failed', code: undefined, reason, output: failed.output};
  }
  const dropped = results.some(({overlapped, cutOff}) => overlapped && !cutOff);
  return {ok: true, skipped: false, note: dropped ? 'nothing dropped' : undefined};
}
