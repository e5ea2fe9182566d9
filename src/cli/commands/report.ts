import {writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';

import type {BootOptions} from '../../boot/install.ts';
import type {StatusReport} from '../../control/api.ts';
import {knownSecrets} from '../../doctor/known-secrets.ts';
import {reportText} from '../../doctor/report.ts';
import type {World} from '../../doctor/world.ts';
import {isAppsupError, systemCode} from '../../errors.ts';
import {secretsIn} from '../../launch/secrets.ts';
import {asDiskError} from '../../system/disk-error.ts';
import {usage} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {worldOf} from '../doctor-world.ts';
import {tilde} from '../format.ts';
import {printable} from '../printable.ts';
import {waiting} from '../progress.ts';
import {sectionsOf} from '../report-sections.ts';

/** `appsup report [--output FILE | --print]` → `GET /v1/status`; the rest is read from files, also when no supervisor starts. */
export function report(bootOf: (context: Context) => BootOptions): Command {
  return async (context, {options}) => {
    const {paths, clock, cwd} = context;
    const date = new Date(clock.wall()).toISOString();
    const named =
      options.value('output') ??
      `appsup-report-${hostname()}-${date.slice(0, 19).replaceAll(/[-:]/g, '')}.txt`;
    const wait = waiting(context, 'collecting');
    const text = await collected(context, worldOf(context, bootOf(context)), date).finally(() => wait.end());
    if (options.has('print')) return {text: text.trimEnd(), json: [{text}]};
    const file = path.resolve(cwd, named);
    write(file, text);
    return {
      text: `${tilde(file, paths.home)}  ${Math.ceil(Buffer.byteLength(text) / 1000)} KB, only you can read it`,
      json: [{file, bytes: Buffer.byteLength(text)}],
      hints: ['secrets are masked as far as appsup can know them: read it before you send it'],
    };
  };
}

async function collected(context: Context, world: World, date: string): Promise<string> {
  const status = await statusOf(context);
  const sections = await sectionsOf(context, world, status);
  // What runs may have been started with other values than those that the files have now.
  const pids =
    typeof status === 'string'
      ? []
      : status.apps.flatMap(({processes}) => processes.flatMap(({pid}) => pid ?? []));
  const running = pids.flatMap((pid) => secretsIn(world.proc.environment(pid)));
  const files = [
    {file: world.paths.globalConfig, text: world.config.texts.get(world.paths.globalConfig) ?? ''},
    ...world.config.apps.values(),
  ];
  const secrets = new Set([...knownSecrets(files, world.paths.home), ...running]);
  return printable(reportText(sections, [...secrets], date));
}

async function statusOf({connect}: Context): Promise<StatusReport | string> {
  try {
    return await connect().status({targets: [], memory: true});
  } catch (error) {
    if (isAppsupError(error)) return error.message;
    throw error;
  }
}

/** @throws AppsupError `USAGE` when the file is there already, `DISK` */
function write(file: string, text: string): void {
  try {
    writeFileSync(file, text, {flag: 'wx', mode: 0o600});
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw asDiskError(error, `write ${file}`);
    throw usage(`Cannot write ${file}: it is there already`, {hint: 'take another name: --output FILE'});
  }
}
