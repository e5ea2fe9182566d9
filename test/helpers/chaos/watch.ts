import {readFileSync} from 'node:fs';
import {isDeepStrictEqual} from 'node:util';

import {readBook} from '../../../src/ports/book-file.ts';
import {parseRecord} from '../../../src/supervisor/records.ts';
import {readIfThere} from '../../../src/system/files.ts';
import {systemProc} from '../../../src/system/proc.ts';
import type {Rig} from '../rig.ts';
import {census, generationsOf, isStill, zombiesOf} from './census.ts';
import type {Member} from './census.ts';
import {SUBJECTS, nameOf} from './programs.ts';

const EVERY_MS = 250;
/** A machine that was busy elsewhere for a while has supervised nothing in that time. */
const LONGEST_STEP_MS = 500;

/*
 * Bounds count the time in which one supervisor lived and was not stopped: a new one starts them anew.
 */

/** Two generations of a server side by side: to get ready, to finish the requests, and some air. */
const BESIDE_MS = 45_000;
/** A process of ours that no record knows. */
const ORPHAN_MS = 10_000;
const ZOMBIE_MS = 5000;

/** Looks at the processes again and again, and finds what must not be. */
export class Watch {
  readonly violations: string[] = [];
  readonly #rig: Rig;
  readonly #onViolation: (text: string) => void;
  /** Supervised milliseconds of what is allowed for a while only, by its name. */
  readonly #lasts = new Map<string, number>();
  readonly #mayEnd = new Set<number>();
  #supervisor: number | undefined;
  #leases: unknown;
  #then = performance.now();
  #timer: NodeJS.Timeout | undefined;
  looks = 0;

  constructor(rig: Rig, onViolation: (text: string) => void) {
    this.#rig = rig;
    this.#onViolation = onViolation;
  }

  start(): void {
    this.#leases = readBook(this.#rig.paths).book.leases;
    this.#supervisor = this.#rig.supervisorPid();
    this.#then = performance.now();
    this.#timer = setInterval(() => this.#look(), EVERY_MS);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The supervisor of now may end: it is going to be killed, or replaced. */
  expectEnd(): number | undefined {
    const pid = this.#rig.supervisorPid();
    if (pid !== undefined) this.#mayEnd.add(pid);
    return pid;
  }

  violation(text: string): void {
    if (this.violations.includes(text)) return;
    this.violations.push(text);
    this.#onViolation(text);
  }

  #look(): void {
    this.looks++;
    const passed = this.#supervised();
    const members = census(this.#rig.paths.state);
    const now = new Map([
      ...this.#copies(members),
      ...this.#orphans(members),
      ...zombiesOf(this.#supervisor ?? -1).map(
        (pid) => [`zombie ${pid} of the supervisor`, ZOMBIE_MS] as const,
      ),
    ]);
    for (const name of this.#lasts.keys()) if (!now.has(name)) this.#lasts.delete(name);
    for (const [name, boundMs] of now) {
      const lasts = (this.#lasts.get(name) ?? 0) + passed;
      this.#lasts.set(name, lasts);
      if (lasts > boundMs) this.violation(`for more than ${boundMs / 1000} s: ${name}`);
    }
    const {leases} = readBook(this.#rig.paths).book;
    if (!isDeepStrictEqual(leases, this.#leases))
      this.violation(`leases changed: ${JSON.stringify(leases)}, were ${JSON.stringify(this.#leases)}`);
  }

  /** Milliseconds since the last look in which the supervisor could do its work. */
  #supervised(): number {
    const passed = Math.min(performance.now() - this.#then, LONGEST_STEP_MS);
    this.#then = performance.now();
    const pid = this.#rig.supervisorPid();
    if (pid !== this.#supervisor) {
      const before = this.#supervisor;
      if (before !== undefined && !this.#mayEnd.has(before))
        this.violation(`the supervisor ${before} ended by itself`);
      this.#supervisor = pid;
      this.#lasts.clear();
    }
    return pid === undefined || systemProc.stat(pid)?.state === 'T' ? 0 : passed;
  }

  /** Generations beside each other: a server's for a while, another program's never. */
  #copies(members: readonly Member[]): readonly (readonly [string, number])[] {
    const generations = generationsOf(members);
    return SUBJECTS.flatMap((subject) => {
      const unit = nameOf(subject);
      const [oldest, ...younger] = generations.get(unit) ?? [];
      if (oldest === undefined || younger.length === 0) return [];
      if (subject.overlaps)
        return younger.map(
          (each) => [`generations ${oldest} and ${each} of ${unit} beside each other`, BESIDE_MS] as const,
        );
      // The looks were one after the other; an elder that still lives now did so when the younger one was seen.
      const elder = members.find(
        (member) => member.unit === unit && member.generation === oldest && isStill(member),
      );
      if (elder !== undefined)
        this.violation(
          `two copies of ${unit}: ${describe(members.filter((member) => member.unit === unit))}`,
        );
      return [];
    });
  }

  #orphans(members: readonly Member[]): readonly (readonly [string, number])[] {
    return members.flatMap((member) => {
      const known = this.#recorded(member.unit);
      return known === undefined || known.has(member.generation)
        ? []
        : [[`orphan ${describe([member])}`, ORPHAN_MS] as const];
    });
  }

  /** Generations that the supervisor owns up to; `undefined` while the record is damaged. */
  #recorded(unit: string): ReadonlySet<number> | undefined {
    const text = readIfThere(`${this.#rig.paths.processes}/${unit.replace(':', '.')}.json`);
    if (text === undefined) return new Set();
    const record = parseRecord(text);
    return record === undefined
      ? undefined
      : new Set([record.main, ...record.others].flatMap((each) => each?.generation ?? []));
  }
}

function describe(members: readonly Member[]): string {
  return members
    .map(
      ({unit, generation, pid, ppid, state}) =>
        `${unit} generation ${generation} pid ${pid} (${state}, child of ${ppid}, ${commandOf(pid)})`,
    )
    .join('; ');
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ').trim();
  } catch {
    return 'gone';
  }
}
