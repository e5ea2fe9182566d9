import path from 'node:path';

import {MARK} from '../core/mark.ts';
import {isAppsupError} from '../errors.ts';
import {readText} from '../launch/look.ts';
import {broken, ok, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import {ownProcesses} from './own-processes.ts';
import type {OwnProcess} from './own-processes.ts';
import type {Look, World} from './world.ts';

/** Other supervisors that people come from. */
export type Manager = 'supervisord' | 'pm2';

/** Something that another supervisor is told to keep running. */
export interface Plan {
  readonly manager: Manager;
  /** Where that stands: `line 7 of your crontab`, `~/.pm2/dump.pm2`. */
  readonly where: string;
  /** What it runs, as far as it can be read; `undefined`: it cannot. */
  readonly text: string | undefined;
}

export interface LeftoverFacts {
  readonly apps: readonly {readonly name: string; readonly directory: string}[];
  /** Processes of this account, without those that appsup has started. */
  readonly processes: readonly OwnProcess[];
  readonly plans: readonly Plan[];
}

export const lookAtLeftovers: Look = async (world) => {
  const {config, root, account, proc} = world;
  const apps = [...config.apps.values()].flatMap(({name, spec}) =>
    spec === undefined ? [] : [{name, directory: spec.directory}],
  );
  const processes = ownProcesses(root, account.uid).filter(({pid}) => proc.variable(pid, MARK) === undefined);
  return judgeLeftovers({apps, processes, plans: [...(await crontabPlans(world)), ...pm2Plans(world)]});
};

/** Pure. */
export function judgeLeftovers(facts: LeftoverFacts): readonly Answer[] {
  const running = facts.processes.flatMap((process) => judgeProcess(process, facts));
  const planned = facts.plans.flatMap((plan) => judgePlan(plan, facts.apps));
  const answers = [...running, ...planned];
  return answers.length > 0
    ? answers
    : [ok('leftovers', 'no supervisord and no pm2 of yours runs your apps, too')];
}

function judgeProcess(process: OwnProcess, {apps, processes}: LeftoverFacts): readonly Answer[] {
  const manager = managerOf(process.args);
  if (manager === undefined) return [];
  const below = descendants(process.pid, processes);
  return apps
    .filter(({directory}) => below.some((each) => isIn(each.directory, directory)))
    .map(({name}) =>
      broken(
        `leftover-${manager}`,
        `${manager} (pid ${process.pid}) runs ${name}, too: two copies, of which only one has the port`,
        manager === 'pm2'
          ? 'pm2 delete NAME; pm2 save'
          : `supervisorctl stop NAME, and take it out of its file; or end it: kill ${process.pid}`,
      ),
    );
}

function judgePlan({manager, where, text}: Plan, apps: LeftoverFacts['apps']): readonly Answer[] {
  const same = apps.filter(({directory}) => text === undefined || mentions(text, directory));
  if (same.length === 0) return [];
  const what =
    text === undefined
      ? `${where} starts ${manager} after a reboot: does that run one of your apps, too?`
      : `${where} has ${manager} run ${same.map(({name}) => name).join(', ')}, too, after a reboot`;
  const hint = where.includes('crontab')
    ? 'take the line out: crontab -e'
    : 'pm2 delete NAME; pm2 save --force';
  return [warning('leftover-planned', what, hint)];
}

/** The words of an interpreter come first: `/usr/bin/python3 /usr/bin/supervisord -c ...`; pm2 sets its title. */
function managerOf(args: readonly string[]): Manager | undefined {
  const [title = ''] = args;
  if (/^PM2 v\d/.test(title)) return 'pm2';
  return args.slice(0, 3).some((word) => path.basename(word) === 'supervisord') ? 'supervisord' : undefined;
}

function descendants(pid: number, processes: readonly OwnProcess[]): readonly OwnProcess[] {
  const children = processes.filter(({ppid}) => ppid === pid);
  return [...children, ...children.flatMap((child) => descendants(child.pid, processes))];
}

function isIn(place: string | undefined, directory: string): boolean {
  return place === directory || place?.startsWith(`${directory}/`) === true;
}

/** As a whole path: `/home/alice/tasks` is not mentioned by `/home/alice/tasks-old`. */
function mentions(text: string, directory: string): boolean {
  return text
    .split(directory)
    .slice(1)
    .some((rest) => !/^[\w.-]/.test(rest));
}

async function crontabPlans({boot, paths}: World): Promise<readonly Plan[]> {
  const table = await boot.crontab.read().catch((error: unknown) => {
    // The subject of cron says so.
    if (isAppsupError(error)) return '';
    throw error;
  });
  return table.split('\n').flatMap((line, index): readonly Plan[] => {
    if (/^\s*#/.test(line) || !/\bsupervisord\b/.test(line)) return [];
    const where = `line ${index + 1} of your crontab`;
    return [{manager: 'supervisord', where, text: configOf(line, paths.home)}];
  });
}

/** The file behind `-c`, with what people write for the home and the file's own directory. */
function configOf(line: string, home: string): string | undefined {
  const named = /\s(?:-c|--configuration[ =])\s*(\S+)/.exec(line)?.[1];
  if (named === undefined) return undefined;
  const file = path.resolve(home, named.replace(/^(~|\$HOME|\$\{HOME\})(?=\/)/, home));
  return readText(file)
    ?.replaceAll('%(ENV_HOME)s', home)
    .replaceAll('%(here)s', path.dirname(file))
    .replaceAll('~/', `${home}/`);
}

/** What `pm2 save` has written, and `pm2 resurrect` starts, also by a line that root has made (`pm2 startup`). */
function pm2Plans({paths}: World): readonly Plan[] {
  const text = readText(path.join(paths.home, '.pm2/dump.pm2'));
  return text === undefined ? [] : [{manager: 'pm2', where: '~/.pm2/dump.pm2', text}];
}
