import type {ActRequest, ActResult} from '../control/api.ts';
import {webProgram} from '../core/spec.ts';
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
  ): Promise<readonly ActResult[]> {
    const app = this.#app(name);
    const isMeant = ({id}: Unit) => programs.length === 0 || programs.includes(id.program);
    return await this.#act(name, action, (unit) => isMeant(unit) && app.desired(unit.id) === 'running');
  }

  async ask(
    name: string,
    path: string,
    signal: AbortSignal,
  ): Promise<{readonly up: boolean; readonly detail: string}> {
    const app = this.#app(name);
    const {spec, port} = app;
    const program = spec === undefined ? undefined : webProgram(spec);
    if (spec === undefined || program === undefined || port === undefined)
      return {up: false, detail: 'no program of the app serves'};
    const {readiness} = program;
    const said = readiness.kind === 'http' ? readiness : undefined;
    const host =
      said?.host ?? (app.publicUrl === undefined ? `127.0.0.1:${port}` : new URL(app.publicUrl).host);
    return await probe(
      {
        address: {port},
        readiness: {kind: 'http', path, host, status: said?.status ?? GOOD, timeoutMs: ASK_MS},
        url: spec.prefix === 'keep' ? spec.mount + path : path,
        host,
        https: app.publicUrl?.startsWith('https:') ?? false,
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
