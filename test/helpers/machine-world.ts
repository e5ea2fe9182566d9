import {deadlineOf, transition} from '../../src/core/machine.ts';
import type {Action, Context, Exit, Role, UnitEvent, UnitState} from '../../src/core/state.ts';

/** The limits of the tests: round figures, easy to add up. */
export const limits: Context['spec'] = {
  restart: 'always',
  startMs: 1000,
  readyMs: 60_000,
  giveUp: 10,
  backoffMs: 1000,
  backoffCapMs: 60_000,
  stopMs: 30_000,
};

/** How a process of the world behaves. What is not said never happens. */
export interface Behaviour {
  /** Milliseconds from its spawn to the first good answer. */
  readonly readyAfter?: number;
  /** Milliseconds from its spawn to its end by itself. */
  readonly exitsAfter?: number;
  readonly exit?: Exit;
  /** Milliseconds from its spawn to the news that there is nothing to start. */
  readonly failsAfter?: number;
  /** Milliseconds from the stop signal to its end; `Infinity` ignores it. @defaultValue 100 */
  readonly obeysAfter?: number;
  /** Milliseconds from SIGKILL to its end; `Infinity` for one in uninterruptible sleep. @defaultValue 10 */
  readonly diesAfter?: number;
}

/** What differs from `limits` and a probed, overlapping program. */
export interface WorldOptions {
  readonly spec?: Partial<Context['spec']>;
  readonly probed?: boolean;
  readonly overlap?: boolean;
}

interface Process {
  readonly number: number;
  readonly behaviour: Behaviour;
  readonly coming: Map<'ready' | 'failed' | 'exited', {readonly at: number; readonly exit?: Exit}>;
  isProven: boolean;
}

/** Roles that a state says are alive. */
export function rolesOf(state: UnitState): readonly Role[] {
  switch (state.id) {
    case 'starting':
      return ['main'];
    case 'running':
      return state.change === undefined ? ['main'] : ['main', 'candidate'];
    case 'stopping':
      return state.alive;
    case 'stopped':
    case 'dormant':
    case 'backoff':
    case 'exited':
    case 'fatal':
      return [];
  }
}

/**
 * A unit without a computer: the machine, a clock that moves when told, and processes that answer as scripted.
 *
 * It throws at the first action that no shell could carry out, such as a second main.
 */
export class World {
  now = 0;
  state: UnitState = {id: 'stopped'};
  /** Every spawn: `['main@0', 'main@1000']`. */
  readonly spawns: string[] = [];
  /** Every name of a state, in the order in which they came. */
  readonly history: UnitState['id'][] = ['stopped'];
  /** Every other action with its moment: `['terminate main@500']`. */
  readonly done: string[] = [];
  readonly #context: Omit<Context, 'now'>;
  readonly #behave: (spawn: number) => Behaviour;
  readonly #alive = new Map<Role, Process>();
  #spawned = 0;

  constructor(behave: Behaviour | ((spawn: number) => Behaviour) = {}, options: WorldOptions = {}) {
    this.#behave = typeof behave === 'function' ? behave : () => behave;
    const {spec, probed = true, overlap = true} = options;
    this.#context = {spec: {...limits, ...spec}, probed, overlap};
  }

  /** Which spawn serves, counted from 1; `undefined`: nobody. */
  get main(): number | undefined {
    return this.#alive.get('main')?.number;
  }

  get alive(): readonly Role[] {
    return [...this.#alive.keys()].toSorted();
  }

  send(event: UnitEvent): void {
    const from = this.state;
    const {state, actions} = transition(from, event, {...this.#context, now: this.now});
    this.state = state;
    if (state.id !== from.id) this.history.push(state.id);
    for (const action of actions) this.#do(action);
    const known = rolesOf(state).toSorted().join();
    if (known !== this.alive.join())
      throw new Error(`${state.id} knows of "${known}", alive are "${this.alive.join()}"`);
  }

  /** Let time pass; everything happens at its moment and in order. */
  advance(ms: number): void {
    const end = this.now + ms;
    for (let turns = 0; turns < 10_000; turns++) {
      const next = this.#next();
      if (next === undefined || next.at > end) {
        this.now = end;
        return;
      }
      this.now = Math.max(this.now, next.at);
      next.happen();
    }
    throw new Error(`the machine spins in ${JSON.stringify(this.state)}`);
  }

  #next(): {readonly at: number; readonly happen: () => void} | undefined {
    const happenings = [...this.#alive].flatMap(([role, process]) =>
      [...process.coming].map(([type, {at, exit}]) => ({
        at,
        happen: () => this.#happen(role, process, type, exit),
      })),
    );
    const at = deadlineOf(this.state);
    if (at !== undefined) happenings.push({at, happen: () => this.send({type: 'due'})});
    return happenings.toSorted((a, b) => a.at - b.at)[0];
  }

  #happen(role: Role, process: Process, type: 'ready' | 'failed' | 'exited', exit: Exit | undefined): void {
    process.coming.delete(type);
    if (type === 'ready') {
      process.isProven = true;
      this.send({type, role});
      return;
    }
    this.#alive.delete(role);
    if (type === 'failed') this.send({type, role, why: 'no interpreter'});
    else this.send({type, role, exit: exit ?? {code: 0, signal: undefined}});
  }

  #do(action: Action): void {
    switch (action.type) {
      case 'spawn':
        this.#spawn(action.role);
        break;
      case 'terminate':
      case 'kill':
        this.done.push(`${action.type} ${action.role}@${this.now}`);
        this.#end(action.role, action.type);
        break;
      case 'promote':
        this.done.push(`promote@${this.now}`);
        this.#promote();
        break;
      case 'gave-up-change':
        this.done.push(`gave-up-change@${this.now}: ${action.why}`);
        break;
    }
  }

  #spawn(role: Role): void {
    if (this.#alive.has(role)) throw new Error(`a second ${role}`);
    this.spawns.push(`${role}@${this.now}`);
    const behaviour = this.#behave(++this.#spawned);
    const process: Process = {number: this.#spawned, behaviour, coming: new Map(), isProven: false};
    const {readyAfter, exitsAfter, exit, failsAfter} = behaviour;
    if (readyAfter !== undefined) process.coming.set('ready', {at: this.now + readyAfter});
    if (failsAfter !== undefined) process.coming.set('failed', {at: this.now + failsAfter});
    if (exitsAfter !== undefined) {
      process.coming.set('exited', {at: this.now + exitsAfter, ...(exit === undefined ? {} : {exit})});
    }
    this.#alive.set(role, process);
  }

  #end(role: Role, how: 'terminate' | 'kill'): void {
    const process = this.#alive.get(role);
    if (process === undefined) throw new Error(`${how} of a ${role} that is not alive`);
    const {obeysAfter = 100, diesAfter = 10} = process.behaviour;
    const at = this.now + (how === 'kill' ? diesAfter : obeysAfter);
    const coming = process.coming.get('exited');
    if (at === Infinity || (coming !== undefined && coming.at <= at)) return;
    process.coming.set('exited', {
      at,
      exit: {code: undefined, signal: how === 'kill' ? 'SIGKILL' : 'SIGTERM'},
    });
  }

  #promote(): void {
    const candidate = this.#alive.get('candidate');
    if (candidate === undefined) throw new Error('promoted nobody');
    if (this.#alive.has('main') && !candidate.isProven) throw new Error('promoted what was not proven');
    this.#alive.delete('candidate');
    this.#alive.set('main', candidate);
  }
}
