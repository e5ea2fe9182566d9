import type {Diagnostic} from './diagnostic.ts';
import type {PortRange} from '../system/proc-net.ts';
import {readNotify} from './notify.ts';
import type {Notify, NotifyContext} from './notify.ts';
import {globalSchema, siteSchema} from './schema.ts';
import type {GlobalFile, Defaults, SiteFile} from './schema.ts';
import {readToml} from './toml.ts';
import {isTable, place, placeSyntax, validate} from './validate.ts';
import type {Problem, Validated} from './validate.ts';
import type {Table} from './toml.ts';

/** What the administrators of the host say. Everything is optional, as is the file. */
export interface SiteConfig {
  readonly baseUrl: string | undefined;
  /** Template; also the rule that the host's mounts follow. */
  readonly mount: string | undefined;
  readonly helpdesk: string | undefined;
  readonly webUser: string | undefined;
  /** Absolute directory for port claims across accounts. */
  readonly claims: string | undefined;
  readonly ports: {
    readonly base: number | undefined;
    readonly size: number | undefined;
    readonly users: Readonly<Record<string, PortRange>>;
  };
}

/** What the user says for all apps. */
export interface GlobalConfig {
  readonly baseUrl: string | undefined;
  readonly mount: string | undefined;
  readonly helpdesk: string | undefined;
  readonly webUser: string | undefined;
  readonly ports: PortRange | undefined;
  readonly defaults: Defaults;
  /** `undefined`: nobody is told of anything. */
  readonly notify: Notify | undefined;
}

/** Site and user together: the user's own word is stronger, since it is about the user's own apps. */
export interface Settings {
  readonly baseUrl: string | undefined;
  /** @defaultValue `/{user}_{app}` */
  readonly mountTemplate: string;
  readonly helpdesk: string | undefined;
  readonly webUser: string | undefined;
}

export interface Read<Value> {
  readonly value: Value;
  readonly diagnostics: readonly Diagnostic[];
}

const DEFAULT_MOUNT = '/{user}_{app}';

export function settingsOf(site: SiteConfig, own: GlobalConfig): Settings {
  return {
    baseUrl: own.baseUrl ?? site.baseUrl,
    mountTemplate: own.mount ?? site.mount ?? DEFAULT_MOUNT,
    helpdesk: own.helpdesk ?? site.helpdesk,
    webUser: own.webUser ?? site.webUser,
  };
}

/**
 * The user's settings from a text; what is wrong in it is left at its default. Pure.
 *
 * @param file - Absolute: relative paths in it are below its directory.
 * @param home - What `~/` stands for.
 */
export function readGlobal(text: string, file: string, home: string): Read<GlobalConfig> {
  const {output, diagnostics} = readSettings(text, file, (table) => {
    const {output: said, problems} = validate(globalSchema, table);
    const found = [...problems];
    const notify = readNotifyTable(said, table, {file, home, report: (problem) => found.push(problem)});
    return {output: {...said, notify}, problems: found};
  });
  const {ports, defaults = {}, notify} = output;
  return {value: {...hostOf(output), ports, defaults, notify}, diagnostics};
}

function readNotifyTable(
  file: GlobalFile,
  table: Table,
  context: Omit<NotifyContext, 'present'>,
): Notify | undefined {
  if (file.notify === undefined) return undefined;
  const raw = table['notify'];
  return readNotify(file.notify, {...context, present: new Set(isTable(raw) ? Object.keys(raw) : [])});
}

/** The host's settings from a text; what is wrong in it counts as not said. Pure. */
export function readSite(text: string, file: string): Read<SiteConfig> {
  const {output, diagnostics} = readSettings(text, file, (table) => {
    const {output: said, problems} = validate(siteSchema, table);
    return {output: said, problems: [...problems, ...siteProblems(said)]};
  });
  const {base, size, users} = output.ports ?? {};
  return {
    value: {...hostOf(output), claims: absolute(output.claims), ports: {base, size, users: users ?? {}}},
    diagnostics,
  };
}

function readSettings<File extends object>(
  text: string,
  file: string,
  check: (table: Table) => Validated<File>,
): {readonly output: Partial<File>; readonly diagnostics: readonly Diagnostic[]} {
  const toml = readToml(text);
  if (!toml.ok) return {output: {}, diagnostics: placeSyntax(toml.problems, file)};
  const {output, problems} = check(toml.document.value);
  return {output, diagnostics: place(problems, toml.document, file)};
}

function hostOf(file: Partial<Pick<GlobalFile, 'base_url' | 'mount' | 'helpdesk' | 'web_user'>>) {
  return {baseUrl: file.base_url, mount: file.mount, helpdesk: file.helpdesk, webUser: file.web_user};
}

function siteProblems({claims, ports}: SiteFile): readonly Problem[] {
  const problems: Problem[] = [];
  if (claims !== undefined && absolute(claims) === undefined) {
    problems.push({
      path: ['claims'],
      message: `Expected "claims" to be an absolute path: got ${JSON.stringify(claims)}`,
    });
  }
  if (ports?.base !== undefined && ports.base + (ports.size ?? 0) > 65_536) {
    problems.push({
      path: ['ports', 'base'],
      message: `The first range, ${ports.base} and ${ports.size ?? 0} ports, ends above 65535`,
    });
  }
  return problems;
}

function absolute(path: string | undefined): string | undefined {
  return path?.startsWith('/') ? path : undefined;
}
