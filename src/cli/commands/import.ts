import {existsSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';

import type {Imported, ImportedApp, Importer, Remark} from '../../compat/imported.ts';
import {isShellScript, readScript} from '../../compat/shell/read.ts';
import {parseIni} from '../../compat/supervisord/ini.ts';
import {mergeInis, readSupervisord} from '../../compat/supervisord/read.ts';
import {isUnitFile, readSystemd} from '../../compat/systemd/read.ts';
import {fillMount} from '../../config/keys.ts';
import type {Config} from '../../config/load.ts';
import type {AppChoice} from '../../config/write.ts';
import {isName} from '../../core/names.ts';
import {AppsupError, isAppsupError, systemCode} from '../../errors.ts';
import {asDiskError, ensurePrivateDirectory} from '../../system/files.ts';
import {expandPath} from '../../system/paths.ts';
import {configOf} from '../apps.ts';
import {usage} from '../args.ts';
import {columns} from '../columns.ts';
import type {Command, Context} from '../context.ts';
import {tilde} from '../format.ts';
import {mountBehindGateway} from '../gateways.ts';
import {appExists, checkedText, writeApp} from '../new-app.ts';
import {chooseTransport} from '../transport.ts';
import {errorText} from '../output.ts';
import {envFileText} from '../env-file-text.ts';

/** What was made of one app. */
interface Made {
  readonly app: string;
  readonly file: string;
  readonly text: string;
  readonly port?: number;
  /** With the secrets; absent: there are none. */
  readonly envFile?: string;
  readonly variables: readonly string[];
}

/** `appsup import FILE... [--name APP] [--mount /PATH] [--dry-run]`: the files of another supervisor become apps; nothing is started. */
export const importApps: Command = async (context, {words, options, json}) => {
  const {paths, cwd} = context;
  const files = words.map((word) => expandPath(word, paths.home, cwd));
  const found = placed(renamed(readFiles(context, files), options.value('name')), options.value('mount'));
  const dryRun = options.has('dry-run');
  const made: Made[] = [];
  const failures: {readonly app: string; readonly error: AppsupError}[] = [];
  for (const app of found.apps) {
    try {
      made.push(await make(context, app, dryRun));
    } catch (error) {
      // One that is there already is no reason to leave the others.
      if (!isAppsupError(error)) throw error;
      failures.push({app: app.name, error});
    }
  }
  const {remarks} = found;
  const refused = remarks.some(({fate}) => fate === 'refused');
  return {
    text: textOf({made, remarks, dryRun, home: paths.home}),
    json: [
      ...made.map(({text, ...each}) => ({ok: true, ...each, ...(dryRun ? {text} : {})})),
      ...failures.map(({app, error}) => ({ok: false, app, error: error.toJSON()})),
      {remarks},
    ],
    failures: json ? [] : failures.map(({error}) => errorText(error)),
    hints: made.length === 0 && failures.length === 0 ? ['there was no program to take'] : [],
    exitCode: failures.length > 0 || refused || made.length === 0 ? 1 : 0,
  };
};

function readFiles(context: Context, files: readonly string[]): Imported {
  const {home, state} = context.paths;
  if (files.some(isUnitFile)) {
    const given = files.map((file) => ({file, text: contents(file, home)}));
    const places = path.join(state, 'directories');
    return readSystemd(given, {importer: importerOf(context), places, exists: existsSync});
  }
  const [script, ...others] = files;
  if (script !== undefined && others.length === 0) {
    const text = contents(script, home);
    if (isShellScript(script, text)) return readScript(script, text, importerOf(context));
  }
  const inis = files.map((file) => {
    const ini = parseIni(contents(file, home), file);
    if (ini.ok) return ini.sections;
    throw new AppsupError('CONFIG', `Cannot import ${tilde(file, home)}:${ini.line}: ${ini.problem}`, {
      hint: 'supervisord would not start with it either',
      details: {file, line: ini.line},
    });
  });
  return readSupervisord(mergeInis(inis), importerOf(context));
}

function contents(file: string, home: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    const why = code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`;
    throw new AppsupError('NOT_FOUND', `Cannot import ${tilde(file, home)}: ${why}`, {cause: error});
  }
}

function importerOf({account, paths, env}: Context): Importer {
  const {username, uid} = account();
  return {username, uid, home: paths.home, hostname: hostname(), env};
}

function renamed(found: Imported, name: string | undefined): Imported {
  if (name === undefined) return found;
  if (!isName(name) || name === 'all')
    throw new AppsupError('BAD_NAME', `Cannot call an app ${JSON.stringify(name)}`, {exitCode: 2});
  const [only, ...more] = found.apps;
  if (more.length > 0)
    throw usage(
      `Cannot call ${found.apps.length} apps "${name}": ${found.apps.map((app) => app.name).join(', ')}`,
    );
  return only === undefined ? found : {...found, apps: [{...only, name}]};
}

/** With the mount that was asked for. */
function placed(found: Imported, mount: string | undefined): Imported {
  const [only, ...more] = found.apps;
  if (mount === undefined || only === undefined) return found;
  if (more.length > 0)
    throw usage(
      `Cannot give ${found.apps.length} apps one mount: ${found.apps.map((app) => app.name).join(', ')}`,
    );
  return {...found, apps: [{...only, choice: {...only.choice, mount}}]};
}

/** Write one app's files, or only say what they would be. */
async function make(context: Context, app: ImportedApp, dryRun: boolean): Promise<Made> {
  const {paths} = context;
  const {name} = app;
  // Anew for each: the one before may have taken the mount.
  const config = configOf(context);
  const file = path.join(paths.apps, `${name}.toml`);
  if (existsSync(file)) throw appExists(name, file, paths.home);
  const envFile = app.secrets.size === 0 ? undefined : path.join(paths.config, 'env', `${name}.env`);
  const {envFiles = []} = app.choice;
  const all = envFile === undefined ? envFiles : [...envFiles, envFile];
  const choice = {
    ...withTransport(context, config, withMount(context, config, app), name),
    ...(all.length === 0 ? {} : {envFiles: all}),
  };
  const text = checkedText(context, choice, {name, file, config});
  const made = {
    app: name,
    file,
    text,
    variables: [...app.secrets.keys()],
    ...(envFile === undefined ? {} : {envFile}),
  };
  if (dryRun) return made;
  for (const directory of app.directories ?? []) makeDirectory(directory);
  if (envFile !== undefined) writeSecrets(envFile, app.secrets, paths.home);
  try {
    return {...made, port: (await writeApp(context, config, {name, file, text, port: undefined})).port};
  } catch (error) {
    if (envFile !== undefined) rmSync(envFile, {force: true});
    throw error;
  }
}

/** Written down, although it is the default: as `appsup add` does. */
function withMount(context: Context, config: Config, {name, choice}: ImportedApp): AppChoice {
  const mount =
    choice.mount ??
    mountBehindGateway(config, name) ??
    fillMount(config.settings.mountTemplate, context.account().username, name);
  return {...choice, mount};
}

/** A Unix socket, if the old one was one and the web server can connect to ours. */
function withTransport(context: Context, config: Config, choice: AppChoice, app: string): AppChoice {
  const {transport, ...rest} = choice;
  if (transport === undefined) return choice;
  const {paths, terminal} = context;
  const chosen = chooseTransport({said: undefined, webUser: undefined, app, binds: false, config, paths});
  terminal.err(chosen.hints.map((hint) => `! ${hint}\n`).join(''));
  return chosen.transport === 'unix' ? {...rest, transport: 'unix'} : rest;
}

function makeDirectory(directory: string): void {
  try {
    mkdirSync(directory, {recursive: true, mode: 0o700});
  } catch (error) {
    throw asDiskError(error, `make ${directory}`);
  }
}

function writeSecrets(file: string, secrets: ReadonlyMap<string, string>, home: string): void {
  try {
    ensurePrivateDirectory(path.dirname(path.dirname(file)));
    mkdirSync(path.dirname(file), {recursive: true, mode: 0o700});
    writeFileSync(file, envFileText(secrets), {flag: 'wx', mode: 0o600});
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw asDiskError(error, `write ${file}`);
    throw new AppsupError('APP_EXISTS', `Cannot write ${tilde(file, home)}: it is there already`, {
      hint: 'call the app otherwise: --name NAME; or move the file away',
      cause: error,
    });
  }
}

function textOf(done: {
  readonly made: readonly Made[];
  readonly remarks: readonly Remark[];
  readonly dryRun: boolean;
  readonly home: string;
}): string {
  const {made, remarks, dryRun, home} = done;
  const report = columns(
    remarks.map(({file, line, fate, what, text}) => [`${path.basename(file)}:${line}`, fate, what, text]),
  );
  const results = made.flatMap(({app, file, text, port, envFile, variables}) => [
    '',
    ...(dryRun
      ? [`# ${tilde(file, home)}`, text.trimEnd()]
      : [`Added ${app}: port ${port}`, `  ${tilde(file, home)}`]),
    ...(envFile === undefined
      ? []
      : [`${dryRun ? '# ' : '  '}${tilde(envFile, home)}: ${variables.join(', ')}`]),
  ]);
  const names = made.map(({app}) => app).join(' ');
  const next =
    dryRun || made.length === 0 ? [] : ['', `Next: stop the old ones, then: appsup start ${names}`];
  return [...report, ...results, ...next].join('\n');
}
