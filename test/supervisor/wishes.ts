import {mkdtempSync, readFileSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {DesiredStates} from '../../src/supervisor/desired.ts';
import {Wishes} from '../../src/supervisor/wishes.ts';

function setup(t: ExecutionContext) {
  const directory = mkdtempSync(path.join(tmpdir(), 'as-'));
  t.teardown(() => rmSync(directory, {recursive: true}));
  const desired = new DesiredStates({paths: {desired: directory}, onGarbage: t.fail});
  const kept = () => JSON.parse(readFileSync(path.join(directory, 'tasks.json'), 'utf8')) as unknown;
  return {desired, kept, open: () => new Wishes('tasks', desired)};
}

function unit(program: string, process: string) {
  return {app: 'tasks', program, process, index: 0};
}

test('Wishes know what was wished under an earlier supervisor', (t) => {
  const {open} = setup(t);
  open().set(['web', 'queue'], 'running');
  const later = open();
  later.set(['queue'], 'stopped');
  t.deepEqual(later.processes, ['web', 'queue']);
  t.deepEqual([open().of(unit('web', 'web')), open().of(unit('queue', 'queue'))], ['running', 'stopped']);
  t.is(open().of(unit('mail', 'mail')), undefined);
});

test('Wishes take a process that came with a higher numprocs as its siblings', (t) => {
  const {open} = setup(t);
  open().set(['queue'], 'stopped');
  t.is(open().of(unit('queue', 'queue_2')), 'stopped');
  open().set(['mail_0', 'mail_1'], 'running');
  t.is(open().of(unit('mail', 'mail_7')), 'running');
});

test('Wishes change nothing when they cannot be written', (t) => {
  const wishes = new Wishes('tasks', {
    read: () => new Map([['web', 'running']]),
    write: () => {
      throw new Error('full');
    },
  } as unknown as DesiredStates);
  t.throws(() => wishes.set(['web'], 'stopped'), {message: 'full'});
  t.is(wishes.of(unit('web', 'web')), 'running');
});

test('Wishes take what runs for wished only where nothing else is known', (t) => {
  const {open, kept} = setup(t);
  const wishes = open();
  wishes.set(['web'], 'stopped');
  wishes.remember(unit('web', 'web'));
  wishes.remember(unit('queue', 'queue'));
  t.deepEqual(kept(), {version: 1, processes: {web: 'stopped', queue: 'running'}});
});
