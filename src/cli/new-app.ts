import {rmSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {readApp} from '../config/app.ts';
import {hasErrors, summarizeDiagnostic} from '../config/diagnostic.ts';
import type {Config} from '../config/load.ts';
import {appFileText} from '../config/write.ts';
import type {AppChoice} from '../config/write.ts';
import type {AppSpec} from '../core/spec.ts';
import {AppsupError, systemCode} from '../errors.ts';
import {releasePort} from '../ports/leases.ts';
import type {Leased} from '../ports/leases.ts';
import {asDiskError, ensurePrivateDirectory} from '../system/files.ts';
import {takePort, tellSupervisor} from './apps.ts';
import {usage} from './args.ts';
import type {Context} from './context.ts';
import {tilde} from './format.ts';

/** The file's text, read as it will be: what would be wrong with it is said now. */
export function checkedText(
  context: Context,
  choice: AppChoice,
  place: {readonly name: string; readonly file: string; readonly config: Config},
): string {
  return checked(context, appFileText(choice, {home: context.paths.home}), place).text;
}

/** As {@link checkedText}, of a text that is there already. */
export function checked(
  context: Context,
  text: string,
  {name, file, config}: {readonly name: string; readonly file: string; readonly config: Config},
): {readonly text: string; readonly spec: AppSpec} {
  const {home} = context.paths;
  const {spec, diagnostics} = readApp(text, {
    name,
    file,
    home,
    user: context.account().username,
    mountTemplate: config.settings.mountTemplate,
    mountRule: config.site.mount,
    defaults: config.global.defaults,
  });
  const problem = diagnostics.find((diagnostic) => hasErrors([diagnostic]));
  if (problem !== undefined || spec === undefined) {
    throw usage(
      `Cannot add "${name}": ${problem?.message ?? 'its file would have mistakes'}`,
      problem?.hint === undefined ? {} : {hint: problem.hint},
    );
  }
  const owner = [...config.apps.values()].find(
    (other) => other.spec?.mount === spec.mount && spec.mount !== '',
  );
  if (owner !== undefined) {
    throw new AppsupError(
      'MOUNT_TAKEN',
      `Cannot add "${name}": the mount ${spec.mount} belongs to ${owner.name}`,
      {
        hint: '--mount /ANOTHER',
        details: {app: name, mount: spec.mount, owner: owner.name},
      },
    );
  }
  context.terminal.err(
    diagnostics
      .map(
        (warning) =>
          `! ${summarizeDiagnostic(warning)}${warning.hint === undefined ? '' : `: ${warning.hint}`}\n`,
      )
      .join(''),
  );
  return {text, spec};
}

/**
 * Lease a port for a new app, write its file, and tell the supervisor. Until the file is there nothing has changed.
 *
 * @throws AppsupError `APP_EXISTS`, `DISK`, and what ports/leases.ts says
 */
export async function writeApp(
  context: Context,
  config: Config,
  {
    name,
    file,
    text,
    port,
  }: {readonly name: string; readonly file: string; readonly text: string; readonly port: number | undefined},
): Promise<Leased> {
  const {paths} = context;
  const lease = await takePort(context, config, {app: name, port});
  try {
    writeNew(file, text);
  } catch (error) {
    await releasePort({paths, app: name, claims: config.site.claims});
    throw systemCode(error) === 'EEXIST'
      ? appExists(name, file, paths.home)
      : asDiskError(error, `write ${file}`);
  }
  await tellSupervisor(context, name);
  return lease;
}

/** Only if there is none: of two that add the same name at once, one is told. */
function writeNew(file: string, text: string): void {
  ensurePrivateDirectory(path.dirname(path.dirname(file)));
  ensurePrivateDirectory(path.dirname(file));
  try {
    writeFileSync(file, text, {flag: 'wx', mode: 0o600});
  } catch (error) {
    // On a full disk an empty file would be left.
    if (systemCode(error) !== 'EEXIST') rmSync(file, {force: true});
    throw error;
  }
}

/** There is an app of that name already. */
export function appExists(name: string, file: string, home: string): AppsupError {
  return new AppsupError('APP_EXISTS', `Cannot add "${name}": there is one, ${tilde(file, home)}`, {
    hint: `change it: appsup edit ${name}; or call this one otherwise: --name NAME`,
    details: {app: name, file},
  });
}
