import {createHash} from 'node:crypto';
import {existsSync, rmSync, statSync} from 'node:fs';

import type {ActResult} from '../control/api.ts';
import {NO_LIMITS} from '../core/spec.ts';
import type {AppSpec, ProgramSpec, StepSpec} from '../core/spec.ts';
import {AppsupError, systemCode} from '../errors.ts';
import {mask} from '../launch/mask.ts';
import type {LaunchContext, Prepared} from '../launch/prepare.ts';
import {readIfReadable} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import {lastWords} from './last-words.ts';
import type {AdoptionWorld} from './live-process.ts';
import type {ActionOf, Run, StepDoer, StepOutcome} from './run.ts';
import {cancelledBy} from './run.ts';
import type {StepProcess} from './run-records.ts';
import {StepCommand, roomFiles, stepRecord, traceOf} from './step-process.ts';

/** What the steps of a run have to know of their app, now. */
export interface AppForSteps {
  readonly app: AppSpec;
  readonly port: number | undefined;
  readonly publicUrl: string | undefined;
}

export interface RunStepsOptions {
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
  readonly acts: AppActs;
  readonly onWarning: (app: string, process: string, text: string) => void;
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
  readonly #options: RunStepsOptions;
  #lastGeneration = 0;

  constructor(options: RunStepsOptions) {
    this.#options = options;
  }

  async do(run: Run, step: StepSpec, signal: AbortSignal): Promise<StepOutcome> {
    const {action} = step;
    const {acts} = this.#options;
    const {app} = run.record;
    switch (action.kind) {
      case 'command':
        return await this.#command(run, action, signal);
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
    const answer = await this.#options.acts.ask(app, path, signal);
    if (answer === undefined) return {ok: true, skipped: true, note: 'nothing of the app serves now'};
    const {up, detail} = answer;
    if (up) return {ok: true, skipped: false, note: detail};
    return {ok: false, result: 'failed', code: undefined, reason: detail, output: []};
  }

  async #command(run: Run, action: ActionOf<'command'>, signal: AbortSignal): Promise<StepOutcome> {
    const {app, name, process} = run.record;
    const unchanged = process === undefined ? this.#unchanged(run, action) : undefined;
    if (unchanged !== undefined) return {ok: true, skipped: true, note: unchanged};
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
    const argv = phase === 'unless' ? (action.unless ?? []) : action.argv;
    const program = programFor(app, name, argv, action.directory);
    const ownPython = !action.withoutPython || !existsSync(`${SYSTEM_PYTHON}/bin/python3`);
    const base = publicUrl === undefined ? {} : {publicUrl};
    const prepared = await prepare(ownPython ? app : {...app, python: SYSTEM_PYTHON}, program, {
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
      logOffset: sizeOf(log),
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

  /** Why a step that depends on files has nothing to do. */
  #unchanged(run: Run, {ifChanged}: ActionOf<'command'>): string | undefined {
    if (ifChanged.length === 0) return undefined;
    const known = this.#options.hashesOf(run.record.app, run.record.name);
    if (!ifChanged.every((file) => known[file] === hashOf(file))) return undefined;
    const names = ifChanged.map((file) => file.slice(file.lastIndexOf('/') + 1));
    return `${names.join(', ')} ${names.length === 1 ? 'has' : 'have'} not changed`;
  }
}

interface Ended {
  readonly code: number | undefined;
  readonly timedOut: boolean;
  readonly record: StepProcess;
  readonly secrets: readonly string[] | undefined;
}

/** The files that a plan depends on, as they are now. */
export function hashesOfPlan(steps: readonly StepSpec[]): Readonly<Record<string, string>> {
  const files = steps.flatMap(({action}) => (action.kind === 'command' ? action.ifChanged : []));
  return Object.fromEntries(files.map((file) => [file, hashOf(file)]));
}

/** `none` for what is not there. */
function hashOf(file: string): string {
  const text = readIfReadable(file);
  return text === undefined ? 'none' : createHash('sha256').update(text).digest('hex');
}

const SYSTEM_PYTHON = '/usr';

/** A step is started as a program is that serves nothing. */
function programFor(app: AppSpec, name: string, argv: readonly string[], directory: string): ProgramSpec {
  const work = app.jobs.find((job) => job.name === name) ?? app.tasks.find((task) => task.name === name);
  return {
    name,
    launch: {kind: 'command', argv},
    listen: 'none',
    numprocs: 1,
    restart: 'never',
    startMs: 0,
    readyMs: 0,
    readiness: {kind: 'none'},
    health: undefined,
    giveUp: 1,
    backoffMs: 0,
    backoffCapMs: 0,
    stopSignal: 'TERM',
    stopMs: 0,
    overlap: false,
    lazy: false,
    idleStopMs: undefined,
    after: [],
    needs: [],
    directory,
    env: work?.env ?? {},
    umask: 0o027,
    limits: NO_LIMITS,
    reloadSignal: undefined,
  };
}

/** Nobody is there to be asked, so nothing may ask. */
function stepEnvironment(
  env: Readonly<Record<string, string>>,
  {note, scratch}: ReturnType<typeof roomFiles>,
): Readonly<Record<string, string>> {
  return {
    GIT_TERMINAL_PROMPT: '0',
    // Stronger than a helper in the user's settings that opens a window.
    GIT_ASKPASS: '/bin/false',
    SSH_ASKPASS_REQUIRE: 'never',
    PIP_NO_INPUT: '1',
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    ...env,
    GIT_SSH_COMMAND: inBatchMode(env['GIT_SSH_COMMAND']),
    APPSUP_NOTE: note,
    APPSUP_SCRATCH: scratch,
  };
}

/** ssh that asks nothing. Another program in its place may not know the option. */
function inBatchMode(command = 'ssh'): string {
  const [first = ''] = command.split(/\s/);
  return /(^|\/)ssh$/.test(first) && !/BatchMode/i.test(command) ? `${command} -o BatchMode=yes` : command;
}

/** A line that a step has left for the one who looks. */
function noteIn(file: string): string | undefined {
  const line = readIfReadable(file)?.split('\n')[0]?.trim().slice(0, 200);
  return line === '' ? undefined : line;
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

function timedOut({timeoutMs}: ActionOf<'command'>): Extract<StepOutcome, {ok: false}> {
  const reason = `it took longer than ${timeoutMs / 1000} s and was ended`;
  return {ok: false, result: 'timeout', code: 124, reason, output: []};
}

function exitText(code: number): string {
  return code > 128 ? `ended by signal ${code - 128}` : `exit ${code}`;
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 0;
    throw error;
  }
}
