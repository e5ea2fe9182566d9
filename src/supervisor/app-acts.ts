import type {ActRequest, ActResult} from '../control/api.ts';
import {webProgram} from '../core/spec.ts';
import type {ProgramSpec, Readiness} from '../core/program-spec.ts';
import {AppsupError} from '../errors.ts';
import {act} from './act.ts';
import type {HostedApp} from './hosted-app.ts';
import {probe} from './probe.ts';
import type {AppActs} from './run-steps.ts';
import type {Unit} from './unit.ts';

export interface HostedActsOptions {
  readonly apps: ReadonlyMap<string, HostedApp>;
  /** Read the files again, as before each start and restart. */
  readonly readAgain: () => Promise<void>;
  /** Resolves when no job of the app runs. */
  readonly jobsEnd: (app: string) => Promise<void>;
}

const ASK_MS = 10_000;
/** An answer that shows the page, or where it is. */
const GOOD = Array.from({length: 200}, (_, index) => 200 + index);

/** What a task does with its app, on the supervisor's own terms. */
export class HostedActs implements AppActs {
  readonly #options: HostedActsOptions;

  constructor(options: HostedActsOptions) {
    this.#options = options;
  }

  async stop(
    name: string,
    onStopping: (processes: readonly string[]) => void,
  ): Promise<readonly ActResult[]> {
    const app = this.#app(name);
    const units = [...app.units.values()];
    // Before anything happens: whoever goes on after a crash has to know what ran.
    onStopping(units.filter(({id}) => app.desired(id) === 'running').map(({id}) => id.process));
    await this.#options.jobsEnd(name);
    return await act({app, units, whole: true}, {action: 'stop', targets: [name]});
  }

  async start(name: string, processes: readonly string[]): Promise<readonly ActResult[]> {
    return await this.#act(name, 'start', ({id}) => processes.includes(id.process));
  }

  async restart(
    name: string,
    programs: readonly string[],
    action: 'restart' | 'reload',
    startedSince?: number,
  ): Promise<readonly ActResult[]> {
    const app = this.#app(name);
    const isMeant = ({id, main}: Unit) =>
      (programs.length === 0 || programs.includes(id.program)) &&
      (startedSince === undefined || main === undefined || main.process.record.startedAt >= startedSince);
    return await this.#act(name, action, (unit) => isMeant(unit) && app.desired(unit.id) === 'running');
  }

  async ask(
    name: string,
    wish: string | undefined,
    signal: AbortSignal,
  ): Promise<{readonly up: boolean; readonly detail: string} | undefined> {
    const app = this.#app(name);
    const {spec, port} = app;
    const program = spec === undefined ? undefined : webProgram(spec);
    const address = app.socket?.address ?? (port === undefined ? undefined : {port});
    const wanted = app.webUnits().some(({id}) => app.desired(id) === 'running');
    if (spec === undefined || program === undefined || address === undefined || !wanted) return undefined;
    const readiness = readinessFor(program, wish);
    const path = readiness.kind === 'http' ? readiness.path : '/';
    const said = program.readiness.kind === 'http' ? program.readiness.host : undefined;
    const base = app.publicUrl === undefined ? undefined : new URL(app.publicUrl);
    return await probe(
      {
        address,
        readiness,
        url: spec.prefix === 'keep' ? spec.mount + path : path,
        host: said ?? base?.host ?? `127.0.0.1:${port ?? 0}`,
        https: base?.protocol === 'https:',
      },
      signal,
    );
  }

  async #act(
    name: string,
    action: ActRequest['action'],
    isMeant: (unit: Unit) => boolean,
  ): Promise<readonly ActResult[]> {
    await this.#options.readAgain();
    const app = this.#app(name);
    const units = [...app.units.values()].filter(isMeant);
    return units.length === 0 ? [] : await act({app, units, whole: false}, {action, targets: [name]});
  }

  #app(name: string): HostedApp {
    const app = this.#options.apps.get(name);
    if (app !== undefined) return app;
    throw new AppsupError('NO_SUCH_APP', `Cannot find the app "${name}": its file is gone`);
  }
}

/** The program's own way of being asked; for a wish of the user's, a page that is there. What speaks no HTTP has to listen. */
function readinessFor(
  {readiness}: ProgramSpec,
  wish: string | undefined,
): Extract<Readiness, {kind: 'http' | 'tcp'}> {
  if (wish !== undefined) {
    const own = readiness.kind === 'http' ? readiness : undefined;
    return {kind: 'http', path: wish, host: own?.host, status: own?.status ?? GOOD, timeoutMs: ASK_MS};
  }
  return readiness.kind === 'http' ? {...readiness, timeoutMs: ASK_MS} : {kind: 'tcp', timeoutMs: ASK_MS};
}
