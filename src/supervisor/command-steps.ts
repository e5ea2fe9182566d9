import {rmSync, statSync} from 'node:fs';

import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {AppsupError, systemCode} from '../errors.ts';
import {mask} from '../launch/mask.ts';
import type {LaunchContext, Prepared} from '../launch/prepare.ts';
import {readIfReadable} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import {lastWords} from './last-words.ts';
import type {AdoptionWorld} from './live-process.ts';
import type {ActionOf, Run, StepOutcome} from './run.ts';
import {cancelledBy} from './run.ts';
import type {StepProcess} from './run-records.ts';
import {unchanged} from './step-hashes.ts';
import {appForStep, programForStep, stepEnvironment} from './step-launch.ts';
import {StepCommand, roomFiles, stepRecord, traceOf} from './step-process.ts';

/** What the steps of a run have to know of their app, now. */
export interface AppForSteps {
  readonly app: AppSpec;
  readonly port: number | undefined;
  readonly publicUrl: string | undefined;
}

export interface CommandStepsOptions {
  readonly world: AdoptionWorld;
  readonly paths: Paths;
  readonly user: LaunchContext['user'];
  readonly prepare: (app: AppSpec, program: ProgramSpec, context: LaunchContext) => Promise<Prepared>;
  /** @throws AppsupError `CONFIG` when the app's file is broken or gone */
  readonly lookUp: (app: string) => Promise<AppForSteps>;
  /** Directory of the job or task. */
  readonly room: (app: string, name: string) => string;
  /** Of the files that steps depend on, as they were when this task last went well. */
  readonly hashesOf: (app: string, name: string) => Readonly<Record<string, string>>;
  readonly onWarning: (app: string, process: string, text: string) => void;
}

/** Runs the commands of steps as processes, each with its `unless` before it. */
export class CommandSteps {
  readonly #options: CommandStepsOptions;
  #lastGeneration = 0;

  constructor(options: CommandStepsOptions) {
    this.#options = options;
  }

  async do(run: Run, action: ActionOf<'command'>, signal: AbortSignal): Promise<StepOutcome> {
    const {app, name, process} = run.record;
    // A process that an earlier supervisor has started has changed them, perhaps.
    const idle =
      process === undefined ? unchanged(action.ifChanged, this.#options.hashesOf(app, name)) : undefined;
    if (idle !== undefined) return {ok: true, skipped: true, note: idle};
    if (action.unless !== undefined && process?.phase !== 'main') {
      const answer = await this.#process(run, action, 'unless', signal);
      if (signal.aborted) return cancelledBy(signal);
      if (answer.timedOut) return timedOut(action);
      if (answer.code === 0) return {ok: true, skipped: true, note: 'there is nothing to do'};
      run.change({process: undefined});
    }
    const end = await this.#process(run, action, 'main', signal);
    const {note} = roomFiles(this.#options.room(app, name));
    const said = noteIn(note);
    if (end.code === 0)
      return said?.startsWith('skipped') === true
        ? {ok: true, skipped: true, note: said.replace(/^skipped:? */, '')}
        : {ok: true, skipped: false, note: said};
    const {lines} = lastWords(end.record.logFile, end.record.logOffset);
    const {secrets} = end;
    // What cannot be masked is not shown.
    const output = secrets === undefined ? [] : lines.map((line) => mask(line, secrets));
    if (signal.aborted) return {...(cancelledBy(signal) as Extract<StepOutcome, {ok: false}>), output};
    if (end.timedOut) return {...timedOut(action), output};
    if (end.code === undefined) {
      const reason = 'it was cut off, and how far it came is not known';
      return {ok: false, result: 'interrupted', code: undefined, reason, output};
    }
    return {ok: false, result: 'failed', code: end.code, reason: said ?? exitText(end.code), output};
  }

  /** Run a command, or go on waiting for the one that an earlier supervisor has started. */
  async #process(
    run: Run,
    action: ActionOf<'command'>,
    phase: StepProcess['phase'],
    signal: AbortSignal,
  ): Promise<Ended> {
    const {world, room} = this.#options;
    const {app, name, process: before} = run.record;
    const place = room(app, name);
    const known = before?.phase === phase ? before : undefined;
    let command = known === undefined ? undefined : StepCommand.adopt(world, known, place);
    if (known !== undefined && command === undefined) {
      const trace = traceOf(place);
      const over = {record: known, timedOut: false, secrets: []};
      if (trace === 'cut off') return {...over, code: undefined};
      if (typeof trace === 'number') return {...over, code: trace};
    }
    command ??= await this.#start(run, action, phase);
    return await this.#wait(command, action.timeoutMs, signal);
  }

  async #wait(command: StepCommand, timeoutMs: number, signal: AbortSignal): Promise<Ended> {
    const {clock} = this.#options.world;
    let timedOut = false;
    const stop = (): void => command.stop();
    const spent = Math.max(0, clock.wall() - command.record.startedAt);
    const timer = clock.after(timeoutMs - spent, () => {
      timedOut = true;
      stop();
    });
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop);
    const {code} = await command.ended();
    timer.cancel();
    signal.removeEventListener('abort', stop);
    const {record, secrets} = command;
    return {code, timedOut, record, secrets};
  }

  async #start(run: Run, action: ActionOf<'command'>, phase: StepProcess['phase']): Promise<StepCommand> {
    const {world, paths, user, prepare, lookUp, room, onWarning} = this.#options;
    const {app: appName, name, log} = run.record;
    const {app, port, publicUrl} = await lookUp(appName);
    // As of programs: the moment of the start, and never the same.
    this.#lastGeneration = Math.max(this.#lastGeneration + 1, world.clock.wall());
    const generation = this.#lastGeneration;
    const program = programForStep(app, name, action, phase);
    const base = publicUrl === undefined ? {} : {publicUrl};
    const prepared = await prepare(appForStep(app, action), program, {
      user,
      port,
      base,
      paths,
      process: name,
      index: 0,
      generation,
    });
    for (const warning of prepared.warnings) onWarning(appName, name, warning);
    const place = room(appName, name);
    const files = roomFiles(place);
    rmSync(files.note, {force: true});
    const record = stepRecord(world, {
      state: paths.state,
      app: appName,
      name,
      generation,
      phase,
      logFile: log,
      logOffset: statSync(log, {throwIfNoEntry: false})?.size ?? 0,
    });
    const env = stepEnvironment(prepared.env, files);
    try {
      return await StepCommand.start(world, {prepared: {...prepared, env}, record, room: place}, (process) =>
        run.change({process}),
      );
    } catch (error) {
      if (systemCode(error) !== 'ENOENT' && systemCode(error) !== 'ENOTDIR') throw error;
      throw new AppsupError(
        'NOT_FOUND',
        `Cannot run "${appName}:${name}": ${action.directory} is not a directory that can be entered`,
        {
          cause: error,
        },
      );
    }
  }
}

interface Ended {
  readonly code: number | undefined;
  readonly timedOut: boolean;
  readonly record: StepProcess;
  readonly secrets: readonly string[] | undefined;
}

/** A line that a step has left for the one who looks. */
function noteIn(file: string): string | undefined {
  const line = readIfReadable(file)?.split('\n')[0]?.trim().slice(0, 200);
  return line === '' ? undefined : line;
}

function timedOut({timeoutMs}: ActionOf<'command'>): Extract<StepOutcome, {ok: false}> {
  const reason = `it took longer than ${timeoutMs / 1000} s and was ended`;
  return {ok: false, result: 'timeout', code: 124, reason, output: []};
}

function exitText(code: number): string {
  return code > 128 ? `ended by signal ${code - 128}` : `exit ${code}`;
}
