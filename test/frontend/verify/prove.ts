import test from 'ava';

import {prove} from '../../../src/frontend/verify/prove.ts';
import type {Challenge, ProofWorld} from '../../../src/frontend/verify/prove.ts';
import type {Answer, Reply, Visit} from '../../../src/frontend/verify/visit.ts';

const DOOR = {scheme: 'http', host: '127.0.0.1', port: 80} as const;
const asking = (question: string): Visit => ({door: DOOR, host: 'eco', target: `/tasks/${question}`});
const answerOf = (body: string, status = 200): Answer => ({
  id: 'answer',
  status,
  headers: {},
  body: Buffer.from(body),
  ms: 1,
  bodyMs: 0,
  certificate: undefined,
});
const NOBODY: Reply = {id: 'failure', why: 'refused', detail: 'ECONNREFUSED'};

interface World extends ProofWorld {
  readonly targets: string[];
  rounds: number;
}

/**
 * A front end, an app behind it, and its supervisor. Time passes at once.
 *
 * @param reach - Who gets a visit: the supervisor takes it for the question, the app answers, somebody else's visit ends the round.
 */
function world(reach: (visit: Visit, count: number) => 'supervisor' | 'app' | 'stranger' | 'nobody'): World {
  let settle: ((outcome: Awaited<ReturnType<Challenge>>) => void) | undefined;
  let answer = '';
  const made: World = {
    targets: [],
    rounds: 0,
    clock: {
      monotonic: () => made.targets.length * 100,
      after: (_ms, action) => {
        setImmediate(action);
        return {cancel: () => undefined};
      },
    },
    async challenge(request) {
      made.rounds++;
      ({answer} = request);
      const limit = new Promise<void>((resolve) => setTimeout(resolve, 200));
      return await Promise.race([
        new Promise<Awaited<ReturnType<Challenge>>>((resolve) => (settle = resolve)),
        limit.then(() => ({answered: false, head: undefined, passedOn: 0})),
      ]);
    },
    async visit(visit) {
      made.targets.push(visit.target);
      const who = reach(visit, made.targets.length);
      if (who === 'nobody') return NOBODY;
      if (who === 'app') return answerOf('none of mine', 404);
      if (who === 'stranger') settle?.({answered: false, head: undefined, passedOn: 1});
      else settle?.({answered: true, head: `GET ${visit.target} HTTP/1.1\r\nHost: eco`, passedOn: 0});
      return who === 'stranger' ? answerOf('none of mine', 404) : answerOf(answer);
    },
  };
  return made;
}

test('prove() asks until the supervisor answers, and tells what it got', async (t) => {
  const it = world((_visit, count) => (count < 4 ? 'app' : 'supervisor'));
  const proof = await prove(it, {visit: asking, timeoutMs: 1000});
  if (proof.id !== 'proven') return t.fail();
  t.is(it.targets.length, 4);
  t.is(new Set(it.targets).size, 1);
  t.is(it.targets[0], proof.head.target);
});

test('prove() begins a new round, with a new question, when somebody else came', async (t) => {
  const it = world((_visit, count) => (count < 3 ? 'stranger' : 'supervisor'));
  t.is((await prove(it, {visit: asking, timeoutMs: 1000})).id, 'proven');
  t.is(it.rounds, 3);
  t.is(new Set(it.targets).size, 3);
});

test('prove() believes after two rounds that nobody comes', async (t) => {
  const it = world(() => 'app');
  const proof = await prove(it, {visit: asking, timeoutMs: 1000});
  t.like(proof, {id: 'unproven', reply: {status: 404}});
  t.is(it.rounds, 2);
  t.true(it.targets.length < 80);
});

test('prove() asks a front end that is down once per round', async (t) => {
  const it = world(() => 'nobody');
  t.deepEqual(await prove(it, {visit: asking, timeoutMs: 1000}), {id: 'unproven', reply: NOBODY});
  t.is(it.targets.length, 2);
});

test('prove() tells which of two names was answered, and gives the first one its chances', async (t) => {
  const both = {
    visit: asking,
    before: (question: string) => ({...asking(question), target: `/tasksx/${question}`}),
    timeoutMs: 1000,
  };
  const isNeighbour = ({target}: Visit) => target.startsWith('/tasksx/');
  const captured = await prove(
    world((_visit, count) => (count < 3 ? 'app' : 'supervisor')),
    both,
  );
  t.true(captured.id === 'proven' && isNeighbour(captured.visit));
  const it = world((visit) => (isNeighbour(visit) ? 'app' : 'supervisor'));
  const free = await prove(it, both);
  t.true(free.id === 'proven' && !isNeighbour(free.visit));
  t.is(it.targets.filter((target) => target.startsWith('/tasksx/')).length, 8);
});

test('prove() passes on that nothing of the app listens', async (t) => {
  const it = world(() => 'app');
  const challenge = async () => await Promise.reject(new Error('nothing of it listens'));
  await t.throwsAsync(prove({...it, challenge}, {visit: asking, timeoutMs: 1000}), {message: /listens/});
});
