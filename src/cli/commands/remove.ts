import {existsSync, rmSync} from 'node:fs';
import path from 'node:path';

import {socketKey} from '../../core/names.ts';
import {AppsupError, isAppsupError} from '../../errors.ts';
import {namedLeases, releasePort} from '../../ports/leases.ts';
import {asDiskError} from '../../system/files.ts';
import {appNamed, configOf, namesOf, tellSupervisor} from '../apps.ts';
import {usage} from '../args.ts';
import type {Options} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {forEachApp} from '../each.ts';
import {tilde} from '../format.ts';
import {hasProcesses} from '../left-behind.ts';
import type {Result} from '../output.ts';

/** `appsup remove APP...`: stop, forget, give the port back. In this order: an interrupted one can be repeated. */
export const remove: Command = async (context, {words, options}) => {
  const names = namesOf(configOf(context), 'remove', words);
  return await forEachApp(names, async (name) => removeOne(context, name, options));
};

async function removeOne(context: Context, name: string, options: Options): Promise<Result> {
  const {paths} = context;
  const config = configOf(context);
  const {file} = appNamed(config, 'remove', name);
  if (!options.has('yes')) await confirm(context, name, options.has('purge'));
  await stop(context, name);
  const logs = path.join(paths.logs, name);
  rm(file);
  await tellSupervisor(context, name);
  const lease = await releasePort({paths, app: name, claims: config.site.claims});
  for (const socket of namedLeases(paths, name).keys())
    await releasePort({paths, app: socketKey(name, socket), claims: config.site.claims});
  for (const directory of [paths.desired, paths.requests, paths.verified])
    rm(path.join(directory, `${name}.json`));
  rm(path.join(paths.state, 'once', `front-missed.${name}`));
  if (options.has('purge')) rm(logs);
  const kept = existsSync(logs);
  return {
    text: [
      `Removed ${name}${lease === undefined ? '' : `; port ${lease.port} is free again`}`,
      ...(kept ? [`  its logs stay: ${tilde(logs, paths.home)}`] : []),
    ].join('\n'),
    json: [{app: name, ok: true, port: lease?.port ?? null, logs: kept ? logs : null}],
    hints:
      lease === undefined
        ? []
        : [`if a front end has its lines, have them removed: "# >>> appsup ... ${name}"`],
  };
}

async function confirm({ask, terminal}: Context, name: string, purge: boolean): Promise<void> {
  if (!terminal.interactive) {
    throw usage(`Cannot remove "${name}": there is nobody to ask`, {hint: `appsup remove ${name} --yes`});
  }
  const answer = await ask(
    `Stop ${name} and forget it? Its code stays, ${purge ? 'its logs go' : 'its logs stay'}. [y/N] `,
  );
  if (/^y(es)?$/i.test(answer?.trim() ?? '')) return;
  throw new AppsupError('CANCELLED', `Nothing was changed: ${name} stays`);
}

/** With nobody to stop it, a program would run on for ever: a supervisor is started for that if need be. */
async function stop(context: Context, name: string): Promise<void> {
  const api = hasProcesses(context.paths, name) ? await context.summon() : context.connect();
  try {
    const {results} = await api.act({action: 'stop', targets: [name]}, () => {});
    const failure = results.find(({ok}) => !ok);
    if (failure?.error !== undefined) throw AppsupError.fromRecord(failure.error);
  } catch (error) {
    // Nobody there, or nobody who knows it: then nothing of it runs.
    if (isAppsupError(error) && (error.code === 'SUPERVISOR_GONE' || error.code === 'NO_SUCH_APP')) return;
    throw error;
  }
}

function rm(file: string): void {
  try {
    rmSync(file, {recursive: true, force: true});
  } catch (error) {
    throw asDiskError(error, `delete ${file}`);
  }
}
