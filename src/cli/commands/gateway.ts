import {existsSync} from 'node:fs';
import path from 'node:path';

import type {AppStatus, StatusReport} from '../../control/api.ts';
import {fillMount} from '../../config/keys.ts';
import type {Config} from '../../config/load.ts';
import {gatewayFor, isGateway, isServed} from '../../core/spec.ts';
import type {AppSpec} from '../../core/spec.ts';
import {AppsupError, isAppsupError} from '../../errors.ts';
import {routeOf} from '../../gateway/routes.ts';
import {configOf, specNamed} from '../apps.ts';
import type {Invocation} from '../args.ts';
import {columns} from '../columns.ts';
import type {Command, Context} from '../context.ts';
import {tilde} from '../format.ts';
import {gatewaysOf} from '../gateways.ts';
import {checkedText, writeApp} from '../new-app.ts';
import type {Result} from '../output.ts';

/**
 * `appsup gateway enable [--mount /alice] [--port PORT]` writes the app that is the gateway, and starts it.
 *
 * `appsup gateway status`: what is reached through it, and what is not and why.
 */
export const gateway: Command = async (context, invocation) => {
  const [action = 'status'] = invocation.words;
  return action === 'enable' ? await enable(context, invocation) : await status(context);
};

const NAME = 'gateway';

async function enable(context: Context, {options}: Invocation): Promise<Result> {
  const {paths} = context;
  const config = configOf(context);
  const existing = gatewaysOf(config)[0];
  const file = path.join(paths.apps, `${NAME}.toml`);
  if (existing !== undefined || existsSync(file)) {
    const name = existing?.name ?? NAME;
    throw new AppsupError('APP_EXISTS', `Cannot enable the gateway: there is an app "${name}" already`, {
      hint:
        existing === undefined
          ? `see appsup show ${name}`
          : `appsup start ${name}; its mount: appsup edit ${name}`,
      details: {app: name},
    });
  }
  const mount = options.value('mount') ?? defaultMount(context, config);
  const port = options.count('port');
  const choice = {
    directory: paths.home,
    mount: mount === '/' ? '' : mount,
    ...(port === undefined ? {} : {port}),
    programs: [{name: NAME, launch: {kind: 'gateway'} as const}],
  };
  const text = checkedText(context, choice, {name: NAME, file, config});
  const lease = await writeApp(context, config, {name: NAME, file, text, port});
  const api = await context.summon();
  const {results} = await api.act({action: 'start', targets: [NAME], wait: true}, () => undefined);
  const failed = results.find(({ok}) => !ok);
  if (failed !== undefined) {
    throw new AppsupError('NOT_READY', failed.error?.message ?? `${NAME} did not start`, {
      hint: failed.error?.hint ?? `appsup logs ${NAME}`,
    });
  }
  const after = configOf(context);
  const {reached, missed} = overview(after, specNamed(after, 'enable', NAME));
  return {
    text: [
      `The gateway serves ${choice.mount}/ on port ${lease.port}`,
      `  ${tilde(file, paths.home)}`,
      ...reached.map(({name, mount: at}) => `  ${at}/  ${name}`),
      '',
      `Next: appsup request ${NAME}`,
    ].join('\n'),
    json: [
      {
        app: NAME,
        ok: true,
        file,
        port: lease.port,
        mount: choice.mount || '/',
        reached: reached.map(({name}) => name),
      },
    ],
    hints: [...lease.warnings, ...missed.map(({name, why}) => `not behind it: ${name} (${why})`)],
  };
}

/** `/alice`, or what the host's form of mounts has in front of the app: `/~{user}/{app}` gives `/~alice`. */
function defaultMount(context: Context, {settings}: Config): string {
  const {username} = context.account();
  const front = /^(.+)\/\{app\}$/.exec(settings.mountTemplate)?.[1];
  return fillMount(front ?? '/{user}', username, '');
}

interface Overview {
  readonly reached: readonly AppSpec[];
  readonly missed: readonly {readonly name: string; readonly why: string}[];
}

/** Which apps a gateway reaches. Pure. */
function overview(config: Config, gatewayApp: AppSpec): Overview {
  const apps = [...config.apps.values()]
    .flatMap(({spec}) => spec ?? [])
    .filter((app) => isServed(app) && !isGateway(app));
  const found = apps.map((app) => ({app, why: missing(app, gatewayApp)}));
  return {
    reached: found.filter(({why}) => why === undefined).map(({app}) => app),
    missed: found.flatMap(({app, why}) => (why === undefined ? [] : [{name: app.name, why}])),
  };
}

function missing(app: AppSpec, gatewayApp: AppSpec): string | undefined {
  if (routeOf({app, upstream: {kind: 'tcp', port: 1}}) === undefined)
    return 'it speaks uwsgi, and the gateway HTTP: protocol = "http"';
  if (gatewayFor(app, [gatewayApp]) !== undefined) return undefined;
  return `its mount is ${app.mount || '/'}; mount = "${gatewayApp.mount}/${app.name}" is behind it, from its next restart on`;
}

async function status(context: Context): Promise<Result> {
  const config = configOf(context);
  const gateways = gatewaysOf(config);
  if (gateways.length === 0) {
    return {
      text: 'There is no gateway: appsup gateway enable',
      json: [{gateways: []}],
    };
  }
  const report = await reportOf(context);
  const facts = gateways.map((app) => ({
    app,
    ...overview(config, app),
    state: stateOf(report, app.name),
  }));
  const lines = facts.flatMap(({app, reached, state}) => [
    `${app.name}  ${state}  ${app.mount}/`,
    ...columns(reached.map(({name, mount}) => [`${mount}/`, name, stateOf(report, name)])).map(
      (line) => `  ${line}`,
    ),
  ]);
  return {
    text: lines.join('\n'),
    json: [
      {
        gateways: facts.map(({app, reached, missed, state}) => ({
          app: app.name,
          mount: app.mount || '/',
          state,
          reached: reached.map(({name, mount}) => ({app: name, mount, state: stateOf(report, name)})),
          missed,
        })),
      },
    ],
    hints: facts.flatMap(({missed}) => missed.map(({name, why}) => `not behind it: ${name} (${why})`)),
  };
}

/** Without a supervisor there is still what the files say. */
async function reportOf(context: Context): Promise<StatusReport | undefined> {
  try {
    return await context.connect().status({targets: [], memory: false});
  } catch (error) {
    if (isAppsupError(error) && error.code === 'SUPERVISOR_GONE') return undefined;
    throw error;
  }
}

function stateOf(report: StatusReport | undefined, name: string): string {
  const app: AppStatus | undefined = report?.apps.find((each) => each.app === name);
  return app?.processes.find(({serves}) => serves)?.state ?? 'unknown';
}
