import {readdirSync, readFileSync, rmSync, truncateSync, writeFileSync} from 'node:fs';
import path from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';

import {killQuietly} from '../rig.ts';
import {census} from './census.ts';
import type {Member} from './census.ts';
import {APP_NAMES, SUBJECTS, fileOf, nameOf} from './programs.ts';
import type {Storm} from './storm.ts';

/** Something that happens to the programs, the supervisor, its files or its commands. */
interface Step {
  readonly weight: number;
  readonly name: string;
  readonly run: (storm: Storm) => Promise<string | undefined>;
}

/** What a user says, likelier things more often. */
const VERBS = ['start', 'start', 'stop', 'restart', 'restart', 'reload'] as const;

const STEPS: readonly Step[] = [
  {
    weight: 8,
    name: 'order',
    run: async (storm) => {
      const [verb, targets] = [storm.random.pick(VERBS), someTargets(storm)];
      storm.behind(storm.order(verb, targets));
      return `${verb} ${targets.join(' ')}`;
    },
  },
  {
    weight: 4,
    name: 'order, waited for',
    run: async (storm) => {
      const [verb, targets] = [storm.random.pick(VERBS), someTargets(storm)];
      await storm.order(verb, targets);
      return `${verb} ${targets.join(' ')}`;
    },
  },
  {weight: 3, name: 'kill a worker', run: async (storm) => killOne(storm, (member) => !isLeader(member))},
  {weight: 3, name: 'kill a master', run: async (storm) => killOne(storm, isLeader)},
  {weight: 3, name: 'kill a group', run: async (storm) => killOne(storm, isLeader, true)},
  {
    weight: 3,
    name: 'kill the supervisor',
    run: async (storm) => {
      await storm.killSupervisor();
      return undefined;
    },
  },
  {
    weight: 2,
    name: 'kill the supervisor, start two',
    run: async (storm) => {
      await storm.killSupervisor();
      await sleep(storm.random.between(0, 1000));
      storm.behind(storm.command('daemon', 'start'));
      storm.behind(storm.command('daemon', 'start'));
      return undefined;
    },
  },
  {
    weight: 4,
    name: 'kill the supervisor in the middle of a command',
    run: async (storm) => {
      const [verb, targets, wait] = [
        storm.random.pick(VERBS),
        someTargets(storm),
        storm.random.between(100, 1200),
      ];
      storm.begin(verb, targets);
      await sleep(wait);
      await storm.killSupervisor();
      return `${verb} ${targets.join(' ')}, after ${wait} ms`;
    },
  },
  {
    weight: 2,
    name: 'kill the supervisor while it starts',
    run: async (storm) => {
      await storm.killSupervisor();
      storm.behind(storm.command('daemon', 'start'));
      const wait = storm.random.between(100, 1000);
      await sleep(wait);
      await storm.killSupervisor();
      return `after ${wait} ms`;
    },
  },
  {
    weight: 3,
    name: 'kill a command',
    run: async (storm) => {
      const [verb, targets, wait] = [
        storm.random.pick(VERBS),
        someTargets(storm),
        storm.random.between(20, 800),
      ];
      const child = storm.begin(verb, targets);
      await sleep(wait);
      child.kill('SIGKILL');
      return `${verb} ${targets.join(' ')}, after ${wait} ms`;
    },
  },
  {
    weight: 2,
    name: 'stop the supervisor in its tracks for a second',
    run: async (storm) => {
      const pid = storm.rig.supervisorPid();
      if (pid === undefined) return 'there is none';
      killQuietly(pid, 'SIGSTOP');
      await sleep(1000);
      killQuietly(pid, 'SIGCONT');
      return undefined;
    },
  },
  {
    weight: 1,
    name: 'delete the control socket',
    run: async (storm) => {
      rmSync(storm.rig.paths.socket, {force: true});
      return undefined;
    },
  },
  {weight: 2, name: 'cut off a state file', run: async (storm) => await cutOff(storm)},
  {
    weight: 2,
    name: 'nonsense in a config file',
    run: async (storm) => {
      const app = storm.random.pick(APP_NAMES);
      const nonsense = storm.random.pick([
        'programs = 3',
        '[programs.web',
        'directory = "/nowhere"\n',
        '\0\0\0',
        '',
      ] as const);
      writeFileSync(fileOf(storm.rig, app), nonsense);
      storm.broken.add(app);
      return `${app}: ${JSON.stringify(nonsense)}`;
    },
  },
  {
    weight: 2,
    name: 'daemon restart',
    run: async (storm) => {
      storm.watch.expectEnd();
      const {code} = await storm.command('daemon', 'restart');
      return `ended with ${code}`;
    },
  },
];

/** One step, drawn by the storm's dice. */
export async function step(storm: Storm): Promise<void> {
  const {name, run} = storm.random.weighed(STEPS);
  storm.note(name);
  const details = await run(storm);
  if (details !== undefined) storm.note(`  ${name}: ${details}`);
}

function someTargets({random}: Storm): readonly string[] {
  if (random.next() < 0.05) return ['all'];
  return Array.from({length: random.between(1, 2)}, () => {
    const {app, process} = random.pick(SUBJECTS as [(typeof SUBJECTS)[number]]);
    return random.next() < 0.5 ? app : `${app}:${process}`;
  });
}

function isLeader({pid, session}: Member): boolean {
  return pid === session;
}

function killOne({rig, random}: Storm, isMeant: (member: Member) => boolean, group = false): string {
  const subject = random.pick(SUBJECTS as [(typeof SUBJECTS)[number]]);
  const found = random.pick(
    census(rig.paths.state).filter((member) => member.unit === nameOf(subject) && isMeant(member)),
  );
  if (found === undefined) return `${nameOf(subject)} has none`;
  killQuietly(group ? -found.pid : found.pid);
  return `${found.unit}, generation ${found.generation}, pid ${found.pid}`;
}

/** As after a crash of the machine. */
async function cutOff(storm: Storm): Promise<string> {
  const {rig, random, wishes} = storm;
  const {processes, desired, leases} = rig.paths;
  const files = [
    ...readdirSync(processes).map((name) => path.join(processes, name)),
    ...readdirSync(desired).map((name) => path.join(desired, name)),
    leases,
  ];
  const file = random.pick(files.filter((name) => name.endsWith('.json'))) ?? leases;
  const isWish = path.dirname(file) === desired;
  if (isWish) wishes.forget(path.basename(file, '.json'));
  truncateSync(file, Math.floor(readFileSync(file).length * random.next()));
  // A living supervisor knows the wishes by heart; what it will find when it comes back is asked now.
  if (isWish || random.next() < 0.5) await storm.killSupervisor();
  return file;
}
