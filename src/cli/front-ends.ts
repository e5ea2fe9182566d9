import {hostname} from 'node:os';

import type {Config} from '../config/load.ts';
import {nearest} from '../core/nearest.ts';
import {gatewayFor, isServed} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {AppsupError} from '../errors.ts';
import {apacheMinimalSnippet, apacheSnippet} from '../frontend/apache.ts';
import {apacheVersion, checkSnippet} from '../frontend/check.ts';
import type {CheckResult} from '../frontend/check.ts';
import {htaccessSnippet} from '../frontend/htaccess.ts';
import {nginxSnippet} from '../frontend/nginx.ts';
import {FRONT_ENDS} from '../frontend/snippet.ts';
import type {FrontEnd, SnippetInput} from '../frontend/snippet.ts';
import {wantedOf} from '../frontend/wanted.ts';
import {nothingServes, portOf, servingNames, specNamed} from './apps.ts';
import {usage} from './args.ts';
import type {Context} from './context.ts';
import {EXIT} from './exit-codes.ts';

const WRITERS: Readonly<Record<FrontEnd, (input: SnippetInput) => string>> = {
  apache: apacheSnippet,
  'apache-minimal': apacheMinimalSnippet,
  htaccess: htaccessSnippet,
  nginx: nginxSnippet,
};

/**
 * The apps that a front end is to know; `all`: whatever serves something, has a file without mistakes and is not reached through a
 * gateway.
 */
export function appsForFront(config: Config, action: string, words: readonly string[]): readonly AppSpec[] {
  const apps = servingNames(config, action, words).map((name) => specNamed(config, action, name));
  if (!words.includes('all')) return apps;
  const every = [...config.apps.values()].flatMap(({spec}) => spec ?? []);
  const direct = apps.filter((app) => gatewayFor(app, every) === undefined);
  if (direct.length > 0) return direct;
  throw nothingServes(action);
}

/** An app's lines for a front end. */
export interface Lines {
  readonly app: AppSpec;
  readonly port: number;
  readonly text: string;
}

export interface LinesRequest {
  readonly app: AppSpec;
  readonly kind: FrontEnd;
  /** For messages: `write a snippet for`. */
  readonly action: string;
  /** Of the Apache that the lines are for. @defaultValue that of this host, if there is one */
  readonly httpdVersion?: string | undefined;
}

/**
 * Write the lines for an app; its port is leased if need be.
 *
 * @throws AppsupError `NOT_AN_APP` when it serves nothing.
 */
export async function linesFor(
  context: Context,
  config: Config,
  {app, kind, action, httpdVersion}: LinesRequest,
): Promise<Lines> {
  if (!isServed(app)) {
    throw new AppsupError(
      'NOT_AN_APP',
      `Cannot ${action} "${app.name}": none of its programs serves anything`,
      {hint: `appsup show ${app.name}`},
    );
  }
  const port = await portOf(context, config, app);
  const text = WRITERS[kind]({
    user: context.account().username,
    host: hostname(),
    app: app.name,
    ...wantedOf(app, port, context.paths),
    date: dayOf(context.clock.wall()),
    home: context.account().homedir,
    httpdVersion: httpdVersion ?? (kind === 'nginx' ? undefined : await apacheVersion({env: context.env})),
  });
  return {app, port, text};
}

/** The front end that was named. @throws AppsupError `USAGE` */
export function frontNamed(word: string, action: string): FrontEnd {
  const kind = FRONT_ENDS.find((known) => known === word);
  if (kind !== undefined) return kind;
  const meant = nearest(word, FRONT_ENDS);
  throw usage(`Cannot ${action} the front end "${word}"`, {
    hint: meant === undefined ? `--front ${FRONT_ENDS.join(' | ')}` : `did you mean "--front ${meant}"?`,
  });
}

/** Ask the real server, where there is one, and say what it says. */
export async function checked(
  {env, paths}: Context,
  text: string,
  kind: FrontEnd,
): Promise<{readonly check: CheckResult; readonly hint: string; readonly exitCode: number}> {
  const check = await checkSnippet(text, kind, {env, directory: paths.state});
  return {check, ...verdict(check, kind)};
}

function verdict(check: CheckResult, kind: FrontEnd): {readonly hint: string; readonly exitCode: number} {
  if (!check.checked) return {hint: `not checked: ${check.reason}`, exitCode: EXIT.ok};
  if (check.ok)
    return {hint: `checked with ${check.version} on this host: ${check.message}`, exitCode: EXIT.ok};
  const way = kind === 'apache' ? '; --front apache-minimal needs fewer modules' : '';
  return {hint: `${check.version} on this host refuses it: ${check.message}${way}`, exitCode: EXIT.failed};
}

/** The reader's calendar day. */
export function dayOf(wall: number): string {
  const at = new Date(wall);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}
