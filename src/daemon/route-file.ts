import path from 'node:path';

import {isGateway} from '../core/spec.ts';
import {isAppsupError} from '../errors.ts';
import {routeOf, serializeRoutes} from '../gateway/routes.ts';
import type {ServedApp} from '../supervisor/served.ts';
import {ensurePrivateDirectory, writeAtomically} from '../system/files.ts';
import {publicSocketPath} from '../system/paths.ts';
import type {Paths} from '../system/paths.ts';

/** Keeps the gateway's route table. Without a gateway among the apps there is none. */
export class RouteFile {
  readonly #paths: Pick<Paths, 'routes' | 'front'>;
  readonly #onProblem: (message: string) => void;
  #written = '';

  constructor(paths: Pick<Paths, 'routes' | 'front'>, onProblem: (message: string) => void) {
    this.#paths = paths;
    this.#onProblem = onProblem;
  }

  /** Write the table if it is another one. On a full disk the gateway goes on with the last one, and the next change tries again. */
  write(served: readonly ServedApp[]): void {
    if (!served.some(({app}) => isGateway(app))) return;
    const text = serializeRoutes(
      served.flatMap(({app, port}) => routeOf({app, upstream: this.#upstreamOf({app, port})}) ?? []),
    );
    if (text === this.#written) return;
    try {
      ensurePrivateDirectory(path.dirname(this.#paths.routes));
      writeAtomically(this.#paths.routes, text);
      this.#written = text;
    } catch (error) {
      if (!isAppsupError(error)) throw error;
      this.#onProblem(error.message);
    }
  }

  #upstreamOf({app, port}: ServedApp) {
    return app.transport === 'unix'
      ? ({kind: 'unix', path: publicSocketPath(this.#paths, app.name)} as const)
      : ({kind: 'tcp', port} as const);
  }
}
