import test from 'ava';

import {answersOf, examine} from '../../src/doctor/examine.ts';
import {ok} from '../../src/doctor/finding.ts';
import {AppsupError} from '../../src/errors.ts';
import {worldWith} from '../helpers/doctor-world.ts';

test('answersOf() says of a look that takes too long that nobody knows', async (t) => {
  const never = new Promise<never>(() => undefined);
  const [answer] = await answersOf('disk', async () => await never, 10);
  t.like(answer, {id: 'disk', level: 'unseen'});
  t.regex(answer?.text ?? '', /no answer within 0\.01 s/);
});

test('answersOf() says of a look that the machine refuses what it said', async (t) => {
  const refusals = [
    Object.assign(new Error('EIO: i/o error'), {code: 'EIO'}),
    new AppsupError('DISK', 'Cannot read x'),
  ];
  for (const refusal of refusals) {
    const [answer] = await answersOf('disk', async () => await Promise.reject(refusal), 1000);
    t.is(answer?.level, 'unseen');
    t.true(answer?.text.endsWith(refusal.message));
  }
});

test('answersOf() hides no mistake of ours', async (t) => {
  await t.throwsAsync(
    answersOf('disk', async () => await Promise.reject(new TypeError('x')), 1000),
    {
      instanceOf: TypeError,
    },
  );
  t.deepEqual(await answersOf('disk', async () => await Promise.resolve([ok('disk', 'well')]), 1000), [
    ok('disk', 'well'),
  ]);
});

test('examine() looks at the subjects that were asked for, and tells which are still open', async (t) => {
  const told: string[] = [];
  const findings = await examine(worldWith(t, {}), {
    subjects: ['disk', 'limits'],
    onProgress: (pending) => told.push(pending.join(' ')),
  });
  t.deepEqual([...new Set(findings.map(({subject}) => subject))], ['disk', 'limits']);
  t.is(told.length, 2);
  t.is(told.at(-1), '');
});
