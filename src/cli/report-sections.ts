import {readdirSync} from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import {SITE_FILE} from '../config/load.ts';
import type {Config} from '../config/load.ts';
import type {StatusReport} from '../control/api.ts';
import {examine} from '../doctor/examine.ts';
import {mountOf, mountsOf} from '../doctor/mounts.ts';
import {redactToml} from '../doctor/redact.ts';
import type {Section} from '../doctor/report.ts';
import type {World} from '../doctor/world.ts';
import {isAppsupError, messageOf, systemCode} from '../errors.ts';
import {readText} from '../launch/look.ts';
import {readTail} from '../logs/tail.ts';
import type {Context} from './context.ts';
import {tilde} from './format.ts';
import {openDeclaredLogs, openProcessLog} from './log-sources.ts';

/** Lines of the supervisor's own log, in which every event stands, and of each other log. */
const OWN_LINES = 300;
const LINES = 100;

/** Everything that a report holds, not masked yet but for the config files. */
export async function sectionsOf(
  context: Context,
  world: World,
  status: StatusReport | string,
): Promise<readonly Section[]> {
  const {paths, config} = world;
  const findings = await examine(world);
  return [
    {title: 'versions and host', text: hostText(context, world, status)},
    {title: 'appsup doctor', text: findings.map((finding) => JSON.stringify(finding)).join('\n')},
    {title: 'appsup status', text: typeof status === 'string' ? status : JSON.stringify(status, null, 2)},
    ...configSections(world),
    tailOf('events, and what else the supervisor wrote down', paths.log, OWN_LINES),
    tailOf('the boot script', path.join(paths.state, 'boot.log'), LINES),
    ...logSections(context, config),
  ];
}

function hostText({version}: Context, {root, paths, account}: World, status: StatusReport | string): string {
  const release = /^PRETTY_NAME="?(.*?)"?$/m.exec(readText('/etc/os-release') ?? '')?.[1] ?? 'unknown';
  const type = (directory: string) => mountOf(directory, mountsOf(root))?.type ?? 'unknown';
  return [
    `appsup ${version}, supervisor ${typeof status === 'string' ? 'none' : status.supervisor.version}, Node ${process.version}`,
    `${release}, ${os.type()} ${os.release()}, ${os.arch()}, processors: ${os.cpus().length}, memory: ${Math.round(os.totalmem() / 1e6)} MB`,
    `uid ${account.uid}, shell ${account.shell ?? 'none'}, up for ${Math.round(os.uptime() / 3600)} h`,
    `home ${paths.home} (${type(paths.home)}), state ${paths.state} (${type(paths.state)})`,
  ].join('\n');
}

function configSections({config, paths, env}: World): readonly Section[] {
  const site = env['APPSUP_SITE_FILE'] || SITE_FILE;
  const own = [paths.globalConfig, site].map((file) => ({file, text: config.texts.get(file) ?? ''}));
  return [...own, ...config.apps.values()].map(({file, text}) => ({
    title: tilde(file, paths.home),
    text: redactToml(text),
  }));
}

function tailOf(title: string, file: string, lines: number): Section {
  const text = quietly(
    () =>
      readTail(file, (found) => found.length >= lines)
        ?.lines.slice(-lines)
        .join('\n') ?? '',
  );
  return {title: `${title}: ${path.basename(file)}`, text};
}

/** What programs and runs have printed, and the log files of the app's own. */
function logSections({paths}: Context, config: Config): readonly Section[] {
  const enough = (lines: readonly string[]): boolean => lines.length >= LINES;
  const section = (title: string, read: () => readonly string[]): Section => ({
    title: `log of ${title}`,
    text: quietly(() => read().slice(-LINES).join('\n')),
  });
  const printed = filesBelow(paths.logs).map((file) => {
    const source = {name: path.relative(paths.logs, file), app: '', process: undefined, file};
    return section(source.name, () => openProcessLog(source, enough).logs.flatMap(({lines}) => lines));
  });
  const declared = [...config.apps.values()].flatMap(({name, spec}) => {
    if (spec === undefined) return [];
    const owner = {app: name, directory: spec.directory, home: paths.home};
    return openDeclaredLogs(owner, spec.logFiles, enough).flatMap(({logs}) =>
      logs.map(({source, lines}) => section(source.name, () => lines)),
    );
  });
  return [...printed, ...declared];
}

function filesBelow(directory: string): readonly string[] {
  try {
    const names = readdirSync(directory, {recursive: true, encoding: 'utf8'});
    return names
      .filter((name) => name.endsWith('.log'))
      .sort()
      .map((name) => path.join(directory, name));
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}

/** What cannot be read is said in its place: a report is for when things are broken. */
function quietly(read: () => string): string {
  try {
    return read();
  } catch (error) {
    if (!isAppsupError(error) && systemCode(error) === undefined) throw error;
    return `(${messageOf(error)})`;
  }
}
