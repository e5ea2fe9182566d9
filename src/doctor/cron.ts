import {realpathSync} from 'node:fs';
import path from 'node:path';

import {cronDaemon} from '../boot/cron-daemon.ts';
import {findBlock} from '../boot/block.ts';
import {isAppsupError} from '../errors.ts';
import type {AppsupError} from '../errors.ts';
import {attempt, exists, readText} from '../launch/look.ts';
import {broken, ok, unseen, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look} from './world.ts';

/** Implementations that differ in what they do for us. */
export type CronKind = 'Debian' | 'cronie' | 'systemd-cron' | 'busybox' | 'unknown';

export interface CronFacts {
  /** What crontab(1) said instead of a table. */
  readonly refusal: Pick<AppsupError, 'code' | 'message' | 'hint'> | undefined;
  readonly daemon: 'running' | 'unknown';
  /** Processes of root's are kept from us (hidepid): then a daemon that is not seen may well be there. */
  readonly hidden: boolean;
  readonly kind: CronKind;
  /** The service forbids writable code (MemoryDenyWriteExecute), which Node's compiler makes. */
  readonly hardened: boolean;
  /** Our block is in the crontab. */
  readonly installed: boolean;
}

export const lookAtCron: Look = async ({boot, paths, root}) => {
  const facts = {
    daemon: cronDaemon(root),
    hidden: readText(path.join(root, 'proc/1/stat')) === undefined,
    kind: cronKind(root),
    hardened: isHardened(root),
  };
  try {
    const table = await boot.crontab.read();
    const block = {state: paths.state, script: paths.bootScript};
    return judgeCron({...facts, refusal: undefined, installed: hasBlock(table, block)});
  } catch (error) {
    if (!isAppsupError(error)) throw error;
    return judgeCron({...facts, refusal: error, installed: false});
  }
};

/** Pure. */
export function judgeCron(facts: CronFacts): readonly Answer[] {
  return [...judgeAccess(facts.refusal), ...judgeDaemon(facts), ...judgeKind(facts)];
}

function judgeAccess(refusal: CronFacts['refusal']): readonly Answer[] {
  if (refusal === undefined) return [ok('cron-allowed', 'you may have a crontab')];
  const {code, message, hint} = refusal;
  if (code === 'CRON_MISSING') return [broken('cron-missing', message, 'install cron', 'administrators')];
  if (code === 'CRON_DENIED')
    return [broken('cron-denied', message, 'let this account have a crontab', 'administrators')];
  return [broken('cron-failed', message, hint ?? 'see crontab -l')];
}

function judgeDaemon({daemon, hidden, installed, refusal}: CronFacts): readonly Answer[] {
  const id = 'cron-not-running';
  if (refusal?.code === 'CRON_MISSING') return [];
  if (daemon === 'running') return [ok('cron-running', 'a cron daemon runs')];
  if (hidden) return [unseen('cron-running', 'the cron daemon', 'processes of other users are hidden')];
  const text = 'no cron daemon runs on this host: nothing brings your apps back after a reboot';
  const hint = 'start cron, at every boot: systemctl enable --now cron (Red Hat: crond)';
  return [(installed ? broken : warning)(id, text, hint, 'administrators')];
}

function judgeKind({kind, hardened, daemon}: CronFacts): readonly Answer[] {
  if (daemon !== 'running') return [];
  if (hardened) {
    return [
      warning(
        'cron-hardened',
        'this cron forbids writable code (MemoryDenyWriteExecute): after a reboot the supervisor runs without its compiler, which is slow',
        'MemoryDenyWriteExecute=no for the service: systemctl edit crond',
        'administrators',
      ),
    ];
  }
  return [ok('cron-kind', KINDS[kind])];
}

const KINDS: Readonly<Record<CronKind, string>> = {
  Debian: "Debian's cron",
  cronie: 'cronie',
  'systemd-cron': 'systemd-cron, which knows @reboot and leaves running what a job has started',
  busybox: 'cron of busybox, which does not know @reboot: the minute line brings your apps back',
  unknown: 'a cron that appsup does not know; it needs nothing more of it than a line each minute',
};

/** By the files that each brings along. */
export function cronKind(root: string): CronKind {
  const has = (file: string) => exists(path.join(root, file));
  if (['usr/lib', 'lib'].some((lib) => has(`${lib}/systemd/system-generators/systemd-crontab-generator`)))
    return 'systemd-cron';
  const crond = attempt(() => realpathSync(path.join(root, 'usr/sbin/crond')));
  if (crond?.endsWith('/busybox') === true) return 'busybox';
  if (has('usr/sbin/cron')) return 'Debian';
  if (crond !== undefined) return 'cronie';
  return 'unknown';
}

/** A unit file of the administrator's comes before that of the distribution. */
function isHardened(root: string): boolean {
  const units = ['etc', 'run', 'usr/lib', 'lib'].flatMap((place) =>
    ['crond', 'cron', 'cronie'].map((name) => path.join(root, place, 'systemd/system', `${name}.service`)),
  );
  const text = units.map(readText).find((unit) => unit !== undefined);
  return /^\s*MemoryDenyWriteExecute\s*=\s*(yes|true|on|1)\s*$/im.test(text ?? '');
}

/** Also of a damaged one: something of it is there. */
function hasBlock(table: string, block: Parameters<typeof findBlock>[1]): boolean {
  try {
    return findBlock(table, block) !== undefined;
  } catch (error) {
    if (isAppsupError(error)) return true;
    throw error;
  }
}
