import {readFileSync, statSync} from 'node:fs';
import path from 'node:path';

import {nearest} from '../core/nearest.ts';
import type {AppSpec} from '../core/spec.ts';
import {systemCode} from '../errors.ts';
import {parseEnv} from '../launch/env-text.ts';
import {carriesPassword, looksSecret, SECRET_FILES} from '../launch/secrets.ts';
import {codeNames} from './code-names.ts';
import type {CodeNames} from './code-names.ts';
import {tilde} from './format.ts';

/** A file of settings as it lies there. */
interface Settings {
  /** As people write it: `~/tasks/.env`. */
  readonly name: string;
  readonly mode: number;
  readonly text: string;
}

/** What {@link adviseOn} looks at. */
export interface Evidence {
  readonly app: Pick<AppSpec, 'name' | 'file' | 'env' | 'programs' | 'jobs' | 'tasks'>;
  /** In their order, the strongest last; without those that are not there. */
  readonly envFiles: readonly Settings[];
  /** Other files that often hold secrets. */
  readonly others: readonly Settings[];
  readonly code: CodeNames | undefined;
  /** Directories that are not there, by who is to run in them. */
  readonly missing: readonly {readonly owner: string; readonly directory: string}[];
}

/** Well-known mistakes in the settings of an app, one line each; none of them keeps it from starting. No value is in them. */
export function adviceFor(app: AppSpec, home: string): readonly string[] {
  const known = new Set(app.envFiles);
  const others = SECRET_FILES.map((name) => path.join(app.directory, name)).filter(
    (file) => !known.has(file),
  );
  return adviseOn({
    app,
    envFiles: app.envFiles.flatMap((file) => settings(file, home)),
    others: others.flatMap((file) => settings(file, home)),
    code: app.envFiles.length === 0 ? undefined : codeNames(app.directory),
    missing: placesOf(app).filter(({directory}) => !isDirectory(directory)),
  });
}

/** Whoever runs somewhere; what only runs where the app does is the app. */
function placesOf({name, directory, programs, jobs, tasks}: AppSpec): Evidence['missing'] {
  const jobPlaces = jobs.flatMap(({name: job, step: {action}}) =>
    action.kind === 'command' ? [{owner: `job ${job}`, directory: action.directory}] : [],
  );
  const own = [
    ...programs.map((program) => ({owner: program.name, directory: program.directory})),
    ...jobPlaces,
    ...tasks.map((task) => ({owner: `task ${task.name}`, directory: task.directory})),
  ];
  return [{owner: name, directory}, ...own.filter((place) => place.directory !== directory)];
}

function isDirectory(place: string): boolean {
  try {
    return statSync(place).isDirectory();
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return false;
  }
}

/** Pure. */
export function adviseOn({app, envFiles, others, code, missing}: Evidence): readonly string[] {
  const read = envFiles.map(({name, text}) => {
    const parsed = parseEnv(text);
    return {name, values: parsed.ok ? [...parsed.values] : []};
  });
  const own = path.basename(app.file);
  const sources = [...read, {name: own, values: Object.entries(app.env)}];
  const settled = new Map(
    sources.flatMap(({name, values}) => values.map(([key, value]) => [key, {name, value}] as const)),
  );
  return [
    ...missing.map(({owner, directory}) => `${owner} cannot run: there is no directory ${directory}`),
    ...[...settled].flatMap(([key, {name, value}]) => debugging(key, value, name)),
    ...[...envFiles, ...others].flatMap(exposed),
    ...inPublic(app, own),
    ...(code === undefined ? [] : read.flatMap(({name, values}) => unused(values, name, code, settled))),
  ];
}

function debugging(key: string, value: string, where: string): readonly string[] {
  if (/^(\w+_)?DEBUG$/.test(key) && /^(1|true|yes|on)$/i.test(value))
    return [`${key} is on in ${where}: visitors may see code and settings when something fails`];
  if (/^(FLASK_ENV|NODE_ENV|(\w+_)?ENVIRONMENT)$/.test(key) && /^dev(elopment)?$/i.test(value))
    return [`${key} is "${value}" in ${where}: for visitors it should be production`];
  return [];
}

function exposed({name, mode, text}: Settings): readonly string[] {
  if ((mode & 0o004) === 0) return [];
  // Code is readable for good reasons, as long as there is no secret in it.
  if (name.endsWith('.py') && !hasSecret(text)) return [];
  return [`other users of this host can read ${name}: chmod 600 ${name}`];
}

function hasSecret(code: string): boolean {
  return [...code.matchAll(/^[ \t]*(\w+)[ \t]*=[ \t]*["'](.*)["']/gm)].some(
    ([, name = '', value = '']) => carriesPassword(value) || (looksSecret(name) && value.length >= 6),
  );
}

/** The files of apps are shown to others, copied and mailed. */
function inPublic({name, env, programs, jobs, tasks}: Evidence['app'], file: string): readonly string[] {
  const all = [{env}, ...programs, ...jobs, ...tasks].flatMap((each) => Object.entries(each.env));
  const keys = all.filter(([key, value]) => value !== '' && (looksSecret(key) || carriesPassword(value)));
  return [...new Set(keys.map(([key]) => key))].map(
    (key) => `${key} stands in ${file}: move it into the env file: appsup secret ${name} ${key}`,
  );
}

/** Read by servers and libraries, whose code is not looked at. */
const LIBRARIES =
  /^(FLASK|DJANGO|GUNICORN|UVICORN|HYPERCORN|PYTHON|NODE|NPM|PG|AWS|GOOGLE|AZURE|SENTRY|OTEL|CELERY|GIT|SSH|SSL|LC|LD|MALLOC|OMP|MKL|OPENBLAS|NUMEXPR|SQLALCHEMY|REQUESTS|CURL|XDG|POSTGRES|MYSQL|REDIS)|_proxy$|^(DEBUG|TZ|LANG|PATH|HOME|HOST|PORT|WEB_CONCURRENCY|TMPDIR)$/i;

function unused(
  values: readonly (readonly [string, string])[],
  where: string,
  {words, reads}: CodeNames,
  settled: ReadonlyMap<string, unknown>,
): readonly string[] {
  const unset = [...reads].filter((name) => !settled.has(name));
  return values.flatMap(([key]) => {
    if (LIBRARIES.test(key) || words.has(key.toLowerCase())) return [];
    const meant = nearest(key, unset) ?? related(key, unset);
    const hint = meant === undefined ? '' : `; it reads ${meant}: is that meant?`;
    return [`${key} of ${where} is mentioned nowhere in the code${hint}`];
  });
}

/** `APP_SECRET` for `SECRET_KEY`: they share a word. */
function related(key: string, others: readonly string[]): string | undefined {
  const parts = key.split('_').filter((part) => part.length >= 4);
  return others.find((other) => other.split('_').some((part) => parts.includes(part)));
}

function settings(file: string, home: string): readonly Settings[] {
  try {
    const stat = statSync(file);
    if (!stat.isFile() || stat.size > 1_000_000) return [];
    return [{name: tilde(file, home), mode: stat.mode, text: readFileSync(file, 'utf8')}];
  } catch (error) {
    // What is not there, or not to be read, is told by the start.
    if (systemCode(error) === undefined) throw error;
    return [];
  }
}
