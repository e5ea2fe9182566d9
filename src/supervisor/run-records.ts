import {mkdirSync, rmSync} from 'node:fs';
import path from 'node:path';

import type {RunStatus} from '../control/api.ts';
import {isName} from '../core/names.ts';
import type {Plan} from '../core/task-spec.ts';
import {
  asDiskError,
  ensurePrivateDirectory,
  namesIn,
  readIfReadable,
  writeAtomically,
} from '../system/files.ts';
import type {Paths} from '../system/paths.ts';
import type {ProcessRecord} from './records.ts';

/** Where a run stands. Written before each step, so that a later supervisor goes on where this one ended. */
export interface RunRecord extends RunStatus {
  /** Its steps as they were when it began. */
  readonly plan: Plan;
  /** `undo` after a step has failed. */
  readonly list: 'steps' | 'undo';
  /** The step that is next, or under way. */
  readonly index: number;
  readonly bootId: string;
  /** Of the step's process; its pid is 0 as long as it is not known. */
  readonly process: StepProcess | undefined;
}

/** `unless`: the question whether there is anything to do. */
export type StepProcess = ProcessRecord & {readonly phase: 'unless' | 'main'};

/** What is kept of a job or task. */
export interface RunBook {
  readonly version: 1;
  readonly app: string;
  readonly name: string;
  /** Of a job: what was due until then is dealt with; wall clock. */
  readonly since: number | undefined;
  /** Of a job: the schedule that `since` belongs to. */
  readonly schedule: string | undefined;
  /** Of an `@reboot` job: the boot after which it ran, or in which it was first seen. */
  readonly bootId: string | undefined;
  readonly current: RunRecord | undefined;
  /** Of a job: due, and waiting for something else to end. */
  readonly queued: RunStatus['trigger'] | undefined;
  /** The newest first. */
  readonly past: readonly RunStatus[];
  /** Of the files that steps depend on, by step and file; as they were when it last went well. */
  readonly hashes: Readonly<Record<string, string>>;
}

/** So many runs, and their logs, are kept of each job and task. */
export const KEPT_RUNS = 10;

/** One directory per job and task: its book, and what its steps leave for each other. */
export class RunBooks {
  readonly #directory: string;

  constructor({runs}: Pick<Paths, 'runs'>) {
    this.#directory = runs;
  }

  /** The directory of a job or task, made if need be. @throws AppsupError `DISK` */
  directory(app: string, name: string): string {
    const directory = path.join(this.#directory, `${app}.${name}`);
    ensurePrivateDirectory(directory);
    return directory;
  }

  /** What the steps of an earlier run have left is not for the next one. */
  clear(app: string, name: string): void {
    const directory = path.join(this.directory(app, name), 'scratch');
    try {
      rmSync(directory, {recursive: true, force: true});
      mkdirSync(directory, {mode: 0o700});
    } catch (error) {
      throw asDiskError(error, `empty ${directory}`);
    }
  }

  read(app: string, name: string): RunBook {
    return parseBook(readIfReadable(this.#file(app, name)) ?? '') ?? emptyBook(app, name);
  }

  /** @throws AppsupError `DISK` */
  write(book: RunBook): void {
    this.directory(book.app, book.name);
    writeAtomically(this.#file(book.app, book.name), JSON.stringify(book));
  }

  /** Jobs and tasks of an app that something is known of. */
  namesOf(app: string): readonly string[] {
    return namesIn(this.#directory).flatMap((entry) =>
      entry.startsWith(`${app}.`) ? entry.slice(app.length + 1) : [],
    );
  }

  /** Books of runs that had not ended, or were to begin. */
  unfinished(): readonly RunBook[] {
    return namesIn(this.#directory).flatMap((entry) => {
      const [app = '', name = ''] = entry.split('.');
      const book = isName(app) && isName(name) ? this.read(app, name) : undefined;
      return book?.current === undefined && book?.queued === undefined ? [] : [book];
    });
  }

  remove(app: string): void {
    for (const entry of namesIn(this.#directory)) {
      if (entry.startsWith(`${app}.`))
        rmSync(path.join(this.#directory, entry), {recursive: true, force: true});
    }
  }

  #file(app: string, name: string): string {
    return path.join(this.#directory, `${app}.${name}`, 'book.json');
  }
}

/** Of a job or task that nothing is known of. */
export function emptyBook(app: string, name: string): RunBook {
  return {
    version: 1,
    app,
    name,
    since: undefined,
    schedule: undefined,
    bootId: undefined,
    current: undefined,
    queued: undefined,
    past: [],
    hashes: {},
  };
}

/** A book out of text that may be cut off or damaged: then nothing is known. */
export function parseBook(text: string): RunBook | undefined {
  try {
    const value = JSON.parse(text) as Partial<RunBook> | null;
    const known = value?.version === 1 && isName(value.app ?? '') && isName(value.name ?? '');
    if (!known || !Array.isArray(value.past) || typeof value.hashes !== 'object') return undefined;
    const current = isWhole(value.current) ? value.current : undefined;
    return {
      since: undefined,
      schedule: undefined,
      bootId: undefined,
      queued: undefined,
      ...value,
      current,
    } as RunBook;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Of this version's form; a run of another one cannot be gone on with. */
function isWhole(record: Partial<RunRecord> | undefined): boolean {
  const lists: readonly unknown[] = [
    record?.steps,
    record?.undo,
    record?.plan?.steps,
    record?.plan?.undo,
    record?.stopped,
  ];
  return (
    lists.every(Array.isArray) &&
    record?.steps?.length === record?.plan?.steps.length &&
    record?.undo?.length === record?.plan?.undo.length &&
    (record?.list === 'steps' || record?.list === 'undo') &&
    Number.isSafeInteger(record.index) &&
    typeof record.log === 'string' &&
    typeof record.bootId === 'string'
  );
}
