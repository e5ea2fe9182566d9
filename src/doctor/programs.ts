import {ask} from '../launch/ask.ts';
import {broken, ok, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look} from './world.ts';

export interface ProgramFacts {
  /** Of this command: `20.19.0`. */
  readonly node: string;
  /** Programs of the host that can be run by the search path of the supervisor. */
  readonly there: ReadonlySet<string>;
}

/** What the supervisor starts, and with what to ask it whether it is there. */
const TOOLS: readonly (readonly string[])[] = [
  ['flock', '--version'],
  ['python3', '--version'],
];

export const lookAtPrograms: Look = async ({paths}) => {
  const asked = await Promise.all(
    TOOLS.map(async ([name = '', ...args]) => ({
      name,
      code: (await ask([name, ...args], paths.home, [])).code,
    })),
  );
  const there = new Set(asked.filter(({code}) => code !== undefined).map(({name}) => name));
  return judgePrograms({node: process.versions.node, there});
};

/** Pure. */
export function judgePrograms({node, there}: ProgramFacts): readonly Answer[] {
  const [major = 0, minor = 0] = node.split('.').map(Number);
  const isOld = major < 20 || (major === 20 && minor < 19);
  return [
    isOld
      ? broken(
          'node-old',
          `this is Node ${node}, and appsup needs 20.19 or newer`,
          'take a newer one: nvm install --lts',
        )
      : ok('node', `Node ${node}`),
    there.has('flock')
      ? ok('flock', 'flock(1) is there')
      : broken(
          'flock-missing',
          'there is no flock(1): no supervisor starts without it',
          'install util-linux',
          'administrators',
        ),
    there.has('python3')
      ? ok('python3', 'python3 is there')
      : warning(
          'python3-missing',
          'there is no python3: after a crash of the supervisor the first restart of each app has a short gap',
          'install python3',
          'administrators',
        ),
  ];
}
