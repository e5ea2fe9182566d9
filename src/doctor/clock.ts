import {rmSync, statSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {ask} from '../launch/ask.ts';
import {attempt, entries} from '../launch/look.ts';
import {broken, ok, unseen, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look, World} from './world.ts';

export interface ClockFacts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The youngest file of ours: written later than now means that the clock was set back. */
  readonly newest: {readonly file: string; readonly at: number} | undefined;
  /** By how much the clock of the state directory's file system is ahead of ours; `undefined`: not known. */
  readonly skewMs: number | undefined;
  /** `undefined`: nobody says. */
  readonly synchronized: boolean | undefined;
}

/** No appsup is older. */
const FIRST_BUILD = Date.UTC(2026, 0, 1);

export const lookAtClock: Look = async ({paths, now, root}) => {
  const names = entries(paths.state);
  const files = names.flatMap((name) => {
    const file = path.join(paths.state, name);
    const at = attempt(() => statSync(file))?.mtimeMs;
    return at === undefined ? [] : [{file, at}];
  });
  return judgeClock({
    now,
    newest: files.toSorted((a, b) => b.at - a.at)[0],
    skewMs: skewOf(paths),
    synchronized: await isSynchronized(root),
  });
};

/** The file system's own clock, by the time that it gives to a file made now. */
function skewOf({state}: World['paths']): number | undefined {
  const probe = path.join(state, `clock.${process.pid}`);
  return attempt(() => {
    try {
      writeFileSync(probe, '', {flag: 'wx', mode: 0o600});
      return statSync(probe).mtimeMs - Date.now();
    } finally {
      rmSync(probe, {force: true});
    }
  });
}

async function isSynchronized(root: string): Promise<boolean | undefined> {
  // Only systemd's own host can be asked.
  if (attempt(() => statSync(path.join(root, 'run/systemd/system'))) === undefined) return undefined;
  const {code, output} = await ask(['timedatectl', 'show', '-p', 'NTPSynchronized', '--value'], '/', []);
  return code === 0 ? output.trim() === 'yes' : undefined;
}

const A_MINUTE = 60_000;

/** Pure. */
export function judgeClock({now, newest, skewMs, synchronized}: ClockFacts): readonly Answer[] {
  const set = 'set the clock, and keep it right: timedatectl set-ntp true';
  if (now < FIRST_BUILD) {
    const text = `the clock says ${new Date(now).toISOString().slice(0, 10)}: certificates, jobs and logs go wrong`;
    return [broken('clock-wrong', text, set, 'administrators')];
  }
  return [
    newest !== undefined && newest.at > now + A_MINUTE
      ? warning(
          'clock-back',
          `${newest.file} was written in the future (${new Date(newest.at).toISOString()}): the clock was set back, or is wrong now`,
          `is it right now? date. Then: touch ${newest.file}. If not: ${set}`,
          'administrators',
        )
      : ok('clock', 'the clock has not gone back'),
    ...(skewMs !== undefined && Math.abs(skewMs) > 5000
      ? [
          warning(
            'clock-skew',
            `the file server's clock is ${Math.round(Math.abs(skewMs) / 1000)} s ${skewMs > 0 ? 'ahead of' : 'behind'} this host's: what is new looks old`,
            'synchronize both with the same time server',
            'administrators',
          ),
        ]
      : []),
    synchronized === undefined
      ? unseen('clock-synchronized', 'whether the clock is synchronized', 'systemd does not say')
      : synchronized
        ? ok('clock-synchronized', 'the clock is synchronized')
        : warning('clock-adrift', 'nobody keeps the clock right: it drifts', set, 'administrators'),
  ];
}
