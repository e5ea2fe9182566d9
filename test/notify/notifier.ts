import test from 'ava';

import type {Notify} from '../../src/config/notify.ts';
import type {StateName, SupervisorEvent} from '../../src/control/api.ts';
import type {Message, Words} from '../../src/notify/message.ts';
import {Notifier} from '../../src/notify/notifier.ts';
import {LASTS_MS} from '../../src/notify/story.ts';
import {FakeClock} from '../helpers/fake-clock.ts';

const NOTIFY: Notify = {
  command: ['tell'],
  webhook: undefined,
  mail: undefined,
  smtp: undefined,
  smtpPasswordFile: undefined,
  on: ['fatal', 'unhealthy', 'recovered', 'failed'],
  everyMs: 300_000,
};

function setup({
  notify = NOTIFY,
  wants = () => true,
}: {notify?: Notify | undefined; wants?: (app: string) => boolean} = {}) {
  const clock = new FakeClock();
  const sent: Message[] = [];
  const logged: string[] = [];
  const world = {
    notify: notify as Notify | undefined,
    words: {reason: 'boom', lines: ['last line'], secrets: ['boom']} as Words,
  };
  const notifier = new Notifier({
    clock,
    host: 'eco',
    config: () => world.notify,
    wants,
    wordsOf: () => world.words,
    wordsOfRun: () => ({reason: undefined, lines: ['of the run'], secrets: []}),
    send: (message) => void sent.push(message),
    log: (_level, message) => void logged.push(message),
  });
  const state = (from: StateName, to: StateName, app = 'a'): void =>
    notifier.take({
      type: 'state',
      at: clock.wall(),
      app,
      process: 'web',
      from,
      state: to,
      pid: undefined,
      reason: undefined,
    });
  const health = (verdict: 'unhealthy' | 'recovered'): void =>
    notifier.take({
      type: 'health',
      at: clock.wall(),
      app: 'a',
      process: 'web',
      health: verdict,
      detail: undefined,
    });
  return {
    clock,
    sent,
    logged,
    world,
    notifier,
    state,
    health,
    kinds: () => sent.map(({facts}) => facts.event),
  };
}

const boot = (running: readonly string[], missing: readonly string[]): SupervisorEvent => ({
  type: 'boot',
  at: 0,
  running,
  missing,
});

test('Notifier tells that a program is given up, with its last lines and without its secrets', (t) => {
  const {state, sent} = setup();
  state('starting', 'fatal');
  t.is(sent.length, 1);
  t.regex(sent[0]?.text ?? '', /Its last lines:\n {2}last line/);
  t.is(sent[0]?.subject, 'appsup eco: a:web is given up: ***');
});

test('Notifier tells when it has run again for long enough', (t) => {
  const {state, clock, kinds} = setup();
  state('starting', 'fatal');
  state('fatal', 'starting');
  state('starting', 'running');
  clock.advance(LASTS_MS - 1);
  t.deepEqual(kinds(), ['fatal']);
  clock.advance(1);
  t.deepEqual(kinds(), ['fatal', 'recovered']);
  t.is(clock.armed, 0);
});

test('Notifier holds back what comes too often, and tells it with the words of its time', (t) => {
  const {health, clock, sent, world, kinds} = setup();
  health('unhealthy');
  health('recovered');
  health('unhealthy');
  world.words = {...world.words, lines: ['a later line']};
  t.deepEqual(kinds(), ['unhealthy', 'recovered']);
  clock.advance(299_999);
  t.is(sent.length, 2);
  clock.advance(1);
  t.deepEqual(kinds(), ['unhealthy', 'recovered', 'unhealthy']);
  t.regex(sent[2]?.text ?? '', / {2}last line/);
});

const run = (
  result: Extract<SupervisorEvent, {type: 'run'}>['result'],
  phase: Extract<SupervisorEvent, {type: 'run'}>['phase'] = 'ended',
): SupervisorEvent => ({
  type: 'run',
  at: 1000,
  app: 'a',
  name: 'tidy',
  kind: 'job',
  phase,
  result,
  reason: result === 'failed' ? 'exit 3' : undefined,
  step: undefined,
});

test('Notifier tells of a job that fails, and that it goes well again, and of no other end', (t) => {
  const {notifier, sent, clock, kinds} = setup();
  for (const event of [run('running', 'begun'), run('done'), run('cancelled')]) notifier.take(event);
  t.deepEqual(kinds(), []);
  notifier.take(run('failed'));
  t.is(sent[0]?.subject, 'appsup eco: a:tidy has failed: exit 3');
  t.regex(sent[0]?.text ?? '', /Its last lines:\n {2}of the run\n\nNext: appsup logs a:tidy\n/);
  t.like(sent[0]?.facts, {event: 'failed', process: 'tidy', state: undefined, reason: 'exit 3'});
  notifier.take(run('timeout'));
  t.deepEqual(kinds(), ['failed'], 'once in five minutes');
  notifier.take(run('done'));
  notifier.take(run('done'));
  t.deepEqual(kinds(), ['failed', 'recovered']);
  t.regex(sent[1]?.subject ?? '', /a:tidy went well again/);
  clock.advance(300_000);
  notifier.take(run('interrupted'));
  t.deepEqual(kinds(), ['failed', 'recovered', 'failed']);
});

test('Notifier holds back for each program by itself', (t) => {
  const {state, kinds} = setup();
  state('starting', 'fatal', 'a');
  state('starting', 'fatal', 'b');
  t.deepEqual(kinds(), ['fatal', 'fatal']);
});

test('Notifier tells nothing that nobody wants to hear, nor that it is over', (t) => {
  for (const options of [{notify: {...NOTIFY, on: ['recovered'] as const}}, {wants: () => false}]) {
    const {state, health, clock, kinds} = setup(options);
    state('starting', 'fatal');
    state('fatal', 'starting');
    state('starting', 'running');
    health('unhealthy');
    health('recovered');
    clock.advance(LASTS_MS);
    t.deepEqual(kinds(), []);
  }
});

test('Notifier goes by the config of the moment, and drops what is held back when nobody is to be told any more', (t) => {
  const {health, state, clock, world, kinds} = setup();
  for (const verdict of ['unhealthy', 'recovered', 'unhealthy'] as const) health(verdict);
  world.notify = undefined;
  clock.advance(600_000);
  state('starting', 'fatal');
  t.deepEqual(kinds(), ['unhealthy', 'recovered']);
  world.notify = NOTIFY;
  state('starting', 'fatal');
  t.deepEqual(kinds(), ['unhealthy', 'recovered', 'fatal']);
});

test('Notifier tells once what came up after a boot', (t) => {
  const {notifier, kinds, sent} = setup({notify: {...NOTIFY, on: ['boot']}, wants: (app) => app !== 'quiet'});
  notifier.take(boot(['a:web', 'quiet:web'], ['quiet:queue']));
  t.deepEqual(kinds(), ['boot']);
  t.deepEqual(sent[0]?.facts.running, ['a:web']);
  t.deepEqual(sent[0]?.facts.missing, []);
});

test('Notifier tells what did not come up after a boot, and when it does', (t) => {
  const {notifier, state, clock, kinds} = setup();
  notifier.take(boot(['b:web'], []));
  t.deepEqual(kinds(), []);
  notifier.take(boot(['b:web'], ['a:web', 'broken']));
  state('starting', 'running');
  clock.advance(LASTS_MS);
  t.deepEqual(kinds(), ['boot', 'recovered']);
});

test('Notifier forgets an app that was removed', (t) => {
  const {notifier, state, clock, kinds} = setup();
  state('starting', 'fatal');
  state('fatal', 'starting');
  state('starting', 'running');
  notifier.take({type: 'config', at: 0, app: 'a', change: 'removed'});
  clock.advance(LASTS_MS);
  t.deepEqual(kinds(), ['fatal']);
  t.is(clock.armed, 0);
});

test('Notifier keeps its own mistakes from the supervisor', (t) => {
  const {state, world, logged} = setup();
  world.words = undefined as unknown as Words;
  t.notThrows(() => state('starting', 'fatal'));
  t.deepEqual(logged, ['a bug in telling']);
});
