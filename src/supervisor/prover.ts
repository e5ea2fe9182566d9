import type {Readiness} from '../core/program-spec.ts';
import type {Prepared} from '../launch/prepare.ts';
import type {Clock} from '../system/clock.ts';
import type {Proc} from '../system/proc.ts';
import type {Processes} from '../system/processes.ts';
import {accepts} from './accepting.ts';
import type {LiveProcess} from './live-process.ts';
import {probe} from './probe.ts';
import type {ProbeRequest, ProbeResult} from './probe.ts';
import {askCommand, lineInLog} from './readiness.ts';
import {membersOf} from './tree.ts';
import type {Started} from './generation.ts';

/** What a check command is run with: that of the process which it asks. */
export type CheckFacts = Pick<Prepared, 'env' | 'directory'>;

export interface ProverOptions {
  readonly clock: Clock;
  readonly proc: Proc;
  readonly processes: Pick<Processes, 'signal'>;
  /** For a process that an earlier supervisor prepared. */
  readonly factsOf: (started: Started) => Promise<CheckFacts>;
  /** The inode of the app's held socket. */
  readonly heldInode: (app: string) => number | undefined;
}

/** Asks processes whether they do what they are there for. */
export class Prover {
  readonly #options: ProverOptions;
  readonly #facts = new WeakMap<LiveProcess, CheckFacts>();

  constructor(options: ProverOptions) {
    this.#options = options;
  }

  remember(process: LiveProcess, facts: CheckFacts): void {
    this.#facts.set(process, facts);
  }

  /**
   * Resolves when the process is ready; rejects only when aborted.
   *
   * @param beside - True while an older process answers on the same port.
   */
  async ready(
    started: Started,
    {
      signal,
      beside,
      onRefusal,
    }: {readonly signal: AbortSignal; readonly beside: boolean; readonly onRefusal: (detail: string) => void},
  ): Promise<void> {
    const {readiness, startMs} = started.program;
    if (readiness.kind === 'none') return await this.#wait(startMs, signal);
    if (readiness.kind === 'log') {
      const {logFile, logOffset} = started.process.record;
      return await lineInLog(logFile, logOffset, new RegExp(readiness.pattern), signal);
    }
    for (let look = 0; ; look++) {
      const answer =
        beside && !started.private ? this.#isAccepting(started) : await this.check(started, signal);
      signal.throwIfAborted();
      if (answer.up) return;
      if (!answer.refused) onRefusal(answer.detail);
      // Nobody listens yet, which no event tells: look again soon at first, then seldom.
      const wait = answer.refused ? Math.min(20 + look, 250) : 500;
      await this.#wait(wait, signal);
    }
  }

  async #wait(ms: number, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => this.#options.clock.after(ms, resolve));
    signal.throwIfAborted();
  }

  /** Ask once. */
  async check(started: Started, signal: AbortSignal): Promise<ProbeResult> {
    const {readiness} = started.program;
    switch (readiness.kind) {
      case 'http':
      case 'tcp': {
        const request = requestOf(started, readiness);
        return request === undefined ? {up: true, detail: 'it serves nothing'} : await probe(request, signal);
      }
      case 'exec':
        return await askCommand(readiness.argv, await this.#factsOf(started), {
          timeoutMs: readiness.timeoutMs,
          signal,
          processes: this.#options.processes,
        });
      case 'log':
      case 'none':
        return {up: true, detail: 'it is not asked'};
    }
  }

  /** True when a second process of this kind could be told from the first. */
  canProveBeside(main: Started): boolean {
    const {kind} = main.program.readiness;
    if (kind === 'log') return true;
    if (kind !== 'http' && kind !== 'tcp') return false;
    // What the serving process does today, its successor will do tomorrow; a server without an event loop never shows it.
    return main.private || this.#isAccepting(main).up;
  }

  #isAccepting({process, app}: Started): ProbeResult {
    const inode = this.#options.heldInode(app.name);
    const up =
      inode !== undefined &&
      membersOf(this.#options.proc, process.record).some(({pid}) => accepts(pid, inode));
    return up
      ? {up, detail: 'accepts visitors'}
      : {up, refused: true, detail: 'does not accept visitors yet'};
  }

  async #factsOf(started: Started): Promise<CheckFacts> {
    const known = this.#facts.get(started.process);
    if (known !== undefined) return known;
    const facts = await this.#options.factsOf(started);
    this.#facts.set(started.process, facts);
    return facts;
  }
}

/** From the record alone: the app's file may be broken by now. */
function requestOf(
  {program, process}: Started,
  readiness: Extract<Readiness, {kind: 'http' | 'tcp'}>,
): ProbeRequest | undefined {
  const {privateSocket, frontSocket, port, ask} = process.record;
  const path = privateSocket ?? frontSocket;
  if (program.listen === 'none' || port === undefined || ask === undefined) return undefined;
  return {
    address: path === undefined ? {port} : {path},
    readiness,
    url: ask.path ?? '/',
    host: ask.host ?? `127.0.0.1:${port}`,
    https: ask.https,
  };
}
