import {createHash} from 'node:crypto';
import {readdirSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';

import {isName} from '../core/names.ts';
import {systemCode} from '../errors.ts';
import {asDiskError} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import {readApp} from './app.ts';
import type {AppContext, LoadedApp} from './app.ts';
import {withoutConflicts} from './conflicts.ts';
import {visible} from './diagnostic.ts';
import type {Diagnostic} from './diagnostic.ts';
import {ownTrust, readTrusted} from './read.ts';
import type {FileText, Trust} from './read.ts';
import {readGlobal, readSite, settingsOf} from './settings.ts';
import type {GlobalConfig, Read, Settings, SiteConfig} from './settings.ts';

/** Everything that was configured, with everything that is wrong with it. */
export interface Config {
  readonly site: SiteConfig;
  readonly global: GlobalConfig;
  readonly settings: Settings;
  /** By name, in alphabetical order. */
  readonly apps: ReadonlyMap<string, LoadedApp>;
  /** About the global file, the host's file and the directory of the apps; those of an app are with the app. */
  readonly diagnostics: readonly Diagnostic[];
  /** Texts of the files that those diagnostics are about, by path, for their pictures. */
  readonly texts: ReadonlyMap<string, string>;
}

export interface LoadOptions {
  /** @defaultValue the login name of this process */
  readonly user?: string;
  /** @defaultValue `APPSUP_SITE_FILE`, else `/etc/appsup/site.toml` */
  readonly siteFile?: string;
  /** @defaultValue this user and root */
  readonly trust?: Trust;
}

/** Where the administrators of a host say what holds for all its users. */
export const SITE_FILE = '/etc/appsup/site.toml';

/**
 * Read all files. Never throws for what is in them or how they lie there: that is in the diagnostics, and
 * a mistake in one file changes nothing about any other. A broken global file leaves the defaults in place.
 */
export function loadConfig(paths: Paths, options: LoadOptions = {}): Config {
  const trust = options.trust ?? ownTrust();
  const siteFile = options.siteFile ?? (process.env['APPSUP_SITE_FILE'] || SITE_FILE);
  const site = loadSettings(siteFile, trust, readSite, 'warning');
  const readOwn = (text: string, file: string) => readGlobal(text, file, paths.home);
  const own = loadSettings(paths.globalConfig, trust, readOwn, 'error');
  const settings = settingsOf(site.value, own.value);
  const context: Omit<AppContext, 'name' | 'file'> = {
    home: paths.home,
    user: options.user ?? userInfo().username,
    mountTemplate: settings.mountTemplate,
    mountRule: site.value.mount,
    defaults: own.value.defaults,
  };
  const {files, diagnostics} = listApps(paths.apps);
  const apps = withoutConflicts(files.map((file) => loadApp(file, context, trust)));
  return {
    site: site.value,
    global: own.value,
    settings,
    apps: new Map(apps.map((app) => [app.name, app])),
    diagnostics: [...site.diagnostics, ...own.diagnostics, ...diagnostics],
    texts: new Map([
      [siteFile, site.text],
      [paths.globalConfig, own.text],
    ]),
  };
}

/** Read one app's file; conflicts with other apps are not looked for. */
export function loadApp(
  file: string,
  context: Omit<AppContext, 'name' | 'file'>,
  trust: Trust = ownTrust(),
): LoadedApp {
  const stem = path.basename(file, '.toml');
  if (!isName(stem)) {
    const message = `Cannot use ${JSON.stringify(stem)} as an app's name`;
    const hint = 'rename the file: letters, digits, _ and -; at most 63, a letter or digit first';
    return unread(visible(stem), file, '', {line: 1, column: 1, message, hint});
  }
  const read = readTrusted(file, trust);
  if (!read.ok) return unread(stem, file, read.text, unreadable(read));
  return {
    name: stem,
    file,
    text: read.text,
    hash: hashOf(read.text),
    changedMs: read.changedMs,
    ...readApp(read.text, {...context, name: stem, file}),
  };
}

type Finding = Pick<Diagnostic, 'line' | 'column' | 'message'> & {readonly hint: string | undefined};

function unread(name: string, file: string, text: string, finding: Finding): LoadedApp {
  return {name, file, text, hash: hashOf(text), diagnostics: [diagnosticOf(file, finding, 'error')]};
}

function unreadable({problem, hint, text, index}: Extract<FileText, {ok: false}>): Finding {
  const before = text.slice(0, index).split('\n');
  return {
    line: before.length,
    column: Array.from(before.at(-1) ?? '').length + 1,
    message: `Cannot read the file: ${problem}`,
    hint,
  };
}

function diagnosticOf(
  file: string,
  {hint, ...finding}: Finding,
  severity: Diagnostic['severity'],
): Diagnostic {
  return {file, ...finding, length: 1, severity, ...(hint === undefined ? {} : {hint})};
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function loadSettings<Value>(
  file: string,
  trust: Trust,
  read: (text: string, file: string) => Read<Value>,
  severity: Diagnostic['severity'],
): Read<Value> & {readonly text: string} {
  const content = readTrusted(file, trust);
  if (content.ok) return {...read(content.text, file), text: content.text};
  const diagnostics = content.absent ? [] : [diagnosticOf(file, unreadable(content), severity)];
  return {value: read('', file).value, diagnostics, text: content.text};
}

function listApps(directory: string): {
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
} {
  try {
    // Editors leave `.x.toml.swp` and `x.toml~` beside the file.
    const names = readdirSync(directory).filter((name) => name.endsWith('.toml') && !name.startsWith('.'));
    return {files: names.sort().map((name) => path.join(directory, name)), diagnostics: []};
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined) throw error;
    if (code === 'ENOENT') return {files: [], diagnostics: []};
    const {message} = asDiskError(error, `list the apps in ${directory}`);
    const finding = {line: 1, column: 1, message, hint: `see ls -ld ${directory}`};
    return {files: [], diagnostics: [diagnosticOf(directory, finding, 'error')]};
  }
}
