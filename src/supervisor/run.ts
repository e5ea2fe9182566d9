import type {RunResult, RunStatus, StepStatus} from '../control/api.ts';
import type {StepAction, StepSpec} from '../core/task-spec.ts';
import {isAppsupError, messageOf, systemCode} from '../errors.ts';
import type {Clock} from '../system/clock.ts';
import type {RunRecord} from './run-records.ts';

/** What came of a step. */
export type StepOutcome =
  | {readonly ok: true; readonly skipped: boolean; readonly note: string | undefined}
  | {
      readonly ok: false;
      readonly result: Exclude<RunResult, 'running' | 'done'>;
      readonly code: number | undefined;
      readonly reason: string;
      readonly output: readonly string[];
    };

/** Does one step. What it has to know to go on after the supervisor's death, it writes into the record. */
export interface StepDoer {
  /**
   * @param step - With its place in the run.
   * @param signal - Aborted when the run is to end; its reason is a {@link RunResult}.
   */
  do(run: Run, step: StepSpec, signal: AbortSignal): Promise<StepOutcome>;
}

export interface RunOptions {
  readonly clock: Clock;
  readonly doer: StepDoer;
  readonly record: RunRecord;
  /** Further tries after a failure, and the wait before each. */
  readonly retries: number;
  readonly retryMs: number;
  /** Called at each change of the record, before what it says is done. */
  readonly onChange: (record: RunRecord) => void;
}

/**
 * One run: its steps one after the other, then, when one has failed, those that undo.
 *
 * All that it needs stands in its record, so a run goes on where an earlier supervisor left it.
 */
export class Run {
  record: RunRecord;
  readonly #options: RunOptions;
  readonly #cancelled = new AbortController();

  constructor(options: RunOptions) {
    this.#options = options;
    this.record = options.record;
  }

  /** Resolves with the record as it is at the end. */
  async go(): Promise<RunRecord> {
    for (;;) {
      if (this.record.list === 'steps') await this.#steps();
      if (this.record.list === 'undo') await this.#undo();
      if (!this.#mayTryAgain()) break;
      await this.#pause();
      if (this.#cancelled.signal.aborted) break;
      this.#again();
    }
    const {result} = this.record;
    this.change({
      result: result === 'running' ? 'done' : result,
      ms: this.#options.clock.wall() - this.record.startedAt,
      process: undefined,
    });
    return this.record;
  }

  /** End it; the step that is under way is ended with everything that it started. */
  cancel(why: 'cancelled' | 'interrupted' = 'cancelled'): void {
    this.#cancelled.abort(why);
  }

  /** Note a change, before it happens. */
  change(fields: Partial<RunRecord>): void {
    this.record = {...this.record, ...fields};
    this.#options.onChange(this.record);
  }

  async #steps(): Promise<void> {
    for (; this.record.index < this.record.plan.steps.length; this.#next()) {
      const outcome = await this.#one('steps', this.#cancelled.signal);
      if (outcome.ok) continue;
      const {result, code, reason, output} = outcome;
      const undo = this.record.plan.undo.length > 0 && result !== 'interrupted';
      this.change({result, code, reason, output, ...(undo ? {list: 'undo', index: 0} : {})});
      return;
    }
  }

  /** Whatever can be put back is: a failure here does not keep the rest from it. */
  async #undo(): Promise<void> {
    for (; this.record.index < this.record.plan.undo.length; this.#next()) {
      const outcome = await this.#one('undo', new AbortController().signal);
      if (!outcome.ok)
        this.change({reason: `${this.record.reason ?? ''}; to undo it failed as well: ${outcome.reason}`});
    }
  }

  async #one(list: 'steps' | 'undo', signal: AbortSignal): Promise<StepOutcome> {
    const {clock, doer} = this.#options;
    const {index, plan} = this.record;
    const step = plan[list][index];
    const before = this.record[list][index];
    if (step === undefined || before === undefined) throw new Error(`there is no step ${index}`);
    const startedAt = before.state === 'running' ? (before.startedAt ?? clock.wall()) : clock.wall();
    this.#mark(list, {
      ...before,
      state: 'running',
      startedAt,
      ms: undefined,
      code: undefined,
      note: undefined,
    });
    const outcome = signal.aborted
      ? cancelledBy(signal)
      : await doer.do(this, step, signal).catch((error: unknown) => failureOf(error));
    this.#mark(list, {
      ...before,
      startedAt,
      state: outcome.ok ? (outcome.skipped ? 'skipped' : 'done') : 'failed',
      ms: Math.max(0, clock.wall() - startedAt),
      code: outcome.ok ? undefined : outcome.code,
      note: outcome.ok ? outcome.note : outcome.reason,
    });
    return outcome;
  }

  #mark(list: 'steps' | 'undo', status: StepStatus): void {
    const {index} = this.record;
    const keep = status.state === 'running' ? {} : {process: undefined};
    this.change({...keep, [list]: this.record[list].with(index, status)});
  }

  #next(): void {
    this.change({index: this.record.index + 1});
  }

  #mayTryAgain(): boolean {
    const {result, attempt} = this.record;
    return (result === 'failed' || result === 'timeout') && attempt <= this.#options.retries;
  }

  #again(): void {
    const {plan, attempt} = this.record;
    this.change({
      ...freshSteps(plan),
      attempt: attempt + 1,
      list: 'steps',
      index: 0,
      result: 'running',
      code: undefined,
      reason: undefined,
      output: [],
    });
  }

  async #pause(): Promise<void> {
    const {signal} = this.#cancelled;
    await new Promise<void>((resolve) => {
      const timer = this.#options.clock.after(this.#options.retryMs, resolve);
      signal.addEventListener('abort', () => {
        timer.cancel();
        resolve();
      });
    });
  }
}

/** Steps of which none has begun. */
export function freshSteps(plan: RunRecord['plan']): Pick<RunStatus, 'steps' | 'undo'> {
  const fresh = ({name}: StepSpec): StepStatus => {
    return {name, state: 'waiting', startedAt: undefined, ms: undefined, code: undefined, note: undefined};
  };
  return {steps: plan.steps.map(fresh), undo: plan.undo.map(fresh)};
}

/** What is told of a run: without what only its going on needs. */
export function statusOf(record: RunRecord): RunStatus {
  const {plan: _plan, list: _list, index: _index, bootId: _bootId, process: _process, ...status} = record;
  return status;
}

/** A run that was cut off in the middle; how far its step came is not known. */
export function interrupted(record: RunRecord, reason: string): RunRecord {
  const {list, index, steps} = record;
  const step = list === 'steps' ? steps[index] : undefined;
  const cut = step === undefined ? steps : steps.with(index, {...step, state: 'failed', note: reason});
  return {...record, steps: cut, result: 'interrupted', reason, ms: undefined};
}

/** The outcome of a step that was not let begin, or was ended. */
export function cancelledBy(signal: AbortSignal): StepOutcome {
  const result = signal.reason === 'interrupted' ? 'interrupted' : 'cancelled';
  const reason = result === 'cancelled' ? 'cancelled' : 'the supervisor was told to end';
  return {ok: false, result, code: undefined, reason, output: []};
}

/** A step that could not be begun. A bug is one as well, and stays one. */
function failureOf(error: unknown): StepOutcome {
  if (!isAppsupError(error) && systemCode(error) === undefined) throw error;
  return {ok: false, result: 'failed', code: undefined, reason: messageOf(error), output: []};
}

/** What a run waits for when it is this kind of step. */
export type ActionOf<Kind extends StepAction['kind']> = Extract<StepAction, {kind: Kind}>;
