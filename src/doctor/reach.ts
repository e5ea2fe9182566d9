import {mkdtempSync, rmSync} from 'node:fs';
import path from 'node:path';

import {webProgram} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {detectWebUser} from '../frontend/web-user.ts';
import {attempt, exists} from '../launch/look.ts';
import {closedTo, shareWith, whoIs} from '../system/acl.ts';
import {publicSocketPath} from '../system/paths.ts';
import {broken, ok} from './finding.ts';
import type {Answer} from './finding.ts';
import type {World} from './world.ts';

/** Something that the web server's account has to get at. */
export interface Way {
  readonly app: string;
  readonly what: 'socket' | 'static files';
  /** Absolute. */
  readonly path: string;
  /** Directories on the way that it cannot pass, outermost first. */
  readonly closed: readonly string[];
}

export interface ReachFacts {
  /** Apps behind a Unix socket. */
  readonly unix: readonly string[];
  /** The web server's account; `undefined`: nobody knows. */
  readonly webUser: string | undefined;
  /** Why that account cannot be let in by an access control list; `undefined`: it can. */
  readonly refused: string | undefined;
  readonly ways: readonly Way[];
}

/** @param here - A web server is installed on this host. */
export function lookAtReach({config, paths}: World, here: boolean): readonly Answer[] {
  const specs = [...config.apps.values()]
    .flatMap(({spec}) => spec ?? [])
    .filter((spec) => webProgram(spec) !== undefined);
  const unix = specs.filter(({transport}) => transport === 'unix').map(({name}) => name);
  const statics = here && specs.some(({front}) => front.statics.length > 0);
  if (unix.length === 0 && !statics) return [];
  const webUser = config.settings.webUser ?? detectWebUser();
  const who = webUser === undefined ? undefined : whoIs(webUser);
  const ways =
    who === undefined
      ? []
      : specs
          .flatMap((spec) => waysOf(spec, paths))
          .map((way) => ({...way, closed: closedTo(who, way.path)}));
  return judgeReach({
    unix,
    webUser: who === undefined ? undefined : webUser,
    refused:
      who === undefined || webUser === undefined || unix.length === 0
        ? undefined
        : tryAcl(webUser, exists(paths.state) ? paths.state : paths.home),
    ways,
  });
}

function waysOf({name, transport, front}: AppSpec, paths: World['paths']): readonly Omit<Way, 'closed'>[] {
  const socket = publicSocketPath(paths, name);
  return [
    // The way is opened at the first start.
    ...(transport === 'unix' && exists(socket) ? [{app: name, what: 'socket', path: socket} as const] : []),
    ...front.statics.map(
      ({directory}) => ({app: name, what: 'static files', path: path.join(directory, 'x')}) as const,
    ),
  ];
}

/** On a directory that is made for it and removed again: whether the file system has lists, and setfacl is there. */
function tryAcl(webUser: string, directory: string): string | undefined {
  const probe = attempt(() => mkdtempSync(path.join(directory, '.acl-')));
  if (probe === undefined) return undefined;
  try {
    return shareWith(webUser, 'x', probe);
  } finally {
    rmSync(probe, {recursive: true, force: true});
  }
}

/** Pure. */
export function judgeReach({unix, webUser, refused, ways}: ReachFacts): readonly Answer[] {
  if (webUser === undefined) {
    const text = `nobody knows as whom the web server runs, so it cannot be let in to the socket of ${unix.join(', ')}`;
    return unix.length === 0
      ? []
      : [broken('web-user-unknown', text, 'web_user = "www-data" in config.toml, or transport = "tcp"')];
  }
  return [
    ...(unix.length === 0
      ? []
      : refused === undefined
        ? [ok('acl', `${webUser} can be let in by an access control list`)]
        : [
            broken(
              'acl',
              `${webUser} cannot be let in to the socket of ${unix.join(', ')}: ${refused}`,
              'install acl, on a file system that has access control lists; until then transport = "tcp"',
              'administrators',
            ),
          ]),
    ...ways.map(({app, what, path: place, closed}) => {
      const shown = what === 'socket' ? place : path.dirname(place);
      const text = `${webUser} cannot reach the ${what} of ${app}, ${shown}`;
      return closed.length === 0
        ? ok('reach', `${webUser} can reach the ${what} of ${app}`)
        : broken(
            what === 'socket' ? 'socket-unreachable' : 'static-unreachable',
            text,
            `let it pass, and nobody else: setfacl -m u:${webUser}:x ${closed.join(' ')}`,
          );
    }),
  ];
}
