import {chmodSync, chownSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {quote} from '../../src/boot/script.ts';
import type {AppStatus, StatusReport} from '../../src/control/api.ts';
import {pathsFor} from '../../src/system/paths.ts';
import type {Paths} from '../../src/system/paths.ts';
import {makeAccount} from './account.ts';
import type {Account} from './account.ts';
import type {Run} from './rig.ts';

/** A real Unix account that hosts apps with the built binary, each command in a login of its own. */
export class Tenant {
  readonly account: Account;
  readonly paths: Paths;

  private constructor(account: Account) {
    this.account = account;
    this.paths = pathsFor({HOME: account.home});
  }

  static async create(): Promise<Tenant> {
    return new Tenant(await makeAccount());
  }

  get name(): string {
    return this.account.name;
  }

  get uid(): number {
    return this.account.uid;
  }

  /** `appsup ...` in words of the shell: variables may be put before it. */
  command(...args: readonly string[]): string {
    const {node, project} = this.account;
    return [node, path.join(project, 'bin/appsup'), ...args].map(quote).join(' ');
  }

  async appsup(...args: readonly string[]): Promise<Run> {
    const {code = -1, stdout, stderr} = await this.account.run(this.command(...args));
    return {code, stdout, stderr};
  }

  /** As {@link Tenant.appsup}, and it has to go well. */
  async ok(...args: readonly string[]): Promise<string> {
    return await this.account.ok(this.command(...args));
  }

  async status(): Promise<StatusReport> {
    const {stdout} = await this.appsup('status', '--json');
    return JSON.parse(stdout) as StatusReport;
  }

  async app(name: string): Promise<AppStatus> {
    const found = (await this.status()).apps.find(({app}) => app === name);
    if (found === undefined) throw new Error(`${this.name} has no app ${name}`);
    return found;
  }

  /** Pids of everything that serves, by process. */
  async pids(): Promise<Readonly<Record<string, number | undefined>>> {
    const {apps} = await this.status();
    return Object.fromEntries(
      apps.flatMap(({processes}) => processes.map(({app, process, pid}) => [`${app}:${process}`, pid])),
    );
  }

  /** A file of the account's, below its home; 0600 unless told otherwise. */
  write(name: string, text: string, mode = 0o600): string {
    const file = path.join(this.account.home, name);
    this.#own(path.dirname(file));
    writeFileSync(file, text);
    chmodSync(file, mode);
    chownSync(file, this.account.uid, this.account.gid);
    return file;
  }

  async remove(): Promise<void> {
    await this.account.remove();
  }

  #own(directory: string): void {
    if (directory === this.account.home) return;
    this.#own(path.dirname(directory));
    mkdirSync(directory, {recursive: true});
    chownSync(directory, this.account.uid, this.account.gid);
  }
}
