import {isQueue} from '../core/program-spec.ts';
import type {AppChoice, ProgramChoice, TaskChoice} from '../config/write.ts';

/** What became of one line of a foreign file. */
export interface Remark {
  /** Absolute. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The key or section as it is called there. */
  readonly what: string;
  readonly fate: 'taken' | 'changed' | 'dropped' | 'refused' | 'unknown';
  /** What stands for it now, or why nothing does; never a value that looks secret. */
  readonly text: string;
}

/** An app out of foreign files, ready to be written. */
export interface ImportedApp {
  readonly name: string;
  readonly choice: AppChoice;
  /** Variables for an env file of its own, because a TOML file is shown and copied. */
  readonly secrets: ReadonlyMap<string, string>;
  /** To be made, absolute; empty but for what is in them already. */
  readonly directories?: readonly string[];
}

/** All that foreign files gave. */
export interface Imported {
  readonly apps: readonly ImportedApp[];
  /** In the order of the files' lines. */
  readonly remarks: readonly Remark[];
}

/** One program before it is known with whom it shares an app. */
export interface Member {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly program: ProgramChoice;
  readonly mount: string | undefined;
  /** Absolute prefix of a Python environment. */
  readonly python: string | undefined;
  readonly env: ReadonlyMap<string, string>;
  readonly secrets: ReadonlyMap<string, string>;
  /** Absolute. */
  readonly envFiles?: readonly string[];
  readonly directories?: readonly string[];
  readonly tasks?: readonly TaskChoice[];
  readonly transport?: 'unix';
  /** Members of the same app that have to run first, by name. */
  readonly afterMembers?: readonly string[];
}

/** Who imports, and from where. */
export interface Importer {
  readonly username: string;
  readonly uid: number;
  readonly home: string;
  readonly hostname: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** True for a program that is handed the open socket. */
export function serves({program}: Member): boolean {
  const {launch, listen} = program;
  return launch.kind === 'command' ? listen === 'port' || listen === 'socket' : !isQueue(launch);
}

/**
 * One app of some programs; at most one of them may serve.
 *
 * What all of them need stands once, above: the mount, the Python and the variables of the one that serves, or of the first.
 */
export function appOf(name: string, members: readonly Member[]): ImportedApp | undefined {
  const first = members.find(serves) ?? members[0];
  if (first === undefined) return undefined;
  const alone = members.length === 1;
  const programs = members.map((member): ProgramChoice => {
    const {program} = member;
    const env = alone || member.env.size === 0 ? {} : {env: Object.fromEntries(member.env)};
    const directory = member.directory === first.directory ? {} : {directory: member.directory};
    const before = members.filter((each) => member.afterMembers?.includes(each.name) === true);
    const names = [...before.map((each) => nameIn(each, first, alone)), ...(program.after ?? [])];
    const after = names.length === 0 ? {} : {after: names};
    return {...program, ...env, ...directory, ...after, name: nameIn(member, first, alone)};
  });
  const envFiles = [...new Set(members.flatMap((member) => member.envFiles ?? []))];
  const directories = [...new Set(members.flatMap((member) => member.directories ?? []))];
  const tasks = members.flatMap((member) =>
    (member.tasks ?? []).map((task) => (alone ? task : {...task, name: `${task.name}-${member.name}`})),
  );
  return {
    name,
    choice: {
      directory: first.directory,
      ...(first.mount === undefined ? {} : {mount: first.mount}),
      ...(first.python === undefined ? {} : {python: first.python}),
      ...(alone && first.env.size > 0 ? {env: Object.fromEntries(first.env)} : {}),
      ...(first.transport === undefined ? {} : {transport: first.transport}),
      ...(envFiles.length === 0 ? {} : {envFiles}),
      programs,
      ...(tasks.length === 0 ? {} : {tasks}),
    },
    secrets: new Map(members.flatMap(({secrets}) => [...secrets])),
    ...(directories.length === 0 ? {} : {directories}),
  };
}

function nameIn(member: Member, first: Member, alone: boolean): string {
  return serves(member) && (alone || member === first) ? 'web' : member.name;
}
