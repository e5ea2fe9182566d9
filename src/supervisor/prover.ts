import type {Readiness} from '../core/spec.ts';
import type {Prepared} from '../launch/prepare.ts';
import type {Clock} from '../system/clock.ts';
import type {Proc} from '../system/proc.ts';
import {accepts} from './accepting.ts';
import type {LiveProcess} from './live-process.ts';
import {probe} from './probe.ts';
import type {ProbeRequest, ProbeResult} from './probe.ts';
import {askCommand, lineInLog} from './readiness.ts';
import {membersOf} from './tree.ts';
import type {Started} from './unit.ts';

/** What has to be known of a start to ask it. */
export interface AskFacts {
  readonly prepared: Prepared;
  readonly publicUrl: string | undefined;
}

export interface ProverOptions {
  readonly clock: Clock;
  readonly proc: Proc;
  /** For a process that an earlier supervisor prepared. */
  readonly factsOf: (started: Started) => Promise<AskFacts>;
  /** The inode of the app's held socket. */
  readonly heldInode: (app: string) => number | undefined;
}

/** Asks processes whether they do what they are there for. */
export class Prover {
  readonly #options: ProverOptions;
  readonly #facts = new WeakMap<LiveProcess, AskFacts>();

  constructor(options: ProverOptions) {
    this.#options = options;
  }

  remember(process: LiveProcess, facts: AskFacts): void {
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
        const request = await this.#request(started, readiness);
        return request === undefined ? {up: true, detail: 'it serves nothing'} : await probe(request, signal);
      }
      case 'exec':
        return await askCommand(readiness.argv, (await this.#factsOf(started)).prepared, {
          timeoutMs: readiness.timeoutMs,
          signal,
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

  async #request(
    started: Started,
    readiness: Extract<Readiness, {kind: 'http' | 'tcp'}>,
  ): Promise<ProbeRequest | undefined> {
    const {privateSocket, frontSocket, port} = started.process.record;
    const path = privateSocket ?? frontSocket;
    if (started.program.listen === 'none' || port === undefined) return undefined;
    const {prepared, publicUrl} = await this.#factsOf(started);
    return {
      address: path === undefined ? {port} : {path},
      readiness,
      url: prepared.probePath ?? '/',
      host: prepared.probeHost ?? `127.0.0.1:${port}`,
      https: publicUrl?.startsWith('https:') ?? false,
    };
  }

  async #factsOf(started: Started): Promise<AskFacts> {
    const known = this.#facts.get(started.process);
    if (known !== undefined) return known;
    const facts = await this.#options.factsOf(started);
    this.#facts.set(started.process, facts);
    return facts;
  }
}
