import {readdirSync, readFileSync} from 'node:fs';

import type {ProcessStatus, StatusReport} from '../../../src/control/api.ts';
import {get} from '../rig.ts';
import type {Rig} from '../rig.ts';
import {census, generationsOf} from './census.ts';
import {SUBJECTS, nameOf} from './programs.ts';
import type {Subject} from './programs.ts';
import type {Wishes} from './wishes.ts';

/** What is not yet as it ought to be, once nobody disturbs any more. */
export async function unsettled(rig: Rig, wishes: Wishes): Promise<readonly string[]> {
  const {code, stdout, stderr} = await rig.appsup('status', '--json');
  if (code !== 0 && code !== 3) return [`status ends with ${code}: ${stderr}`];
  const {apps} = JSON.parse(stdout) as StatusReport;
  const generations = generationsOf(census(rig.paths.state));
  const found = SUBJECTS.map(async (subject) => {
    const app = apps.find((each) => each.app === subject.app);
    const status = app?.processes.find(({process}) => process === subject.process);
    if (app === undefined || status === undefined) return [`${nameOf(subject)} is not known`];
    const wrong = wrongs(subject, status, generations.get(nameOf(subject)) ?? [], wishes);
    const visited = subject.overlaps && wrong.length === 0 ? await visit(subject, status, app.port ?? 0) : [];
    return [...app.problems, ...wrong, ...visited];
  });
  return [...new Set((await Promise.all(found)).flat())];
}

function wrongs(
  subject: Subject,
  {state, desired, reason}: ProcessStatus,
  generations: readonly number[],
  wishes: Wishes,
): readonly string[] {
  const name = nameOf(subject);
  if (!wishes.possible(name).has(desired)) return [`${name} is wished ${desired}, which nobody did`];
  const living = `${generations.length} generations live`;
  if (desired === 'stopped')
    return state === 'stopped' && generations.length === 0
      ? []
      : [`${name} ought to be stopped: ${state}, ${living}`];
  switch (subject.kind) {
    case 'once':
      return state === 'exited' && generations.length === 0
        ? []
        : [`${name} ought to be exited: ${state}, ${living}`];
    case 'restless':
      return ['running', 'starting', 'backoff'].includes(state)
        ? []
        : [`${name} ought to come again: ${state}`];
    case 'lasting':
      // Its web program was stopped by itself: then this one waits, for as long as that.
      if (
        state === 'stopped' &&
        reason === 'waits for web' &&
        wishes.possible(`${subject.app}:web`).has('stopped')
      )
        return [];
      return state === 'running' && generations.length === 1
        ? []
        : [`${name} ought to run: ${state}, ${living}, ${reason ?? 'no reason'}`];
  }
}

/** A server that runs answers, and it is the one that `status` shows; for one that does not, the supervisor answers. */
async function visit(
  {app, process}: Subject,
  {desired, pid}: ProcessStatus,
  port: number,
): Promise<readonly string[]> {
  const name = nameOf({app, process});
  try {
    const {status, body} = await get(port, `/${app}/`);
    if (desired === 'stopped')
      return status === 503 ? [] : [`${name} is stopped, and ${port} answers ${status}`];
    return status === 200 && body.split(' ')[0] === String(pid)
      ? []
      : [`${name} has pid ${pid}, and ${port} answers ${status} of ${body}`];
  } catch (error) {
    return [`${name} does not answer on ${port}: ${String(error)}`];
  }
}

/** What a process uses that must not grow. */
export interface Weight {
  readonly descriptors: number;
  readonly megabytes: number;
}

export function weigh(pid: number): Weight {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
  return {
    descriptors: readdirSync(`/proc/${pid}/fd`).length,
    megabytes: Math.round(Number(kilobytes) / 1024),
  };
}
