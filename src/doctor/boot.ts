import {realpathSync} from 'node:fs';

import {bootStatus} from '../boot/install.ts';
import type {BootStatus} from '../boot/install.ts';
import {recordedIn} from '../boot/script.ts';
import {nodeUnderCron} from '../boot/under-cron.ts';
import type {UnderCron} from '../boot/under-cron.ts';
import {attempt, isFile, readText} from '../launch/look.ts';
import {broken, ok, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look} from './world.ts';

export interface BootFacts {
  readonly status: Pick<BootStatus, 'installed' | 'current' | 'problem'>;
  /** What the boot script starts; `undefined`: there is no script of ours. */
  readonly recorded:
    | {
        readonly node: string;
        /** `gone`: it is not there, or may not be run. */
        readonly fares: UnderCron | 'gone';
        /** It is the Node of this command. */
        readonly ours: boolean;
        readonly appsupd: string;
        readonly appsupdThere: boolean;
      }
    | undefined;
  /** Somebody wants something to run: there is an app. */
  readonly apps: boolean;
}

export const lookAtBoot: Look = async (world) => {
  const {boot, paths, account, config} = world;
  const status = await bootStatus(boot);
  const found = recordedIn(readText(paths.bootScript) ?? '');
  const recorded =
    found === undefined
      ? undefined
      : {
          ...found,
          fares:
            status.nodeValid === true
              ? await nodeUnderCron(found.node, {home: paths.home, login: account.username})
              : ('gone' as const),
          ours: attempt(() => realpathSync(found.node)) === attempt(() => realpathSync(boot.node)),
          appsupdThere: isFile(found.appsupd),
        };
  return judgeBoot({status, recorded, apps: config.apps.size > 0});
};

const AGAIN = 'appsup boot install';

/** Pure. Where cron itself is in the way, the subject of cron says so. */
export function judgeBoot({
  status: {installed, current, problem},
  recorded,
  apps,
}: BootFacts): readonly Answer[] {
  if (problem?.code.startsWith('CRON_') === true) return [];
  if (problem?.code === 'CRONTAB_DAMAGED')
    return [broken('boot-block-damaged', problem.message, problem.hint ?? AGAIN)];
  if (!installed && problem === undefined) {
    return apps
      ? [warning('boot-not-installed', 'nothing brings your apps back after a reboot', AGAIN)]
      : [ok('boot-installed', 'there is no app yet that could be brought back after a reboot')];
  }
  if (!installed || recorded === undefined) {
    const id = recorded === undefined ? 'boot-script-gone' : 'boot-block-gone';
    return [broken(id, problem?.message ?? 'The boot script is not ours', AGAIN)];
  }
  return [
    ok('boot-installed', 'your crontab brings your apps back after a reboot, and looks every minute'),
    ...judgeRecorded(recorded),
    problem?.code === 'SUPERVISOR_START'
      ? broken('boot-failed', problem.message, AGAIN)
      : ok('boot-last', 'nothing went wrong at the last boot'),
    current
      ? ok('boot-current', 'block and script are those of this version')
      : warning(
          'boot-outdated',
          'the block or the boot script was written by another version of appsup, for other directories, or edited',
          AGAIN,
        ),
  ];
}

function judgeRecorded({
  node,
  fares,
  ours,
  appsupd,
  appsupdThere,
}: NonNullable<BootFacts['recorded']>): readonly Answer[] {
  const supervisor = appsupdThere
    ? ok('boot-appsupd', `the boot script starts ${appsupd}`)
    : broken('boot-appsupd-gone', `the boot script starts ${appsupd}, which is gone`, AGAIN);
  return [supervisor, ...judgeNode(node, fares, ours)];
}

function judgeNode(node: string, fares: UnderCron | 'gone', ours: boolean): readonly Answer[] {
  const search = 'at a reboot any other Node is looked for';
  switch (fares) {
    case 'gone':
      return [broken('boot-node-gone', `the boot script uses ${node}, which is gone: ${search}`, AGAIN)];
    case 'too-old':
      return [
        broken(
          'boot-node-old',
          `the boot script uses ${node}, which is older than Node 20: ${search}`,
          AGAIN,
        ),
      ];
    case 'fails':
      return [
        broken(
          'boot-node-fails',
          `${node} does not work in the environment that cron gives it: ${search}`,
          `see: env -i HOME="$HOME" PATH=/usr/bin:/bin ${node} --version`,
        ),
      ];
    case 'works':
      return [
        ok('boot-node', `${node} works in the environment that cron gives it`),
        ours
          ? ok('boot-node-same', 'it is the Node of this command')
          : warning(
              'boot-node-other',
              `after a reboot ${node} runs the supervisor: not the Node of this command`,
              AGAIN,
            ),
      ];
  }
}
