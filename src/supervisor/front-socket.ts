import {createHash} from 'node:crypto';
import {chmodSync, linkSync, renameSync, rmSync, statSync, utimesSync} from 'node:fs';
import path from 'node:path';

import {systemCode} from '../errors.ts';
import {closedTo, letPass, shareWith, whoIs} from '../system/acl.ts';
import {socketKey} from '../core/names.ts';
import {ensurePrivateDirectory} from '../system/files.ts';
import {namedSocketPath, publicSocketPath} from '../system/paths.ts';
import type {Paths} from '../system/paths.ts';
import type {RawSocket, Sockets} from '../system/sockets.ts';

export interface FrontSocketOptions {
  readonly sockets: Pick<Sockets, 'bindPath'>;
  readonly paths: Pick<Paths, 'front' | 'run' | 'state'>;
  readonly app: string;
  /** Of a named socket, which is for its owner alone; `undefined`: the app's own. */
  readonly name?: string | undefined;
  /** The account of the web server; `undefined`: not known. */
  readonly webUser: string | undefined;
}

/**
 * The file of a Unix socket that a front end connects to: for its owner and the web server's account, for nobody else.
 *
 * A second name of the same socket lies where nobody else looks. Should the public name be deleted, it is given again
 * from there, and the processes that accept on the socket need not be told.
 */
export class FrontSocket {
  readonly path: string;
  /** The name that it is bound by, which the kernel shows, and which is not there any more. */
  readonly boundAt: string;
  /** Why the web server cannot connect; `undefined`: it can. */
  problem: string | undefined;
  readonly #options: FrontSocketOptions;
  readonly #kept: string;

  /** @throws AppsupError `PATH_TOO_LONG` */
  constructor(options: FrontSocketOptions) {
    this.#options = options;
    const {paths, app, name} = options;
    this.path = name === undefined ? publicSocketPath(paths, app) : namedSocketPath(paths, app, name);
    const whole = name === undefined ? app : socketKey(app, name);
    const id = createHash('sha256').update(whole).digest('hex').slice(0, 8);
    this.#kept = path.join(options.paths.run, `${id}-front.sock`);
    this.boundAt = path.join(options.paths.run, `${id}-front.new`);
  }

  /**
   * Bind a new socket in the place of whatever is there.
   *
   * @throws Error with `code` `EACCES`, `ENOSPC`, ...
   */
  bind(): RawSocket {
    this.admit();
    // Node removes the name that it bound when it closes the socket, and closes it while copies live on. And the kernel keeps
    // the directory of that name, so that its end would not be told. So it is another name, elsewhere.
    const draft = this.boundAt;
    const raw = this.#options.sockets.bindPath(draft);
    // Also where the web server does not get this far yet: the way may be opened later.
    const {webUser, name} = this.#options;
    // The mask leaves the x, which means nothing on a socket.
    if (name !== undefined) chmodSync(draft, 0o600);
    const refused = webUser === undefined || name !== undefined ? undefined : shareWith(webUser, 'rw', draft);
    this.problem ??= this.#refused(refused);
    rmSync(this.#kept, {force: true});
    linkSync(draft, this.#kept);
    this.#name();
    rmSync(draft);
    return raw;
  }

  /** Give the socket its public name again, if it has lost it. True when it had. */
  restore(): boolean {
    const kept = inodeOf(this.#kept);
    if (kept === undefined || inodeOf(this.path) === kept) return false;
    this.admit();
    this.#name();
    return true;
  }

  /** At once in the place of an older one, so that front ends always find one. */
  #name(): void {
    const draft = `${this.#kept}.next`;
    rmSync(draft, {force: true});
    linkSync(this.#kept, draft);
    renameSync(draft, this.path);
  }

  /**
   * True when somebody has connected since the last call, which the kernel notes as an access to the file.
   *
   * On a file system without access times (`noatime`) it never is.
   */
  visited(): boolean {
    try {
      const visited = statSync(this.#kept).atimeMs !== UNVISITED.getTime();
      // With `relatime` the next access is noted because this change is younger.
      if (visited) utimesSync(this.#kept, UNVISITED, new Date());
      return visited;
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return false;
    }
  }

  remove(): void {
    rmSync(this.path, {force: true});
    rmSync(this.#kept, {force: true});
  }

  /**
   * Let the web server's account pass through our own directories, and see whether it gets this far.
   *
   * Directories that are not ours, such as the home, are the user's to open.
   */
  admit(): void {
    const {webUser, paths, app, name} = this.#options;
    this.problem = undefined;
    if (name !== undefined) return ensurePrivateDirectory(paths.run);
    ensurePrivateDirectory(paths.front);
    if (webUser === undefined) {
      this.problem = `the account of the web server is not known, so it cannot connect to ${this.path}: write web_user = "..." into config.toml, or transport = "tcp" for ${app}`;
      return;
    }
    const who = whoIs(webUser);
    if (who === undefined) {
      this.problem = `there is no account "${webUser}" (web_user) on this host, so that nobody can connect to ${this.path}`;
      return;
    }
    const closed = closedTo(who, this.path);
    const ours = ownDirectories(paths).filter((directory) => closed.includes(directory));
    const refused = closed.includes(paths.front) ? shareWith(webUser, 'x', paths.front) : undefined;
    this.problem = this.#refused(refused ?? letPass(webUser, who, ours));
    const others = closed.filter((directory) => directory !== paths.front && !ours.includes(directory));
    if (others.length > 0) {
      this.problem ??= `${webUser} cannot reach ${this.path}; let it pass, and nobody else: setfacl -m u:${webUser}:x ${others.join(' ')}`;
    }
  }

  #refused(why: string | undefined): string | undefined {
    const {webUser, app} = this.#options;
    return why === undefined
      ? undefined
      : `${webUser} cannot be let in to ${this.path} (${why}): write transport = "tcp" for ${app}`;
  }
}

/** The state directory, and the one above it when we have named that, too. */
function ownDirectories({state}: Pick<Paths, 'state'>): readonly string[] {
  const above = path.dirname(state);
  return path.basename(above) === 'appsup' ? [above, state] : [state];
}

/** A time that no visitor comes at. */
const UNVISITED = new Date(1000);

function inodeOf(file: string): number | undefined {
  try {
    return statSync(file).ino;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
