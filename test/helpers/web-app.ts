import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {PrefixMode} from '../../src/core/spec.ts';
import type {FrontEnd} from '../../src/frontend/snippet.ts';
import {freePort} from './free-port.ts';
import {Rig} from './rig.ts';
import {fixture} from './tools.ts';

/** An app that serves under a mount. */
export interface WebApp {
  readonly port: number;
  /** What `appsup snippet` prints for it, and what it says of it: `! checked with ...`. */
  snippet(front: FrontEnd): Promise<{readonly text: string; readonly verdict: string}>;
  /** `appsup stop`: its port is answered for it. */
  pause(): Promise<void>;
  /** End it and its supervisor: nobody listens any more. */
  stop(): Promise<void>;
}

/** Host an app of test/fixtures as "tasks", under gunicorn, with the built binary in a home of its own. */
export async function startWebApp(app: {
  readonly fixture: 'flask-app' | 'wsgi-app';
  readonly mount: string;
  readonly prefix: PrefixMode;
}): Promise<WebApp> {
  const rig = Rig.create();
  const port = await freePort();
  mkdirSync(rig.paths.apps, {recursive: true, mode: 0o700});
  const lines = [
    `directory = ${JSON.stringify(fixture(app.fixture))}`,
    `mount = ${JSON.stringify(app.mount || '/')}`,
    `prefix = "${app.prefix}"`,
    `port = ${port}`,
    'env = { PYTHONDONTWRITEBYTECODE = "1" }',
    '[programs.web]',
    'gunicorn = "wsgi:application"',
    'workers = 2',
    '',
  ];
  writeFileSync(path.join(rig.paths.apps, 'tasks.toml'), lines.join('\n'), {mode: 0o600});
  try {
    await rig.ok('start', 'tasks');
  } catch (error) {
    await rig.clean();
    throw error;
  }
  return {
    port,
    async snippet(front) {
      const {code, stdout, stderr} = await rig.appsup('snippet', 'tasks', '--front', front);
      if (code !== 0) throw new Error(`appsup snippet ended with ${code}: ${stderr}`);
      return {text: stdout, verdict: stderr};
    },
    pause: async () => void (await rig.ok('stop', 'tasks')),
    stop: async () => void (await rig.clean()),
  };
}
