import {messageOf} from '../errors.ts';
import type {Clock} from '../system/clock.ts';
import {isAtRest} from './at-rest.ts';
import type {HeldSocket} from './held-socket.ts';
import {IdleWatch} from './idle-watch.ts';
import type {Unit} from './unit.ts';

/** An app, as far as visitors are concerned. */
export interface VisitedApp {
  readonly name: string;
  /** Its own, and the named ones beside it. */
  readonly sockets: readonly HeldSocket[];
  /** Why the port is not held. */
  portProblem: string | undefined;
  /** The units of the program that serves. */
  webUnits(): readonly Unit[];
  /** What a visitor is shown while none of them serves. */
  closedPage(): string;
}

export interface DoorOptions<App extends VisitedApp> {
  readonly app: App;
  readonly clock: Clock;
  /** Bind what of the app's sockets is not held, if that is possible now; with a reason in `app.portProblem` if not. */
  readonly bind: (app: App) => void;
  /** True when somebody is connected to the app, or was within the last milliseconds that can be told. */
  readonly hasVisitors: (app: App, withinMs: number) => boolean;
  /** Somebody has come for these, which sleep. */
  readonly onVisitor: (units: readonly Unit[]) => void;
  /** From now on the next visitor is told of. */
  readonly onAwaiting: () => void;
}

/** Answers at an app's address while nothing serves there, wakes what sleeps, and sends to sleep what nobody visits. */
export class Door<App extends VisitedApp> {
  readonly #options: DoorOptions<App>;
  #idle: IdleWatch | undefined;

  constructor(options: DoorOptions<App>) {
    this.#options = options;
  }

  /** Keep the promise of the port: held while something serves, answered with 503 while nothing does. */
  tend(): void {
    const {app, bind} = this.#options;
    this.#tendIdle();
    const web = app.webUnits();
    if (web.length === 0 || !web.every(isAtRest)) return;
    bind(app);
    if (web.some(({state}) => state.id === 'dormant')) this.#awaitVisitor();
    else for (const socket of app.sockets) socket.answer(() => app.closedPage());
  }

  #awaitVisitor(): void {
    const {app, onAwaiting} = this.#options;
    Promise.all(app.sockets.map(async (socket) => await socket.await(this.#wake))).then(
      onAwaiting,
      (error: unknown) => {
        // Rather running than never.
        app.portProblem = `visitors of ${app.name} cannot be waited for (${messageOf(error)}), so it is started`;
        this.#wake();
      },
    );
  }

  /** The same function each time: by it the socket knows that it is asked for the same again. */
  readonly #wake = (): void => {
    const {app, onVisitor} = this.#options;
    onVisitor(app.webUnits().filter(({state}) => state.id === 'dormant'));
  };

  /** Watch a lazy app for visitors while it runs, so that it can go to sleep. */
  #tendIdle(): void {
    const {app, clock, hasVisitors} = this.#options;
    const web = app.webUnits();
    const idleMs = web[0]?.main?.program.idleStopMs;
    const runs = web.length > 0 && web.every(({state}) => state.id === 'running');
    const wanted = runs ? idleMs : undefined;
    // A restart may have brought another time, or none, without a pause in between.
    if (wanted === this.#idle?.idleMs) return;
    this.#idle?.close();
    this.#idle = undefined;
    if (wanted === undefined) return;
    this.#idle = new IdleWatch({
      idleMs: wanted,
      clock,
      nextVisitor: (call) => {
        for (const socket of app.sockets) void socket.await(call).catch(call);
      },
      hasVisitors: (withinMs) => hasVisitors(app, withinMs),
      onIdle: () => {
        for (const unit of app.webUnits()) unit.send({type: 'doze'});
      },
    });
  }
}
