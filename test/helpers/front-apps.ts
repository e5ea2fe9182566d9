import {chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import net from 'node:net';
import {tmpdir} from 'node:os';
import path from 'node:path';

import type {PrefixMode} from '../../src/core/spec.ts';
import {freePort} from './free-port.ts';
import {Rig} from './rig.ts';
import {fixture} from './tools.ts';

/** An app of test/fixtures, as appsup is told of it. */
export interface FrontApp {
  readonly name: string;
  /** `''`: the root of the site. */
  readonly mount: string;
  readonly prefix: PrefixMode;
  /** What it calls itself in `X-Served-By`. */
  readonly servedBy: string;
  readonly fixture: string;
  /** Lines of `[programs.web]`. */
  readonly program: string;
  /** Lines in front of it. */
  readonly more?: string;
  readonly speaks?: 'uwsgi';
}

/** Apps that run under one supervisor, each reachable over TCP and over a Unix socket that leads to the same port. */
export class FrontApps {
  readonly rig = Rig.create();
  /** Where a web server's own account can get in. */
  readonly open = mkdtempSync(path.join(tmpdir(), 'as-open-'));
  readonly #ports = new Map<string, number>();
  readonly #relays: net.Server[] = [];

  constructor() {
    chmodSync(this.open, 0o755);
  }

  async start(apps: readonly FrontApp[]): Promise<void> {
    mkdirSync(this.rig.paths.apps, {recursive: true, mode: 0o700});
    for (const app of apps) await this.#define(app);
    await this.rig.ok('start', ...apps.map(({name}) => name));
    for (const {name} of apps) await this.#relay(name);
  }

  port(name: string): number {
    return this.#ports.get(name) ?? 0;
  }

  socket(name: string): string {
    return path.join(this.open, `${name}.sock`);
  }

  /** A copy of a directory of test/fixtures that everybody can read. */
  publish(name: string): string {
    const directory = path.join(this.open, path.basename(name));
    cpSync(fixture(name), directory, {recursive: true});
    return directory;
  }

  /** Nobody listens any more, neither app nor supervisor. */
  async quiet(): Promise<void> {
    await this.rig.ok('daemon', 'stop');
    for (const relay of this.#relays.splice(0)) relay.close();
  }

  async clean(): Promise<void> {
    for (const relay of this.#relays.splice(0)) relay.close();
    await this.rig.clean();
    rmSync(this.open, {recursive: true, force: true});
  }

  async #define({name, mount, prefix, program, more = '', ...app}: FrontApp): Promise<void> {
    const port = await freePort();
    this.#ports.set(name, port);
    const text = [
      `directory = ${JSON.stringify(fixture(app.fixture))}`,
      `mount = "${mount || '/'}"`,
      `prefix = "${prefix}"`,
      `port = ${port}`,
      more,
      '[programs.web]',
      program,
      `env = { SERVED_BY = "${app.servedBy}", PYTHONDONTWRITEBYTECODE = "1" }`,
    ];
    writeFileSync(path.join(this.rig.paths.apps, `${name}.toml`), `${text.join('\n')}\n`, {mode: 0o600});
  }

  /** A socket that everybody may open, in front of the app's port. */
  async #relay(name: string): Promise<void> {
    const relay = net.createServer({allowHalfOpen: true}, (visitor) => {
      const app = net.connect({host: '127.0.0.1', port: this.port(name), allowHalfOpen: true});
      visitor.pipe(app).pipe(visitor);
      visitor.on('error', () => app.destroy());
      app.on('error', () => visitor.destroy());
    });
    this.#relays.push(relay);
    await new Promise<void>((resolve) => relay.listen(this.socket(name), resolve));
    chmodSync(this.socket(name), 0o777);
  }
}
