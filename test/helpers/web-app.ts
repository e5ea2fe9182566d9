import type {PrefixMode} from '../../src/core/spec.ts';
import {answers, endGroup, inGroupOfItsOwn} from './front-end.ts';
import {freePort} from './free-port.ts';
import {fixture, toolPath} from './tools.ts';

/** An app that serves under a mount. */
export interface WebApp {
  readonly port: number;
  stop(): Promise<void>;
}

/** Start an app of test/fixtures under gunicorn, with the environment that appsup gives it. */
export async function startWebApp(app: {
  readonly fixture: 'flask-app' | 'wsgi-app';
  readonly mount: string;
  readonly prefix: PrefixMode;
}): Promise<WebApp> {
  const port = await freePort();
  const server = inGroupOfItsOwn(
    toolPath('gunicorn'),
    ['--bind', `127.0.0.1:${port}`, '--workers', '2', 'wsgi:application'],
    fixture(app.fixture),
    {
      PYTHONDONTWRITEBYTECODE: '1',
      PORT: String(port),
      ...(app.prefix === 'keep' ? {SCRIPT_NAME: app.mount} : {}),
    },
  );
  let printed = '';
  server.stderr?.on('data', (data: Buffer) => (printed += data.toString()));
  try {
    await answers(server, port, `${app.fixture} on port ${port}`);
  } catch (error) {
    await endGroup(server, 'SIGKILL');
    throw new Error(`gunicorn did not come up: ${printed}`, {cause: error});
  }
  return {port, stop: async () => await endGroup(server, 'SIGTERM')};
}
