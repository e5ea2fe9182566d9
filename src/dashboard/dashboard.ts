import type {StatusReport, SupervisorEvent} from '../control/api.ts';
import type {Sample} from './history.ts';
import type {LogRow} from './log-pane.ts';
import type {Effect, Message, Model} from './model.ts';
import {initialModel} from './model.ts';
import {Sampler} from './sampler.ts';
import {idOf} from './tree.ts';
import {update} from './update.ts';
import {view} from './view.ts';
import type {Screen, Told, World} from './world.ts';

type TimerName = 'paint' | 'usage' | 'logs' | 'ask' | 'rows' | 'retry';

/** Between two looks at processor time and memory, and two pictures of a clock. */
const LOOK_MS = 2000;
/** Between two pictures, when nobody has pressed a key. */
const FRAME_MS = 100;
/** Who holds a key down passes many logs: the one where he stays is opened. */
const SETTLE_MS = 60;
/** Between two questions to the supervisor, however much happens. */
const ASK_MS = 500;
/** Between two tries to find a lost supervisor; each is one connect(2). */
const RETRY_MS = [100, 250, 500, 1000, 2000];

/**
 * The screen of `appsup top`, from its first picture until the user has seen enough.
 *
 * It lives on the event stream: the supervisor is asked only after something has happened. What the processes use is read from
 * /proc by this process, so that the supervisor sleeps.
 */
export class Dashboard {
  readonly #world: World;
  readonly #screen: Screen;
  readonly #end = new AbortController();
  readonly #sampler: Sampler;
  #model: Model;
  #away = false;
  #logs: {close(): void} | undefined;
  /** By what they are for: at most one of each. */
  readonly #timers = new Map<TimerName, {cancel(): void}>();
  #askedAt = -Infinity;
  #failure: Error | undefined;

  /** @param report - What the supervisor says now: the first picture needs no second question. */
  constructor(world: World, report: StatusReport) {
    this.#world = world;
    this.#sampler = new Sampler(world.used);
    this.#screen = world.openScreen((told) => this.#hear(told));
    this.#model = initialModel({
      size: this.#screen.size,
      now: world.clock.wall(),
      version: world.version,
    });
    this.#tell({type: 'status', report, at: world.clock.wall()});
    this.#paint();
  }

  /** Resolves when the user quits, and the terminal is as it was. */
  async run(): Promise<void> {
    try {
      this.#look();
      await this.#listen();
      if (this.#failure !== undefined) throw this.#failure;
    } finally {
      this.#end.abort();
      for (const timer of this.#timers.values()) timer.cancel();
      this.#logs?.close();
      this.#screen.close();
    }
  }

  #hear(told: Told): void {
    if (told.type === 'gone') return this.#end.abort();
    this.#tell(told);
    // Keys are answered at once.
    this.#paint();
  }

  #tell(message: Message): void {
    if (this.#end.signal.aborted) return;
    const {model, effects} = update(this.#model, message);
    this.#model = model;
    for (const effect of effects) this.#do(effect);
    this.#later('paint', FRAME_MS, () => this.#paint());
  }

  #paint(): void {
    this.#cancel('paint');
    if (this.#away || this.#end.signal.aborted) return;
    this.#screen.paint(view(this.#model, this.#screen.charset));
  }

  #do(effect: Effect): void {
    switch (effect.type) {
      case 'quit':
        return this.#end.abort();
      case 'redraw':
        return this.#screen.forget();
      case 'suspend':
        return void this.#own(this.#suspend());
      case 'look':
        return this.#askSoon();
      case 'logs':
        this.#cancel('logs');
        return this.#later('logs', SETTLE_MS, () => this.#openLogs(effect.of));
      case 'environment':
        return void this.#own(this.#showEnvironment(effect.target));
      case 'act':
        return void this.#own(this.#act(effect.action, effect.target));
    }
  }

  /** Whatever fails behind a key ends the dashboard, with its terminal put in order. */
  async #own(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new Error(String(error));
      this.#end.abort();
    }
  }

  async #suspend(): Promise<void> {
    this.#away = true;
    this.#cancel('usage');
    await this.#screen.suspend();
    this.#away = false;
    this.#tell({type: 'size', size: this.#screen.size});
    this.#paint();
    this.#look();
  }

  /** Stay with the supervisor, and find the next one when it goes. */
  async #listen(): Promise<void> {
    const {signal} = this.#end;
    for (let tries = 0; !signal.aborted; tries++) {
      const came = await this.#hearEvents();
      if (signal.aborted) return;
      this.#tell({type: 'lost', at: this.#world.clock.wall()});
      if (came) tries = 0;
      await this.#pause(RETRY_MS[Math.min(tries, RETRY_MS.length - 1)] ?? 0);
    }
  }

  /** Until the supervisor hangs up; false when there was none. */
  async #hearEvents(): Promise<boolean> {
    const {api, clock} = this.#world;
    const attempt = new AbortController();
    const end = (): void => attempt.abort();
    this.#end.signal.addEventListener('abort', end);
    const onEvent = (event: SupervisorEvent): void => this.#tell({type: 'event', event, at: clock.wall()});
    const events = api.events(onEvent, attempt.signal);
    const gone = events.then(
      () => true,
      () => true,
    );
    try {
      // Behind the events: what happens in between is not missed.
      this.#tell({type: 'status', report: await api.status({targets: [], memory: false}), at: clock.wall()});
    } catch {
      // Nobody there, or not yet, or not any more: the next try tells.
      attempt.abort();
      return false;
    } finally {
      void gone.then(() => this.#end.signal.removeEventListener('abort', end));
    }
    return await gone;
  }

  #askSoon(): void {
    if (this.#timers.has('ask')) return;
    const {clock} = this.#world;
    const wait = Math.max(0, this.#askedAt + ASK_MS - clock.monotonic());
    this.#later('ask', wait, () => {
      this.#askedAt = clock.monotonic();
      void this.#ask();
    });
  }

  async #ask(): Promise<void> {
    try {
      const report = await this.#world.api.status({targets: [], memory: false});
      this.#tell({type: 'status', report, at: this.#world.clock.wall()});
    } catch {
      // The end of the event stream says the same, and what to do about it.
    }
  }

  /** Look at what is used, and again after a while. */
  #look(): void {
    const {clock} = this.#world;
    const processes = this.#model.apps.flatMap((app) => app.processes);
    const pids = processes.flatMap(({pid}) => pid ?? []);
    const measured = this.#sampler.look(pids, clock.monotonic());
    const samples = new Map<string, Sample>(
      processes.flatMap((process) => {
        const sample = process.pid === undefined ? undefined : measured.get(process.pid);
        return sample === undefined ? [] : [[idOf(process), sample] as const];
      }),
    );
    this.#tell({type: 'usage', samples, at: clock.wall()});
    this.#later('usage', LOOK_MS, () => this.#look());
  }

  #openLogs(of: string | undefined): void {
    this.#logs?.close();
    this.#cancel('rows');
    this.#logs = undefined;
    if (of === undefined) return;
    const [app = '', process] = of.split(':', 2);
    const known = this.#model.apps.find((each) => each.app === app)?.processes ?? [];
    const names = process === undefined ? known.map((each) => each.process) : [process];
    let waiting: LogRow[] = [];
    try {
      const logs = this.#world.openLogs(app, names, (more) => {
        waiting.push(...more);
        // A program may print faster than anybody reads.
        this.#later('rows', FRAME_MS, () => {
          this.#tell({type: 'log', of, rows: waiting, fresh: false});
          waiting = [];
        });
      });
      this.#logs = logs;
      this.#tell({type: 'log', of, rows: logs.rows, fresh: true});
    } catch (error) {
      this.#complain(error);
    }
  }

  async #showEnvironment(target: string): Promise<void> {
    try {
      const lines = await this.#world.environment(target);
      this.#tell({type: 'read', title: `Environment of ${target}`, lines: lines.map((line) => `  ${line}`)});
    } catch (error) {
      this.#complain(error);
    }
  }

  async #act(action: Extract<Effect, {type: 'act'}>['action'], target: string): Promise<void> {
    this.#note(`${action} ${target} ...`, 'plain');
    try {
      const {ok, lines} = await this.#world.act({action, targets: [target]}, (line) =>
        this.#note(line, 'plain'),
      );
      if (ok) this.#note(lines.join('; '), 'good');
      else this.#read(`${action} ${target}`, lines);
    } catch (error) {
      this.#complain(error);
    }
  }

  /** What a person can mend is told; anything else is a mistake of ours, and thrown on. */
  #complain(error: unknown): void {
    const lines = this.#world.explain(error);
    if (lines.length === 1) this.#note(lines[0] ?? '', 'bad');
    else this.#read('That did not work', lines);
  }

  #read(title: string, lines: readonly string[]): void {
    this.#tell({type: 'read', title, lines: ['', ...lines.map((line) => `  ${line}`)]});
  }

  #note(text: string, tone: 'plain' | 'good' | 'bad'): void {
    this.#tell({type: 'note', note: {text, tone, at: this.#world.clock.wall()}});
  }

  #later(name: TimerName, ms: number, action: () => void): void {
    if (this.#timers.has(name) || this.#end.signal.aborted) return;
    const timer = this.#world.clock.after(ms, () => {
      this.#timers.delete(name);
      action();
    });
    this.#timers.set(name, timer);
  }

  #cancel(name: TimerName): void {
    this.#timers.get(name)?.cancel();
    this.#timers.delete(name);
  }

  async #pause(ms: number): Promise<void> {
    const {signal} = this.#end;
    await new Promise<void>((resolve) => {
      this.#later('retry', ms, resolve);
      signal.addEventListener('abort', () => resolve(), {once: true});
    });
  }
}
