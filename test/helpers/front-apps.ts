import {execSync} from 'node:child_process';
import {chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir, userInfo} from 'node:os';
import path from 'node:path';

import type {PrefixMode} from '../../src/core/spec.ts';
import {freePort} from './free-port.ts';
import {lesserUser} from './front-end.ts';
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
}

/** Apps that run under one supervisor, all over the same transport. */
export class FrontApps {
  readonly rig = Rig.create();
  /** Where a web server's own account can get in. */
  readonly open = mkdtempSync(path.join(tmpdir(), 'as-open-'));
  readonly transport: 'tcp' | 'unix';

  constructor(transport: 'tcp' | 'unix') {
    this.transport = transport;
    chmodSync(this.open, 0o755);
  }

  async start(apps: readonly FrontApp[]): Promise<void> {
    mkdirSync(this.rig.paths.apps, {recursive: true, mode: 0o700});
    writeFileSync(this.rig.paths.globalConfig, webUserLine(), {mode: 0o600});
    for (const app of apps) await this.#define(app);
    await this.rig.ok('start', ...apps.map(({name}) => name));
    await letWebServerIn(this.rig);
  }

  /** A copy of a directory of test/fixtures that everybody can read. */
  publish(name: string): string {
    const directory = path.join(this.open, path.basename(name));
    cpSync(fixture(name), directory, {recursive: true});
    return directory;
  }

  async clean(): Promise<void> {
    await this.rig.clean();
    rmSync(this.open, {recursive: true, force: true});
  }

  async #define({name, mount, prefix, program, more = '', ...app}: FrontApp): Promise<void> {
    const text = [
      `directory = ${JSON.stringify(fixture(app.fixture))}`,
      `mount = "${mount || '/'}"`,
      `prefix = "${prefix}"`,
      this.transport === 'unix' ? 'transport = "unix"' : `port = ${await freePort()}`,
      more,
      '[programs.web]',
      program,
      `env = { SERVED_BY = "${app.servedBy}", PYTHONDONTWRITEBYTECODE = "1" }`,
    ];
    writeFileSync(path.join(this.rig.paths.apps, `${name}.toml`), `${text.join('\n')}\n`, {mode: 0o600});
  }
}

/** The account that servers of the tests run as, as the user's settings have it. */
export function webUserLine(): string {
  return `web_user = "${lesserUser() ?? userInfo().username}"\n`;
}

/** What appsup has its user type, once: the home is nobody else's. */
export async function letWebServerIn(rig: Rig): Promise<void> {
  const problems = (await rig.status()).apps.flatMap((app) => app.problems).join('\n');
  const [command] = /setfacl -m u:\S+:x .*$/m.exec(problems) ?? [];
  if (command !== undefined) execSync(command);
}
