import {isAppsupError, messageOf, systemCode} from '../errors.ts';
import {lookAtApps} from './apps.ts';
import {lookAtBoot} from './boot.ts';
import {lookAtClock} from './clock.ts';
import {lookAtCron} from './cron.ts';
import {lookAtDisk} from './disk.ts';
import {lookAtFiles} from './files.ts';
import {unseen} from './finding.ts';
import type {Answer, Finding, Subject} from './finding.ts';
import {lookAtFrontEnd} from './front-end.ts';
import {lookAtLeftovers} from './leftovers.ts';
import {lookAtLimits} from './limits.ts';
import {lookAtLogout} from './logout.ts';
import {lookAtPorts} from './ports.ts';
import {lookAtPrograms} from './programs.ts';
import {lookAtSettings} from './settings.ts';
import {lookAtSupervisor} from './supervisor.ts';
import type {Look, World} from './world.ts';

const LOOKS: readonly (readonly [Subject, Look])[] = [
  ['programs', lookAtPrograms],
  ['supervisor', lookAtSupervisor],
  ['boot', lookAtBoot],
  ['cron', lookAtCron],
  ['logout', lookAtLogout],
  ['files', lookAtFiles],
  ['disk', lookAtDisk],
  ['limits', lookAtLimits],
  ['clock', lookAtClock],
  ['settings', lookAtSettings],
  ['ports', lookAtPorts],
  ['apps', lookAtApps],
  ['front-end', lookAtFrontEnd],
  ['leftovers', lookAtLeftovers],
];

export interface ExamineOptions {
  /** Empty: all. */
  readonly subjects?: readonly Subject[];
  /** Told which subjects are still being looked at, whenever one is done. */
  readonly onProgress?: (pending: readonly Subject[]) => void;
  /** For one subject. @defaultValue 20_000 */
  readonly limitMs?: number;
}

/** Look at everything at the same time; in the order of {@link LOOKS}. Never fails for what a machine lacks. */
export async function examine(world: World, options: ExamineOptions = {}): Promise<readonly Finding[]> {
  const {subjects = [], onProgress = () => undefined, limitMs = 20_000} = options;
  const wanted = LOOKS.filter(([subject]) => subjects.length === 0 || subjects.includes(subject));
  const pending = new Set(wanted.map(([subject]) => subject));
  const found = await Promise.all(
    wanted.map(async ([subject, look]) => {
      const answers = await answersOf(subject, async () => await look(world), limitMs);
      pending.delete(subject);
      onProgress([...pending]);
      return answers.map((answer): Finding => ({...answer, subject}));
    }),
  );
  return found.flat();
}

/** What a look says; one that the machine keeps from looking, or that takes too long, says that. */
export async function answersOf(
  subject: Subject,
  look: () => Promise<readonly Answer[]>,
  limitMs: number,
): Promise<readonly Answer[]> {
  const end = new AbortController();
  const late = new Promise<readonly Answer[]>((resolve) => {
    const timer = setTimeout(
      () => resolve([unseen(subject, `the subject "${subject}"`, `no answer within ${limitMs / 1000} s`)]),
      limitMs,
    );
    end.signal.addEventListener('abort', () => clearTimeout(timer), {once: true});
  });
  try {
    return await Promise.race([look(), late]);
  } catch (error) {
    if (!isAppsupError(error) && systemCode(error) === undefined) throw error;
    return [unseen(subject, `the subject "${subject}"`, messageOf(error))];
  } finally {
    end.abort();
  }
}
