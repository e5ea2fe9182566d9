import test from 'ava';
import fc from 'fast-check';

import {match, tableFor, targetFor} from '../../src/gateway/match.ts';
import {route} from '../helpers/gateway-world.ts';

const ROUTES = [
  route({app: 'tasks', mount: '/~alice/tasks'}),
  route({app: 'deep', mount: '/~alice/tasks/deep', prefix: 'strip'}),
  route({app: 'own', mount: '/alice_own'}),
  route({app: 'root', mount: '', prefix: 'none'}),
];

test('match() takes the longest mount, whole segments only', (t) => {
  const rows: Readonly<Record<string, readonly [app: string | undefined, rest: string, query: string]>> = {
    '/~alice/tasks': ['tasks', '', ''],
    '/~alice/tasks?a=/b': ['tasks', '', '?a=/b'],
    '/~alice/tasks/': ['tasks', '/', ''],
    '/~alice/tasks/a//b%2Fc/../d?e=%2F?f': ['tasks', '/a//b%2Fc/../d', '?e=%2F?f'],
    '/~alice/tasks/deep': ['deep', '', ''],
    '/~alice/tasks/deep/x': ['deep', '/x', ''],
    '/~alice/tasks/deeper/x': ['tasks', '/deeper/x', ''],
    '/%7Ealice/%74asks/%61': ['tasks', '/%61', ''],
    '/%7ealice/tasks/': ['tasks', '/', ''],
    '/~alice%2Ftasks/': [undefined, '', ''],
    '/~alice/tasksx': [undefined, '', ''],
    '/~alice/tasks%00/': [undefined, '', ''],
    '/~Alice/tasks/': [undefined, '', ''],
    '//~alice/tasks/': [undefined, '', ''],
    '/~alice//tasks/': [undefined, '', ''],
    '/~alice/./tasks/': [undefined, '', ''],
    '/~alice/x/../tasks/': [undefined, '', ''],
    '/': [undefined, '', ''],
    '/?/~alice/tasks/': [undefined, '', ''],
    '/alice_own/': [undefined, '', ''],
  };
  const table = tableFor(ROUTES, '/~alice');
  for (const [target, [app, rest, query]] of Object.entries(rows)) {
    const found = match(table, target);
    t.deepEqual([found?.route.app, found?.rest ?? '', found?.query ?? ''], [app, rest, query], target);
  }
});

test('match() gives a gateway of a whole host every app, and the rest to the one at the root', (t) => {
  const table = tableFor(ROUTES, '');
  t.is(match(table, '/alice_own/x')?.route.app, 'own');
  t.like(match(table, '/elsewhere?x'), {route: {app: 'root'}, rest: '/elsewhere', query: '?x'});
});

test('targetFor() shows an app its mount in keep mode only, and what follows as it came', (t) => {
  const table = tableFor(ROUTES, '');
  const seen = (target: string): string | undefined => {
    const found = match(table, target);
    return found === undefined ? undefined : targetFor(found);
  };
  t.is(seen('/%7Ealice/tasks/a%2Fb//c?d=/'), '/~alice/tasks/a%2Fb//c?d=/');
  t.is(seen('/~alice/tasks/deep/a%2Fb//c?d=/'), '/a%2Fb//c?d=/');
  t.is(seen('/a%2Fb'), '/a%2Fb');
});

const segment = fc.stringMatching(/^~?[A-Za-z0-9_-]{1,6}$/);
const mount = fc.array(segment, {minLength: 1, maxLength: 4}).map((parts) => `/${parts.join('/')}`);

test('match() finds an app by its mount whatever follows, and never loses a character', (t) => {
  fc.assert(
    fc.property(
      fc.uniqueArray(mount, {minLength: 1, maxLength: 6}),
      fc.nat(),
      fc.stringMatching(/^(\/[!-"$->@-~]{0,8}){0,4}$/),
      fc.stringMatching(/^(\?[!-"$-~]{0,8})?$/),
      (mounts, pick, rest, query) => {
        const table = tableFor(
          mounts.map((each) => route({mount: each})),
          '',
        );
        const asked = mounts[pick % mounts.length] ?? '';
        const target = `${asked}${rest}${query}`;
        const found = match(table, target);
        if (found === undefined) return false;
        const longest = mounts
          .filter(
            (each) => target === each || [`${each}/`, `${each}?`].some((start) => target.startsWith(start)),
          )
          .toSorted((a, b) => b.length - a.length)[0];
        // Encoded letters of a mount make it longer than its text.
        if (target.includes('%')) return target.endsWith(`${found.rest}${found.query}`);
        return found.route.mount === longest && `${found.route.mount}${found.rest}${found.query}` === target;
      },
    ),
  );
  t.pass();
});
