import {existsSync} from 'node:fs';
import path from 'node:path';

import {isServed} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {checkSnippet} from '../frontend/check.ts';
import type {CheckResult} from '../frontend/check.ts';
import {frontEndHints} from '../frontend/hints.ts';
import {changesSince, keptRequest} from '../frontend/kept.ts';
import {modulesFor} from '../frontend/modules.ts';
import {siteFacts} from '../frontend/site.ts';
import type {SiteFacts} from '../frontend/site.ts';
import {wantedOf} from '../frontend/wanted.ts';
import {readText} from '../launch/look.ts';
import {leaseOf} from '../ports/leases.ts';
import {processNames, serviceGroups} from '../system/process-names.ts';
import {broken, ok, unseen, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import {lookAtReach} from './reach.ts';
import type {Look, World} from './world.ts';

type Kind = 'apache' | 'nginx';

/** What the administrators were asked for, for one app. */
export interface Requested {
  readonly app: string;
  readonly kind: Kind;
  /** Modules of Apache that its lines need. */
  readonly modules: readonly string[];
  /** What the server's own program says of the lines. */
  readonly check: CheckResult;
  /** What has changed since; `undefined`: nothing. */
  readonly stale: string | undefined;
}

export interface FrontFacts {
  /** Kinds that are installed here, with what is known of each. */
  readonly installed: readonly (Pick<SiteFacts, 'loaded' | 'selinux'> & {
    readonly kind: Kind;
    /** `undefined`: processes of others are hidden. */
    readonly running: boolean | undefined;
    readonly reload: string;
  })[];
  readonly requested: readonly Requested[];
}

export const lookAtFrontEnd: Look = async (world) => {
  const {root, config} = world;
  const {webUser} = config.settings;
  const installed = [...new Set(frontEndHints(root).map(({kind}) => kind))].map((kind) => {
    const {loaded, selinux, hint} = siteFacts(kind, webUser, root);
    return {kind, loaded, selinux, running: isRunning(kind, root), reload: hint?.reload ?? 'reload it'};
  });
  const specs = [...config.apps.values()].flatMap(({spec}) => spec ?? []);
  const requested = await Promise.all(specs.map(async (spec) => await requestedOf(spec, world)));
  return [
    ...judgeFrontEnd({installed, requested: requested.flat()}),
    ...lookAtReach(world, installed.length > 0),
  ];
};

const SERVICES: Readonly<Record<Kind, readonly string[]>> = {
  apache: ['apache2', 'httpd', 'httpd.worker'],
  nginx: ['nginx'],
};

function isRunning(kind: Kind, root: string): boolean | undefined {
  const names = processNames(root);
  const units = SERVICES[kind].flatMap(serviceGroups);
  if (
    SERVICES[kind].some((name) => names.has(name)) ||
    units.some((unit) => existsSync(path.join(root, unit)))
  )
    return true;
  return readText(path.join(root, 'proc/1/stat')) === undefined ? undefined : false;
}

async function requestedOf(spec: AppSpec, {paths, env}: World): Promise<readonly Requested[]> {
  const request = !isServed(spec) ? undefined : keptRequest(paths, spec.name);
  if (request?.text === undefined) return [];
  const {front} = request;
  const text = blocksIn(request.text);
  const port = spec.port ?? leaseOf(paths, spec.name)?.port;
  return [
    {
      app: spec.name,
      kind: front === 'nginx' ? 'nginx' : 'apache',
      modules: front === 'nginx' ? [] : modulesFor(text),
      check: await checkSnippet(text, front, {env}),
      stale: port === undefined ? undefined : changesSince(request, wantedOf(spec, port, paths)),
    },
  ];
}

/** The lines for the server out of the letter that carried them, those of other apps in it, too. */
function blocksIn(letter: string): string {
  return [...letter.matchAll(/^# >>> appsup .*$[^]*?^# <<< appsup .*$/gm)]
    .map(([block]) => `${block}\n`)
    .join('');
}

const NAMES: Readonly<Record<Kind, string>> = {apache: 'Apache', nginx: 'nginx'};

/** Pure. What nobody has asked the administrators for yet is told by the letter (`appsup request`). */
export function judgeFrontEnd({installed, requested}: FrontFacts): readonly Answer[] {
  const names = installed.map(({kind}) => NAMES[kind]).join(' and ');
  return [
    ok('front-end', names === '' ? 'no Apache and no nginx on this host' : `on this host: ${names}`),
    ...installed.flatMap((server) => judgeServer(server, requested)),
    ...requested.flatMap(judgeRequested),
  ];
}

function judgeServer(
  {kind, loaded, selinux, running, reload}: FrontFacts['installed'][number],
  requested: readonly Requested[],
): readonly Answer[] {
  const mine = requested.filter((each) => each.kind === kind);
  if (mine.length === 0) return [];
  const apps = mine.map(({app}) => app).join(', ');
  const missing = [...new Set(mine.flatMap(({modules}) => modules))].filter(
    (name) => loaded?.has(name) === false,
  );
  return [
    running === undefined
      ? unseen('front-running', `whether ${NAMES[kind]} runs`, 'processes of other users are hidden')
      : running
        ? ok('front-running', `${NAMES[kind]} runs`)
        : broken(
            'front-not-running',
            `${NAMES[kind]} is installed here and does not run: nobody reaches ${apps}`,
            reload.replace(' reload ', ' start '),
            'administrators',
          ),
    missing.length === 0
      ? ok('front-modules', `${NAMES[kind]} has what your lines need, as far as can be seen`)
      : broken(
          'front-modules',
          `Apache does not load what the lines of ${apps} need: ${missing.map((name) => `mod_${name}`).join(', ')}`,
          `a2enmod ${missing.join(' ')} (Red Hat: LoadModule in /etc/httpd/conf.modules.d); ${reload}`,
          'administrators',
        ),
    selinux === 'forbids'
      ? broken(
          'selinux',
          `SELinux keeps ${NAMES[kind]} from the ports of users: visitors of ${apps} get 503`,
          'setsebool -P httpd_can_network_connect 1',
          'administrators',
        )
      : ok(
          'selinux',
          selinux === 'off' ? 'SELinux enforces nothing here' : 'SELinux allows the web server to connect',
        ),
  ];
}

function judgeRequested({app, check, stale}: Requested): readonly Answer[] {
  return [
    check.checked && !check.ok
      ? broken(
          'front-snippet',
          `${check.version} refuses the lines that were sent for ${app}: ${check.message}`,
          `appsup request ${app}`,
        )
      : ok(
          'front-snippet',
          `the lines of ${app}: ${check.checked ? check.message : `not checked (${check.reason})`}`,
        ),
    stale === undefined
      ? ok('front-current', `the administrators have what ${app} needs`)
      : warning(
          'front-stale',
          `the administrators' lines for ${app} are out of date: ${stale}`,
          `appsup request ${app}`,
        ),
  ];
}
