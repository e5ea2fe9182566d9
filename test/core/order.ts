import test from 'ava';
import fc from 'fast-check';

import {startOrder, stopOrder, type Ordered, type StartOrder} from '../../src/core/order.ts';

/** `web: db cache, db:` → programs with what they wait for. */
function programs(text: string): Ordered[] {
  return text.split(',').map((line) => {
    const [name = '', after = ''] = line.split(':').map((part) => part.trim());
    return {name, after: after.split(' ').filter(Boolean)};
  });
}

const orders: readonly (readonly [title: string, text: string, order: StartOrder])[] = [
  ['one program is one wave', 'web:', {ok: true, waves: [['web']]}],
  [
    'programs that wait for nobody start together, as in the file',
    'web:, queue:',
    {ok: true, waves: [['web', 'queue']]},
  ],
  ['what is waited for comes first', 'web: db, db:', {ok: true, waves: [['db'], ['web']]}],
  [
    'each starts as early as it can',
    'd: b c, b: a, c: a, a:, e:',
    {ok: true, waves: [['a', 'e'], ['b', 'c'], ['d']]},
  ],
  ['a name outside the list holds nobody up', 'web: tcp://127.0.0.1:6379', {ok: true, waves: [['web']]}],
  ['a name said twice counts once', 'web: db db, db:', {ok: true, waves: [['db'], ['web']]}],
  ['a program that waits for itself is a circle', 'web: web', {ok: false, cycle: ['web', 'web']}],
  ['two that wait for each other are a circle', 'a: b, b: a', {ok: false, cycle: ['a', 'b', 'a']}],
  [
    'the path leaves out what only leads into the circle',
    'web: a, a: b, b: c, c: a, log:',
    {ok: false, cycle: ['a', 'b', 'c', 'a']},
  ],
  [
    'a circle is found behind a dependency that is fine',
    'log:, a: log b, b: log a',
    {ok: false, cycle: ['a', 'b', 'a']},
  ],
];

for (const [title, text, order] of orders) {
  test(`startOrder(): ${title}`, (t) => {
    t.deepEqual(startOrder(programs(text)), order);
  });
}

test('startOrder() has no waves for no programs', (t) => {
  t.deepEqual(startOrder([]), {ok: true, waves: []});
});

test('stopOrder() is the start order reversed, also within a wave', (t) => {
  t.deepEqual(stopOrder([['db'], ['web', 'queue'], ['mail']]), [['mail'], ['queue', 'web'], ['db']]);
});

/** Up to eight programs, each waiting for any of the eight. */
const graphs = fc
  .array(fc.array(fc.nat({max: 7}), {maxLength: 3}), {maxLength: 8})
  .map((rows) =>
    rows.map((after, index): Ordered => ({name: `p${index}`, after: after.map((other) => `p${other}`)})),
  );

test('startOrder() places everything once and after what it waits for, or shows a true circle', (t) => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const order = startOrder(graph);
      const after = new Map(graph.map((program) => [program.name, program.after]));
      if (!order.ok) {
        t.is(order.cycle[0], order.cycle.at(-1));
        t.true(order.cycle.length >= 2);
        for (const [index, name] of order.cycle.slice(0, -1).entries()) {
          t.true(after.get(name)?.includes(order.cycle[index + 1] ?? ''));
        }
        return;
      }
      const flat = order.waves.flat();
      t.deepEqual(flat.toSorted(), [...after.keys()].toSorted());
      const waveOf = new Map(order.waves.flatMap((wave, index) => wave.map((name) => [name, index])));
      for (const [name, others] of after) {
        for (const other of others) {
          if (after.has(other)) t.true((waveOf.get(other) ?? -1) < (waveOf.get(name) ?? -1));
        }
      }
    }),
    {numRuns: 2000},
  );
});
