import type {ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {writeFileSync} from 'node:fs';

import {killQuietly} from '../rig.ts';
import type {Rig, Run} from '../rig.ts';
import {fileOf, textOf} from './programs.ts';
import type {Random} from './random.ts';
import type {Watch} from './watch.ts';
import {Wishes} from './wishes.ts';
import type {Wish} from './wishes.ts';

/** The slowest command waits for restarts one after the other, on a busy machine. */
const COMMAND_MS = 90_000;

/** What the steps work on: the ten programs, the commands that are under way, and what was done to them. */
export class Storm {
  readonly rig: Rig;
  readonly random: Random;
  readonly watch: Watch;
  readonly wishes = new Wishes();
  /** Apps whose file is nonsense now. */
  readonly broken = new Set<string>();
  readonly steps: string[] = [];
  readonly #under = new Set<Promise<unknown>>();
  readonly #began = performance.now();

  constructor({rig, random, watch}: {readonly rig: Rig; readonly random: Random; readonly watch: Watch}) {
    this.rig = rig;
    this.random = random;
    this.watch = watch;
  }

  note(text: string): void {
    this.steps.push(`${((performance.now() - this.#began) / 1000).toFixed(1).padStart(6)} s  ${text}`);
  }

  /** An order to the end; what it was told is remembered. */
  async order(verb: 'start' | 'stop' | 'restart' | 'reload', targets: readonly string[]): Promise<Run> {
    const order = this.wishes.begin(targets, wishOf(verb));
    const run = await this.#timed(`${verb} ${targets.join(' ')}`, this.rig.appsup(verb, ...targets));
    this.wishes.end(order, run.code === 0);
    return run;
  }

  /** An order whose command may be killed: whether it was heard is not known. */
  begin(verb: 'start' | 'stop' | 'restart' | 'reload', targets: readonly string[]): ChildProcess {
    const order = this.wishes.begin(targets, wishOf(verb));
    const child = this.rig.begin(verb, ...targets);
    this.behind(
      this.#timed(`${verb} ${targets.join(' ')}`, once(child, 'exit')).then(() =>
        this.wishes.end(order, false),
      ),
    );
    return child;
  }

  /** Another command. */
  async command(...args: readonly string[]): Promise<Run> {
    return await this.#timed(args.join(' '), this.rig.appsup(...args));
  }

  /** Leave it to itself until the next calm. */
  behind(work: Promise<unknown>): void {
    this.#under.add(work);
    void work.finally(() => this.#under.delete(work));
  }

  async killSupervisor(): Promise<void> {
    const pid = this.watch.expectEnd();
    if (pid !== undefined) killQuietly(pid);
  }

  /** Put everything right that was put wrong, and let what is under way come to its end. */
  async calm(): Promise<void> {
    for (const app of this.broken) writeFileSync(fileOf(this.rig, app), textOf(this.rig, app));
    while (this.#under.size > 0) await Promise.all(this.#under);
    await this.command('daemon', 'start');
    // As an editor that saves: what is right again is read again.
    const pid = this.rig.supervisorPid();
    if (this.broken.size > 0 && pid !== undefined) killQuietly(pid, 'SIGHUP');
    this.broken.clear();
  }

  /** A command that hangs, or that shows a bug, is a fault of its own. */
  async #timed<Result>(name: string, work: Promise<Result>): Promise<Result> {
    const late = setTimeout(
      () => this.watch.violation(`appsup ${name} hangs for ${COMMAND_MS / 1000} s`),
      COMMAND_MS,
    );
    try {
      const result = await work;
      const run = result as Partial<Run>;
      const text = `${run.stdout ?? ''}${run.stderr ?? ''}`;
      if (run.code !== undefined)
        this.note(
          `  appsup ${name} ended with ${run.code}${run.code === 0 ? '' : `: ${text.trim().slice(0, 300)}`}`,
        );
      if (/made a mistake|^\s+at .*\(.*:\d+:\d+\)$/m.test(text))
        this.watch.violation(`appsup ${name} shows a bug: ${text}`);
      return result;
    } finally {
      clearTimeout(late);
    }
  }
}

function wishOf(verb: string): Wish {
  return verb === 'stop' ? 'stopped' : 'running';
}
