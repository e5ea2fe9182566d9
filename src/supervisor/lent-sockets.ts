import type {ChallengeReport} from '../control/api.ts';
import {AppsupError} from '../errors.ts';
import type {Log} from '../logs/own-log.ts';
import type {Proc} from '../system/proc.ts';
import type {Address, RawSocket, Sockets} from '../system/sockets.ts';
import {descriptorOf} from './accepting.ts';
import type {AppSockets} from './app-sockets.ts';
import {HeldSocket} from './held-socket.ts';
import type {HostedApp} from './hosted-app.ts';
import type {Question} from './open-questions.ts';
import type {Place, SocketPlaces} from './socket-places.ts';
import {membersOf} from './tree.ts';

export interface LentSocketsOptions {
  readonly held: AppSockets;
  readonly places: SocketPlaces;
  readonly sockets: Sockets;
  readonly proc: Proc;
  /** The sockets that listen there; a path may have been bound again and again. */
  readonly inodesOf: (address: Address) => readonly number[];
  /** The descriptor of a socket that a predecessor handed over. */
  readonly inherited: (app: string, address: Address) => number | undefined;
  readonly log: Log;
}

/** Sockets of apps that are in other hands: a predecessor's, or only those of the app's own processes. */
export class LentSockets {
  readonly #options: LentSocketsOptions;
  /** Sockets that challenges have borrowed, with how many share each. */
  readonly #borrowed = new Map<
    HostedApp,
    {readonly socket: Promise<HeldSocket | undefined>; sharers: number}
  >();

  constructor(options: LentSocketsOptions) {
    this.#options = options;
  }

  /** Have the app's listening socket back, from the predecessor or out of an adopted process, so that its next restart and its stop leave no gap. */
  async regain(app: HostedApp): Promise<void> {
    const {places} = this.#options;
    const main = app.webUnits().find((unit) => unit.main?.process.record.held === true)?.main;
    // What serves may still be at the address that the app had before it was moved.
    const at = main === undefined ? places.of(app) : places.ofRecord(app, main.process.record);
    if (at !== undefined && app.socket === undefined) await this.#regainAt(app, at, {pid: main?.process.pid});
    const named = main === undefined ? places.named(app) : places.namedOfRecord(app, main.process.record);
    for (const [name, place] of named)
      if (!app.named.has(name)) await this.#regainAt(app, place, {pid: main?.process.pid, name});
  }

  async #regainAt(
    app: HostedApp,
    at: Place,
    {pid, name}: {readonly pid: number | undefined; readonly name?: string},
  ): Promise<void> {
    const {held, sockets, inherited, log} = this.#options;
    const handed = inherited(app.name, typeof at === 'number' ? {port: at} : {path: at.path});
    if (handed !== undefined) held.take(app, at, sockets.fromDescriptor(handed), name);
    else if (pid !== undefined) {
      const raw = await this.#fetch(at, [pid]);
      if (raw !== undefined) return held.take(app, at, raw, name);
      const what = typeof at === 'number' ? `port ${at}` : at.path;
      app.portProblem = `the socket of ${what} could not be fetched back: the next restart of ${app.name} has a short gap`;
      log('warn', app.portProblem, {app: app.name});
    }
  }

  /** Ask through an app's socket; one that we do not hold is borrowed for it. @throws AppsupError `NOT_RUNNING` */
  async challenge(app: HostedApp, question: Question): Promise<ChallengeReport> {
    if (app.socket !== undefined) return await app.socket.challenge(question);
    // Its program bound the port by itself, or nobody has fetched its socket back: a copy does for this.
    const shared = this.#borrowed.get(app) ?? {socket: this.#borrow(app), sharers: 0};
    this.#borrowed.set(app, shared);
    shared.sharers++;
    try {
      const socket = await shared.socket;
      if (socket === undefined) throw unasked(app);
      return await socket.challenge(question);
    } finally {
      shared.sharers--;
      if (shared.sharers === 0) {
        this.#borrowed.delete(app);
        (await shared.socket)?.close();
      }
    }
  }

  /** A copy of the socket that the app's own process listens on. */
  async #borrow(app: HostedApp): Promise<HeldSocket | undefined> {
    const {places, proc, sockets} = this.#options;
    const main = app.webUnits().find((unit) => unit.main !== undefined)?.main;
    const at = main === undefined ? undefined : places.ofRecord(app, main.process.record);
    if (main === undefined || at === undefined) return undefined;
    const members = membersOf(proc, main.process.record).map(({pid}) => pid);
    const raw = await this.#fetch(at, members);
    return raw === undefined ? undefined : HeldSocket.adopt(sockets, at, raw);
  }

  /** A copy of the socket that listens at a place, out of the first of these processes that has it. */
  async #fetch(at: Place, pids: readonly number[]): Promise<RawSocket | undefined> {
    const inodes = this.#options.inodesOf(typeof at === 'number' ? {port: at} : {path: at.boundAt});
    for (const pid of pids) {
      for (const inode of inodes) {
        const fd = descriptorOf(pid, inode);
        if (fd !== undefined) return await this.#options.sockets.fetch(pid, fd);
      }
    }
    return undefined;
  }
}

function unasked({name, units}: HostedApp): AppsupError {
  const runs = [...units.values()].some(({main, spec}) => main !== undefined && spec.listen !== 'none');
  const why = runs
    ? 'its program binds the port by itself, and this kernel lends no sockets (yama ptrace_scope)'
    : 'nothing of it listens';
  return new AppsupError('NOT_RUNNING', `Cannot ask through "${name}": ${why}`, {
    hint: runs
      ? 'listen = "socket", if the program can take an open socket (descriptor 3)'
      : `appsup start ${name}`,
    details: {app: name},
  });
}
