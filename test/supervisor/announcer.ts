import test from 'ava';

import type {SupervisorEvent} from '../../src/control/api.ts';
import {Announcer} from '../../src/supervisor/announcer.ts';
import type {News} from '../../src/supervisor/announcer.ts';

const NEWS: News = {
  level: 'warn',
  message: 'config: broken',
  event: {type: 'config', at: 5, app: 'tasks', change: 'broken'},
};

function setup() {
  const lines: unknown[] = [];
  const announcer = new Announcer((...line) => lines.push(line));
  const heard: SupervisorEvent[] = [];
  return {announcer, lines, heard, listen: (event: SupervisorEvent) => void heard.push(event)};
}

test('Announcer writes an event into the log as a whole, but for the moment, which each line has', (t) => {
  const {announcer, lines} = setup();
  announcer.tell(NEWS);
  t.deepEqual(lines, [['warn', 'config: broken', {type: 'config', app: 'tasks', change: 'broken'}]]);
});

test('Announcer.during() tells of what happens until the work has ended, also when it fails', async (t) => {
  const {announcer, heard, listen} = setup();
  const work = announcer.during(listen, async () => {
    announcer.tell(NEWS);
    throw new Error('no');
  });
  await t.throwsAsync(work, {message: 'no'});
  announcer.tell(NEWS);
  t.deepEqual(heard, [NEWS.event]);
});

test('Announcer.follow() ends with its signal, also with one that was given before', async (t) => {
  const {announcer, heard, listen} = setup();
  const abort = new AbortController();
  const followed = announcer.follow(listen, abort.signal);
  announcer.tell(NEWS);
  abort.abort();
  await followed;
  announcer.tell(NEWS);
  await announcer.follow(listen, abort.signal);
  t.is(heard.length, 1);
});
