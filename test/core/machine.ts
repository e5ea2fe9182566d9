import test from 'ava';

import {describeExit} from '../../src/core/exit.ts';
import {adopted, deadlineOf, transition} from '../../src/core/machine.ts';
import {KILL_AGAIN_MS, SETTLE_MS} from '../../src/core/machine-steps.ts';
import type {Action, Change, Context, Exit, Role, UnitEvent, UnitState} from '../../src/core/state.ts';
import {limits, World, type Behaviour, type WorldOptions} from '../helpers/machine-world.ts';

/** `stopped`, ..., and `running` once more for each phase of an overlapping restart. */
type Row = UnitState['id'] | `running ${Change['phase']}`;
/** `start`, ..., and what happens to a process once for each role. */
type Column = {
  [Type in UnitEvent['type']]: Extract<UnitEvent, {type: Type}> extends {role: Role}
    ? `${Type} ${Role}`
    : Type;
}[UnitEvent['type']];

const NOW = 100_000;
const LATER = NOW + 5000;
const failed: Exit = {code: 1, signal: undefined};
const probed: Context = {spec: limits, probed: true, overlap: true, now: NOW};

const rows: {readonly [Id in Row]: UnitState} = {
  stopped: {id: 'stopped'},
  dormant: {id: 'dormant'},
  starting: {id: 'starting', tries: 0, until: NOW},
  running: {id: 'running', tries: 2, settles: NOW, change: undefined},
  'running proving': {id: 'running', tries: 0, settles: undefined, change: {phase: 'proving', until: NOW}},
  'running abandoning': {
    id: 'running',
    tries: 0,
    settles: undefined,
    change: {phase: 'abandoning', until: NOW, why: 'exit 3', again: false},
  },
  backoff: {id: 'backoff', tries: 3, until: NOW, why: 'exit 1'},
  stopping: {id: 'stopping', until: NOW, next: {id: 'stop'}, alive: ['main']},
  exited: {id: 'exited', exit: {code: 0, signal: undefined}},
  fatal: {id: 'fatal', why: 'exit 1'},
};

const columns: {readonly [Name in Column]: UnitEvent} = {
  start: {type: 'start'},
  stop: {type: 'stop'},
  restart: {type: 'restart'},
  doze: {type: 'doze'},
  'ready main': {type: 'ready', role: 'main'},
  'ready candidate': {type: 'ready', role: 'candidate'},
  'exited main': {type: 'exited', role: 'main', exit: failed},
  'exited candidate': {type: 'exited', role: 'candidate', exit: failed},
  'failed main': {type: 'failed', role: 'main', why: 'no interpreter'},
  'failed candidate': {type: 'failed', role: 'candidate', why: 'no interpreter'},
  due: {type: 'due'},
};

/** Nothing that there could be news of. */
const NO_PROCESS = {
  'ready main': '·',
  'ready candidate': '·',
  'exited main': '·',
  'exited candidate': '·',
  'failed main': '·',
  'failed candidate': '·',
} as const;

/** For a probed program that may overlap. `·`: nothing changes. After the colon: the actions. */
const table: {readonly [Id in Row]: {readonly [Name in Column]: string}} = {
  stopped: {
    start: 'starting: spawn main',
    stop: '·',
    restart: 'starting: spawn main',
    doze: 'dormant',
    ...NO_PROCESS,
    due: '·',
  },
  dormant: {
    start: 'starting: spawn main',
    stop: 'stopped',
    restart: 'starting: spawn main',
    doze: '·',
    ...NO_PROCESS,
    due: '·',
  },
  starting: {
    start: '·',
    stop: 'stopping (then stop): terminate main',
    restart: 'stopping (then start): terminate main',
    doze: '·',
    'ready main': 'running',
    'ready candidate': '·',
    'exited main': 'backoff 1 (exit 1)',
    'exited candidate': '·',
    'failed main': 'backoff 1 (no interpreter)',
    'failed candidate': '·',
    due: 'stopping (then retry): terminate main',
  },
  running: {
    start: '·',
    stop: 'stopping (then stop): terminate main',
    restart: 'running, proving: spawn candidate',
    doze: 'stopping (then doze): terminate main',
    'ready main': '·',
    'ready candidate': '·',
    'exited main': 'backoff 3 (exit 1)',
    'exited candidate': '·',
    'failed main': 'backoff 3 (no interpreter)',
    'failed candidate': '·',
    due: 'running',
  },
  'running proving': {
    start: '·',
    stop: 'stopping (then stop): terminate main, kill candidate',
    restart: 'running, abandoning (restarted again): kill candidate',
    doze: '·',
    'ready main': '·',
    'ready candidate': 'running: promote',
    'exited main': 'starting: promote',
    'exited candidate': 'running: gave-up-change (exit 1)',
    'failed main': 'starting: promote',
    'failed candidate': 'running: gave-up-change (no interpreter)',
    due: 'running, abandoning (not ready within 60 s): kill candidate',
  },
  'running abandoning': {
    start: '·',
    stop: 'stopping (then stop): terminate main, kill candidate',
    restart: 'running, abandoning (exit 3)',
    doze: '·',
    'ready main': '·',
    'ready candidate': '·',
    'exited main': 'stopping (then retry)',
    'exited candidate': 'running: gave-up-change (exit 3)',
    'failed main': 'stopping (then retry)',
    'failed candidate': 'running: gave-up-change (exit 3)',
    due: 'running, abandoning (exit 3): kill candidate',
  },
  backoff: {
    start: 'starting: spawn main',
    stop: 'stopped',
    restart: 'starting: spawn main',
    doze: 'dormant',
    ...NO_PROCESS,
    due: 'starting: spawn main',
  },
  stopping: {
    start: 'stopping (then start)',
    stop: 'stopping (then stop)',
    restart: 'stopping (then start)',
    doze: 'stopping (then doze)',
    'ready main': '·',
    'ready candidate': '·',
    'exited main': 'stopped',
    'exited candidate': '·',
    'failed main': 'stopped',
    'failed candidate': '·',
    due: 'stopping (then stop): kill main',
  },
  exited: {
    start: 'starting: spawn main',
    stop: 'stopped',
    restart: 'starting: spawn main',
    doze: 'dormant',
    ...NO_PROCESS,
    due: '·',
  },
  fatal: {
    start: 'starting: spawn main',
    stop: 'stopped',
    restart: 'starting: spawn main',
    doze: 'dormant',
    ...NO_PROCESS,
    due: '·',
  },
};

for (const [row, cells] of Object.entries(table)) {
  for (const [column, cell] of Object.entries(cells)) {
    test(`transition() of ${row} by ${column}: ${cell === '·' ? 'nothing' : cell}`, (t) => {
      const state = rows[row as Row];
      const {state: next, actions} = transition(state, columns[column as Column], probed);
      if (cell === '·') t.is(next, state);
      t.is(next === state ? '·' : summary(next, actions), cell);
    });
  }
}

function summary(state: UnitState, actions: readonly Action[]): string {
  return [describe(state), actions.map(wordsOf).join(', ')].filter(Boolean).join(': ');
}

function describe(state: UnitState): string {
  switch (state.id) {
    case 'backoff':
      return `backoff ${state.tries} (${state.why})`;
    case 'stopping':
      return `stopping (then ${state.next.id})`;
    case 'running':
      if (state.change === undefined) return 'running';
      return `running, ${state.change.phase}${state.change.phase === 'abandoning' ? ` (${state.change.why})` : ''}`;
    case 'fatal':
      return `fatal (${state.why})`;
    case 'stopped':
    case 'dormant':
    case 'starting':
    case 'exited':
      return state.id;
  }
}

function wordsOf(action: Action): string {
  if ('role' in action) return `${action.type} ${action.role}`;
  return 'why' in action ? `${action.type} (${action.why})` : action.type;
}

const deadlines: {readonly [Id in Row]: number | undefined} = {
  stopped: undefined,
  dormant: undefined,
  starting: NOW,
  running: NOW,
  'running proving': NOW,
  'running abandoning': NOW,
  backoff: NOW,
  stopping: NOW,
  exited: undefined,
  fatal: undefined,
};

test('deadlineOf() is the moment that the state waits for', (t) => {
  for (const [row, state] of Object.entries(rows)) t.is(deadlineOf(state), deadlines[row as Row], row);
  t.is(deadlineOf(adopted()), undefined);
});

test('deadlineOf() is the earlier of two moments', (t) => {
  const change: Change = {phase: 'proving', until: LATER};
  t.is(deadlineOf({id: 'running', tries: 1, settles: NOW, change}), NOW);
  t.is(deadlineOf({id: 'running', tries: 1, settles: LATER + 1, change}), LATER);
});

test('transition() lets a `due` that comes too early pass', (t) => {
  for (const [row, state] of Object.entries(rows)) {
    const {state: next, actions} = transition(state, {type: 'due'}, {...probed, now: NOW - 0.5});
    t.is(next, state, row);
    t.deepEqual(actions, [], row);
  }
});

test('transition() gives a `due` that comes late the same answer', (t) => {
  for (const [row, state] of Object.entries(rows)) {
    const {state: next, actions} = transition(state, {type: 'due'}, {...probed, now: LATER});
    const cell = table[row as Row].due;
    t.is(next === state ? '·' : summary(next, actions), cell, row);
  }
});

test('a doubled `due` does not shorten the time to stop', (t) => {
  const world = new World({readyAfter: Infinity, obeysAfter: 20_000});
  world.send({type: 'start'});
  world.advance(60_000);
  world.send({type: 'due'});
  world.send({type: 'due'});
  t.deepEqual(world.done, ['terminate main@60000']);
});

test('a program that exits 1 at once is started at most six times in 30 s', (t) => {
  const world = new World({exitsAfter: 5, exit: failed}, {spec: {giveUp: Infinity}});
  world.send({type: 'start'});
  world.advance(30_000);
  t.deepEqual(world.spawns, ['main@0', 'main@1005', 'main@3010', 'main@7015', 'main@15020']);
  world.advance(3_600_000);
  t.true(world.spawns.length < 75, 'about once a minute from then on');
});

test('a program that exits 1 just after it counted as running is started at most six times in 30 s', (t) => {
  const world = new World({exitsAfter: 1100, exit: failed}, {probed: false, spec: {giveUp: Infinity}});
  world.send({type: 'start'});
  world.advance(30_000);
  t.true(world.spawns.length <= 6, world.spawns.join(' '));
});

test('quick failures in a row end in `fatal`, with the last reason', (t) => {
  const world = new World({exitsAfter: 5, exit: failed}, {spec: {giveUp: 3}});
  world.send({type: 'start'});
  world.advance(3_600_000);
  t.deepEqual(world.state, {id: 'fatal', why: 'exit 1'});
  t.is(world.spawns.length, 3);
});

test('`start` gives a `fatal` program all its tries again', (t) => {
  const world = new World({exitsAfter: 5, exit: failed}, {spec: {giveUp: 3}});
  world.send({type: 'start'});
  world.advance(3_600_000);
  world.send({type: 'start'});
  world.advance(3_600_000);
  t.is(world.spawns.length, 6);
  t.is(world.state.id, 'fatal');
});

test('what there is nothing to start of is tried again, then `fatal`', (t) => {
  const world = new World({failsAfter: 5}, {spec: {giveUp: 2}});
  world.send({type: 'start'});
  world.advance(5);
  t.like(world.state, {id: 'backoff', tries: 1, why: 'no interpreter'});
  world.advance(60_000);
  t.deepEqual(world.state, {id: 'fatal', why: 'no interpreter'});
});

test('a process that dies after it settled is replaced at once', (t) => {
  const world = new World((spawn) =>
    spawn === 1 ? {readyAfter: 200, exitsAfter: 20_000} : {readyAfter: 200},
  );
  world.send({type: 'start'});
  world.advance(20_300);
  t.deepEqual(world.spawns, ['main@0', 'main@20000']);
  t.is(world.state.id, 'running');
});

test('failures are forgotten once a process has lasted', (t) => {
  const world = new World((spawn) => (spawn < 4 ? {exitsAfter: 5, exit: failed} : {readyAfter: 5}));
  world.send({type: 'start'});
  world.advance(8000);
  t.like(world.state, {id: 'running', tries: 3});
  world.advance(SETTLE_MS);
  t.deepEqual(world.state, {id: 'running', tries: 0, settles: undefined, change: undefined});
});

test('without a probe a process is running once it stayed up', (t) => {
  const world = new World({}, {probed: false});
  world.send({type: 'start'});
  world.advance(999);
  t.is(world.state.id, 'starting');
  world.advance(1);
  t.is(world.state.id, 'running');
});

test('a process that does not become ready is stopped and tried again', (t) => {
  const world = new World();
  world.send({type: 'start'});
  world.advance(60_000);
  t.deepEqual(world.done, ['terminate main@60000']);
  world.advance(100);
  t.like(world.state, {id: 'backoff', tries: 1, why: 'not ready within 60 s'});
});

const endings: readonly (readonly [
  policy: Context['spec']['restart'],
  exit: Exit,
  state: UnitState['id'],
])[] = [
  ['always', {code: 0, signal: undefined}, 'starting'],
  ['always', failed, 'starting'],
  ['always', {code: undefined, signal: 'SIGKILL'}, 'starting'],
  ['always', {code: undefined, signal: undefined}, 'starting'],
  ['on-failure', {code: 0, signal: undefined}, 'exited'],
  ['on-failure', failed, 'starting'],
  ['on-failure', {code: undefined, signal: 'SIGSEGV'}, 'starting'],
  ['on-failure', {code: undefined, signal: undefined}, 'starting'],
  ['never', {code: 0, signal: undefined}, 'exited'],
  ['never', failed, 'exited'],
  ['never', {code: undefined, signal: 'SIGKILL'}, 'exited'],
];

for (const [restart, exit, state] of endings) {
  test(`restart = "${restart}" makes a settled process that ${describeExit(exit)} ${state}`, (t) => {
    const world = new World((spawn) => (spawn === 1 ? {readyAfter: 1, exitsAfter: 30_000, exit} : {}), {
      spec: {restart},
    });
    world.send({type: 'start'});
    world.advance(30_000);
    t.is(world.state.id, state);
  });
}

test('restart = "never" holds for a start that failed, too', (t) => {
  for (const behaviour of [{failsAfter: 5}, {}]) {
    const world = new World(behaviour, {spec: {restart: 'never'}});
    world.send({type: 'start'});
    world.advance(3_600_000);
    t.is(world.state.id, 'fatal');
    t.is(world.spawns.length, 1);
  }
});

test('restart = "on-failure" leaves a quick success alone', (t) => {
  const world = new World({exitsAfter: 5}, {spec: {restart: 'on-failure'}});
  world.send({type: 'start'});
  world.advance(60_000);
  t.deepEqual(world.state, {id: 'exited', exit: {code: 0, signal: undefined}});
  t.is(world.spawns.length, 1);
});

/** A world whose first process has served for a while; the later ones are of the given kind. */
function serving(next: Behaviour | ((spawn: number) => Behaviour), options?: WorldOptions): World {
  const later = typeof next === 'function' ? next : () => next;
  const world = new World((spawn) => (spawn === 1 ? {readyAfter: 500} : later(spawn)), options);
  world.send({type: 'start'});
  world.advance(20_000);
  return world;
}

test('an overlapping restart proves the new process before the old one has to go', (t) => {
  const world = serving({readyAfter: 700});
  world.send({type: 'restart'});
  world.advance(699);
  t.deepEqual([world.main, world.alive], [1, ['candidate', 'main']]);
  world.advance(1);
  t.deepEqual([world.main, world.alive], [2, ['main']]);
  t.deepEqual(world.done, ['promote@20700']);
  t.deepEqual(world.history, ['stopped', 'starting', 'running']);
});

test('a candidate that exits leaves the old process serving', (t) => {
  const world = serving({exitsAfter: 300, exit: failed});
  world.send({type: 'restart'});
  world.advance(600_000);
  t.deepEqual([world.main, world.alive], [1, ['main']]);
  t.deepEqual(world.done, ['gave-up-change@20300: exit 1']);
  t.is(deadlineOf(world.state), undefined);
});

test('a candidate that is not ready in time is killed, and again until it is gone', (t) => {
  const world = serving({diesAfter: 5000});
  world.send({type: 'restart'});
  world.advance(600_000);
  t.is(world.main, 1);
  t.deepEqual(world.done, [
    'kill candidate@80000',
    `kill candidate@${80_000 + KILL_AGAIN_MS}`,
    `kill candidate@${80_000 + 2 * KILL_AGAIN_MS}`,
    'gave-up-change@85000: not ready within 60 s',
  ]);
});

test('when the old process dies the candidate takes its place unproven', (t) => {
  const world = new World((spawn) => (spawn === 1 ? {readyAfter: 1, exitsAfter: 20_000} : {readyAfter: 900}));
  world.send({type: 'start'});
  world.advance(19_500);
  world.send({type: 'restart'});
  world.advance(500);
  t.deepEqual([world.main, world.state.id], [2, 'starting']);
  world.advance(400);
  t.deepEqual([world.main, world.state.id], [2, 'running']);
  t.is(world.spawns.length, 2);
});

test('when the old process dies while a failed candidate is on its way out, that one goes first', (t) => {
  const world = new World((spawn) => {
    if (spawn === 1) return {readyAfter: 1, exitsAfter: 81_000, exit: failed};
    return spawn === 2 ? {diesAfter: 3000} : {readyAfter: 10};
  });
  world.send({type: 'start'});
  world.advance(20_000);
  world.send({type: 'restart'});
  world.advance(61_500);
  t.deepEqual([world.state.id, world.alive], ['stopping', ['candidate']]);
  world.advance(1500);
  t.like(world.state, {id: 'backoff', tries: 1, why: 'exit 1'});
  world.advance(1010);
  t.deepEqual([world.main, world.state.id], [3, 'running']);
});

test('an old process that ended for good stays ended, also when a failed candidate leaves after it', (t) => {
  const world = new World(
    (spawn) => (spawn === 1 ? {readyAfter: 1, exitsAfter: 81_000} : {diesAfter: 3000}),
    {
      spec: {restart: 'on-failure'},
    },
  );
  world.send({type: 'start'});
  world.advance(20_000);
  world.send({type: 'restart'});
  world.advance(600_000);
  t.deepEqual(world.state, {id: 'exited', exit: {code: 0, signal: undefined}});
  t.is(world.spawns.length, 2);
});

test('`restart` while a candidate is proven starts over with another one: it may have read older code', (t) => {
  const world = serving({readyAfter: 700, diesAfter: 50});
  world.send({type: 'restart'});
  world.advance(300);
  world.send({type: 'restart'});
  world.advance(50);
  t.deepEqual(world.spawns, ['main@0', 'candidate@20000', 'candidate@20350']);
  world.advance(700);
  t.is(world.main, 3);
  t.deepEqual(world.done, ['kill candidate@20300', 'promote@21050']);
});

test('`restart` while a failed candidate leaves proves another one when it is gone', (t) => {
  const world = serving((spawn) => (spawn === 2 ? {diesAfter: 500} : {readyAfter: 100}));
  world.send({type: 'restart'});
  world.advance(60_100);
  world.send({type: 'restart'});
  world.advance(500);
  t.is(world.main, 3);
  t.deepEqual(world.done, ['kill candidate@80000', 'promote@80600']);
});

test('`restart` while a failed candidate leaves is not lost when the old process dies', (t) => {
  const spec = {restart: 'never'} as const;
  const world = new World(
    (spawn) => [{readyAfter: 1, exitsAfter: 80_200}, {diesAfter: 500}][spawn - 1] ?? {readyAfter: 100},
    {spec},
  );
  world.send({type: 'start'});
  world.advance(20_000);
  world.send({type: 'restart'});
  world.advance(60_100);
  world.send({type: 'restart'});
  world.advance(100);
  t.deepEqual([world.state.id, world.alive], ['stopping', ['candidate']]);
  world.advance(400);
  t.deepEqual([world.main, world.state.id], [3, 'running']);
});

test('`restart` of a program that cannot overlap stops it first', (t) => {
  for (const options of [{overlap: false}, {probed: false}]) {
    const world = serving({readyAfter: 700}, options);
    world.send({type: 'restart'});
    t.deepEqual(world.alive, ['main']);
    world.advance(1100);
    t.deepEqual(world.spawns, ['main@0', 'main@20100']);
    t.is(world.state.id, 'running');
  }
});

test('`restart` while a process starts stops it and starts another one', (t) => {
  const world = new World({readyAfter: 900});
  world.send({type: 'start'});
  world.advance(500);
  world.send({type: 'restart'});
  world.advance(100);
  t.deepEqual(world.spawns, ['main@0', 'main@600']);
  world.advance(900);
  t.deepEqual([world.main, world.state.id], [2, 'running']);
});

test('`start` while it stops starts again once it is gone; `stop` takes that back', (t) => {
  const world = serving({readyAfter: 10});
  world.send({type: 'stop'});
  world.send({type: 'start'});
  world.advance(200);
  t.deepEqual([world.main, world.state.id], [2, 'running']);
  world.send({type: 'stop'});
  world.send({type: 'start'});
  world.send({type: 'stop'});
  world.advance(200);
  t.deepEqual([world.main, world.state.id], [undefined, 'stopped']);
});

test('a process that ignores its stop signal is killed at the end of its time, and again until it is gone', (t) => {
  const world = new World({readyAfter: 1, obeysAfter: Infinity, diesAfter: 3000});
  world.send({type: 'start'});
  world.advance(1000);
  world.send({type: 'stop'});
  world.advance(600_000);
  t.deepEqual(world.done, ['terminate main@1000', 'kill main@31000', `kill main@${31_000 + KILL_AGAIN_MS}`]);
  t.is(world.state.id, 'stopped');
});

test('a process that not even SIGKILL ends stays known, and is killed again for ever', (t) => {
  const world = new World({readyAfter: 1, obeysAfter: Infinity, diesAfter: Infinity});
  world.send({type: 'start'});
  world.advance(1000);
  world.send({type: 'stop'});
  world.advance(30_000 + 10 * KILL_AGAIN_MS);
  t.like(world.state, {id: 'stopping', alive: ['main']});
  t.is(world.done.length, 12);
});

test('`stop` while a candidate is proven ends both', (t) => {
  const world = serving({});
  world.send({type: 'restart'});
  world.advance(100);
  world.send({type: 'stop'});
  world.advance(100);
  t.deepEqual(world.done, ['terminate main@20100', 'kill candidate@20100']);
  t.deepEqual([world.alive, world.state.id], [[], 'stopped']);
});

test('an idle process is stopped and sleeps until somebody comes; who comes meanwhile is not lost', (t) => {
  const world = new World({readyAfter: 100});
  world.send({type: 'doze'});
  t.deepEqual([world.state.id, world.spawns], ['dormant', []]);
  world.send({type: 'start'});
  world.advance(1000);
  world.send({type: 'doze'});
  t.is(world.state.id, 'stopping');
  world.advance(1000);
  t.deepEqual([world.state.id, world.alive], ['dormant', []]);
  world.send({type: 'start'});
  world.advance(1000);
  world.send({type: 'doze'});
  world.send({type: 'start'});
  world.advance(1000);
  t.is(world.state.id, 'running');
});

test('`stop` while a spawn is prepared ends in stopped when there was nothing to start', (t) => {
  const world = new World({failsAfter: 50, obeysAfter: Infinity});
  world.send({type: 'start'});
  world.advance(20);
  world.send({type: 'stop'});
  world.advance(30);
  t.is(world.state.id, 'stopped');
});

test('`stop` in backoff leaves nothing to come', (t) => {
  const world = new World({exitsAfter: 5, exit: failed});
  world.send({type: 'start'});
  world.advance(10);
  world.send({type: 'stop'});
  world.advance(3_600_000);
  t.deepEqual(world.history, ['stopped', 'starting', 'backoff', 'stopped']);
});

test('adopted() is running, and has nothing to live down', (t) => {
  t.deepEqual(transition(adopted(), {type: 'exited', role: 'main', exit: failed}, probed).actions, [
    {type: 'spawn', role: 'main'},
  ]);
});
