/**
 * The machine in every situation that can come up: from `stopped`, each event that is possible, and from what follows
 * each again, until nothing new turns up. Processes end whenever they like or never, so no order of events is left out.
 */
import test from 'ava';
import fc from 'fast-check';

import {deadlineOf, transition} from '../../src/core/machine.ts';
import {KILL_AGAIN_MS, SETTLE_MS} from '../../src/core/machine-steps.ts';
import type {Context, Exit, Role, Step, UnitEvent, UnitState} from '../../src/core/state.ts';
import {limits, rolesOf, World, type Behaviour} from '../helpers/machine-world.ts';

/** A state together with the processes that are really there. */
interface Situation {
  readonly state: UnitState;
  readonly alive: readonly Role[];
  readonly now: number;
}

const ROLES: readonly Role[] = ['main', 'candidate'];
const WISHES: readonly UnitEvent[] = [{type: 'start'}, {type: 'stop'}, {type: 'restart'}, {type: 'doze'}];
const EXITS: readonly Exit[] = [
  {code: 0, signal: undefined},
  {code: 1, signal: undefined},
];

/** Every way in which a unit's shell may use the machine; any of them may change between two events. */
const contexts: readonly Omit<Context, 'now'>[] = (['always', 'on-failure', 'never'] as const).flatMap(
  (restart) =>
    [true, false].flatMap((probed) =>
      [true, false].map((overlap) => ({spec: {...limits, restart, giveUp: 3}, probed, overlap})),
    ),
);

/** What may happen to the processes that are there. */
function eventsOf(role: Role): readonly UnitEvent[] {
  return [
    {type: 'ready', role},
    {type: 'failed', role, why: 'no interpreter'},
    ...EXITS.map((exit): UnitEvent => ({type: 'exited', role, exit})),
  ];
}

/** Carry out the actions, or say which of them cannot be. */
function follow({alive}: Situation, event: UnitEvent, {actions}: Step): readonly Role[] {
  let roles =
    event.type === 'exited' || event.type === 'failed' ? alive.filter((role) => role !== event.role) : alive;
  for (const action of actions) {
    if (action.type === 'spawn') {
      if (roles.includes(action.role)) throw new Error(`a second ${action.role}`);
      roles = [...roles, action.role];
    }
    if ((action.type === 'kill' || action.type === 'terminate') && !roles.includes(action.role)) {
      throw new Error(`${action.type} of a ${action.role} that is not there`);
    }
    if (action.type === 'promote') {
      if (!roles.includes('candidate')) throw new Error('promoted nobody');
      roles = ['main'];
    }
  }
  return roles;
}

/** The same for two situations that differ in the hour only. */
function keyOf({state, alive, now}: Situation): string {
  return JSON.stringify([state, alive], (key, value: unknown) =>
    (key === 'until' || key === 'settles') && typeof value === 'number' ? value - now : value,
  );
}

interface Passage {
  readonly from: Situation;
  readonly event: UnitEvent;
  readonly context: Context;
  readonly step: Step;
  readonly to: Situation;
}

/** Every passage from every situation that can be reached. */
function* everyPassage(): Generator<Passage> {
  const first: Situation = {state: {id: 'stopped'}, alive: [], now: 0};
  const seen = new Set([keyOf(first)]);
  const open = [first];
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    for (const [event, now] of possible(from)) {
      for (const base of contexts) {
        const context = {...base, now};
        const step = transition(from.state, event, context);
        const to = {state: step.state, alive: follow(from, event, step).toSorted(), now};
        yield {from, event, context, step, to};
        const key = keyOf(to);
        if (seen.has(key)) continue;
        seen.add(key);
        open.push(to);
      }
    }
  }
}

/** Wishes and the fate of processes come at once, `due` at its moment or long after it. */
function possible({state, alive, now}: Situation): readonly (readonly [UnitEvent, number])[] {
  const at = deadlineOf(state);
  return [
    ...[...WISHES, ...alive.flatMap(eventsOf)].map((event) => [event, now] as const),
    ...(at === undefined
      ? []
      : [at, at + 100_000].map((moment) => [{type: 'due'}, Math.max(now, moment)] as const)),
  ];
}

const passages = [...everyPassage()];
const situations = [...new Map(passages.map(({to}) => [keyOf(to), to])).values()];

function show({from, event, context: {spec, probed, overlap}}: Passage): string {
  return JSON.stringify({from, event, restart: spec.restart, probed, overlap});
}

test('every state and both phases of a change are reached', (t) => {
  const names = situations.map(({state}) =>
    state.id === 'running' && state.change ? state.change.phase : state.id,
  );
  t.deepEqual([...new Set(names)].toSorted(), [
    'abandoning',
    'backoff',
    'dormant',
    'exited',
    'fatal',
    'proving',
    'running',
    'starting',
    'stopped',
    'stopping',
  ]);
  t.log(`${situations.length} situations, ${passages.length} passages`);
});

test('every process is known to the state, and at rest there is none', (t) => {
  for (const passage of passages) {
    const {state, alive} = passage.to;
    if (rolesOf(state).toSorted().join() !== alive.join()) t.fail(show(passage));
  }
  t.pass();
});

test('whatever is awaited has a deadline, and no deadline is behind once it was heard', (t) => {
  for (const passage of passages) {
    const {state, now} = passage.to;
    const at = deadlineOf(state);
    const waits = state.id === 'starting' || state.id === 'backoff' || state.id === 'stopping';
    if (waits || (state.id === 'running' && state.change !== undefined)) {
      if (at === undefined || !Number.isFinite(at)) t.fail(`waits for ever: ${show(passage)}`);
    }
    const isLoop = passage.event.type === 'due' && at !== undefined && at <= now;
    if (isLoop) t.fail(`spins: ${show(passage)}`);
  }
  t.pass();
});

test('news of a process that is not there changes nothing', (t) => {
  for (const {state, alive, now} of situations) {
    for (const event of ROLES.filter((role) => !alive.includes(role)).flatMap(eventsOf)) {
      const step = transition(state, event, {spec: limits, probed: true, overlap: true, now});
      if (step.state !== state || step.actions.length > 0) t.fail(JSON.stringify({state, event}));
    }
  }
  t.pass();
});

test('a `due` before its moment changes nothing', (t) => {
  for (const {state, now} of situations) {
    const early = Math.min(now, (deadlineOf(state) ?? Infinity) - 0.1);
    const step = transition(state, {type: 'due'}, {spec: limits, probed: true, overlap: true, now: early});
    if (step.state !== state || step.actions.length > 0) t.fail(JSON.stringify({state, now}));
  }
  t.pass();
});

test('`stop` leads to stopped from everywhere: nothing is spawned, SIGKILL comes in time', (t) => {
  for (const situation of situations) {
    for (const base of contexts) {
      const {state, kills} = stopped(situation, base);
      const killed = [...kills].toSorted();
      if (state.id !== 'stopped' || killed.join() !== situation.alive.join()) {
        t.fail(`${JSON.stringify(situation)} -> ${JSON.stringify(state)}, killed ${killed.join()}`);
      }
    }
  }
  t.pass();
});

/** `stop`, then every `due`; processes end only by SIGKILL. */
function stopped(
  situation: Situation,
  base: Omit<Context, 'now'>,
): {readonly state: UnitState; readonly kills: Set<Role>} {
  const kills = new Set<Role>();
  let {now} = situation;
  let step = transition(situation.state, {type: 'stop'}, {...base, now});
  for (let turns = 0; turns < 4; turns++) {
    for (const action of step.actions) {
      if (action.type === 'spawn' || action.type === 'promote') throw new Error(`${action.type} after stop`);
      if (action.type === 'kill') kills.add(action.role);
    }
    now = Math.max(now, deadlineOf(step.state) ?? now);
    step = transition(step.state, {type: 'due'}, {...base, now});
  }
  for (const role of kills) {
    step = transition(
      step.state,
      {type: 'exited', role, exit: {code: undefined, signal: 'SIGKILL'}},
      {...base, now},
    );
  }
  return {state: step.state, kills};
}

test('what not even SIGKILL ends is killed again and again, and nothing is spawned beside it', (t) => {
  for (const situation of situations.filter(({state}) => state.id === 'stopping')) {
    let {state, now} = situation;
    for (let turns = 0; turns < 5; turns++) {
      now = Math.max(now, deadlineOf(state) ?? now);
      const step = transition(state, {type: 'due'}, {spec: limits, probed: true, overlap: true, now});
      state = step.state;
      t.deepEqual(
        step.actions.map(({type}) => type),
        situation.alive.map(() => 'kill' as const),
      );
      t.is(deadlineOf(state), now + KILL_AGAIN_MS);
    }
  }
});

/** Lives of all kinds: quick, slow, deaf, immortal, never there. */
const behaviours: fc.Arbitrary<Behaviour> = fc
  .record({
    readyAfter: fc.option(fc.integer({min: 0, max: 70_000}), {nil: undefined}),
    exitsAfter: fc.option(fc.integer({min: 0, max: 100_000}), {nil: undefined}),
    failsAfter: fc.option(fc.integer({min: 0, max: 500}), {nil: undefined, freq: 8}),
    exit: fc.constantFrom<Exit>(
      ...EXITS,
      {code: undefined, signal: 'SIGSEGV'},
      {code: undefined, signal: undefined},
    ),
    obeysAfter: fc.constantFrom(0, 100, 29_999, 30_000, 30_001, Infinity),
    diesAfter: fc.constantFrom(0, 10, KILL_AGAIN_MS, 5000),
  })
  .map((record) => Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)));

const options = fc.record({
  probed: fc.boolean(),
  overlap: fc.boolean(),
  spec: fc.record({
    restart: fc.constantFrom('always', 'on-failure', 'never'),
    giveUp: fc.constantFrom(1, 2, 10, Infinity),
    startMs: fc.constantFrom(0, 1000),
    stopMs: fc.constantFrom(0, 30_000),
  }),
});

/** Waits in milliseconds, each followed by a wish. */
const lives = fc.array(fc.tuple(fc.nat({max: 120_000}), fc.constantFrom(...WISHES)), {maxLength: 12});

test('any life with any processes goes on without a second main, a lost process or a loop', (t) => {
  fc.assert(
    fc.property(fc.array(behaviours, {minLength: 1, maxLength: 8}), options, lives, (kinds, how, life) => {
      const world = new World((spawn) => kinds[spawn % kinds.length] ?? {}, how);
      for (const [ms, wish] of life) {
        world.advance(ms);
        world.send(wish);
      }
      world.send({type: 'stop'});
      world.advance(30_000 + 2 * 5000);
      t.is(world.state.id, 'stopped');
      t.deepEqual(world.alive, []);
    }),
    {numRuns: 2000},
  );
});

test('after any life a healthy program comes to run, settles, and is left alone', (t) => {
  fc.assert(
    fc.property(fc.array(behaviours, {maxLength: 8}), options, lives, (kinds, how, life) => {
      let isHealthy = false;
      const world = new World((spawn) => (isHealthy ? {readyAfter: 300} : (kinds[spawn] ?? {})), how);
      for (const [ms, wish] of life) {
        world.advance(ms);
        world.send(wish);
      }
      isHealthy = true;
      world.send({type: 'stop'});
      world.send({type: 'start'});
      world.advance(30_000 + 2 * 5000 + 60_000 + SETTLE_MS);
      t.deepEqual(world.state, {id: 'running', tries: 0, settles: undefined, change: undefined});
    }),
    {numRuns: 2000},
  );
});

test('a failing program is never started more than six times in any 30 s', (t) => {
  fc.assert(
    fc.property(fc.nat({max: 9999}), fc.boolean(), (exitsAfter, isProbed) => {
      const world = new World(
        {exitsAfter, readyAfter: 400, exit: {code: 1, signal: undefined}},
        {probed: isProbed, spec: {giveUp: Infinity}},
      );
      world.send({type: 'start'});
      world.advance(600_000);
      const moments = world.spawns.map((text) => Number(text.split('@')[1]));
      for (const moment of moments) {
        t.true(
          moments.filter((other) => other >= moment && other < moment + 30_000).length <= 6,
          world.spawns.join(' '),
        );
      }
    }),
    {numRuns: 300},
  );
});
