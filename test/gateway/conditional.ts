import test from 'ava';
import fc from 'fast-check';

import {partOf} from '../../src/gateway/conditional.ts';
import type {Conditions} from '../../src/gateway/conditional.ts';

const FILE = {size: 1000, modifiedMs: Date.parse('2026-11-20T10:00:00.700Z'), etag: '"3e8-1"'};
const NONE: Conditions = {
  ifNoneMatch: undefined,
  ifModifiedSince: undefined,
  ifRange: undefined,
  range: undefined,
};
const SAME = 'Fri, 20 Nov 2026 10:00:00 GMT';
const OLDER = 'Fri, 20 Nov 2026 09:59:59 GMT';

test('partOf() sends what the visitor does not have yet', (t) => {
  const rows: readonly (readonly [Partial<Conditions>, string])[] = [
    [{}, 'whole'],
    [{ifNoneMatch: '"3e8-1"'}, 'unchanged'],
    [{ifNoneMatch: '"a", W/"3e8-1"'}, 'unchanged'],
    [{ifNoneMatch: '*'}, 'unchanged'],
    [{ifNoneMatch: '"a"'}, 'whole'],
    [{ifNoneMatch: '"a"', ifModifiedSince: SAME}, 'whole'],
    [{ifModifiedSince: SAME}, 'unchanged'],
    [{ifModifiedSince: OLDER}, 'whole'],
    [{ifModifiedSince: 'yesterday'}, 'whole'],
    [{range: 'bytes=0-9'}, '0-9'],
    [{range: 'bytes=990-'}, '990-999'],
    [{range: 'bytes=990-5000'}, '990-999'],
    [{range: 'bytes=-10'}, '990-999'],
    [{range: 'bytes=-5000'}, '0-999'],
    [{range: 'bytes=1000-'}, 'unsatisfiable'],
    [{range: 'bytes=-0'}, 'unsatisfiable'],
    [{range: 'bytes=9-0'}, 'whole'],
    [{range: 'bytes=-'}, 'whole'],
    [{range: 'bytes=0-1,5-6'}, 'whole'],
    [{range: 'lines=0-1'}, 'whole'],
    [{range: 'bytes=0-9', ifRange: '"3e8-1"'}, '0-9'],
    [{range: 'bytes=0-9', ifRange: '"old"'}, 'whole'],
    [{range: 'bytes=0-9', ifRange: 'W/"3e8-1"'}, 'whole'],
    [{range: 'bytes=0-9', ifRange: SAME}, '0-9'],
    [{range: 'bytes=0-9', ifRange: OLDER}, 'whole'],
  ];
  for (const [conditions, wanted] of rows) {
    const part = partOf({...NONE, ...conditions}, FILE);
    t.is(part.kind === 'part' ? `${part.first}-${part.last}` : part.kind, wanted, JSON.stringify(conditions));
  }
  t.is(partOf({...NONE, range: 'bytes=-1'}, {...FILE, size: 0}).kind, 'unsatisfiable');
});

test('partOf() never leaves the file', (t) => {
  fc.assert(
    fc.property(fc.nat(50), fc.option(fc.nat(60)), fc.option(fc.nat(60)), (size, from, to) => {
      const part = partOf({...NONE, range: `bytes=${from ?? ''}-${to ?? ''}`}, {...FILE, size});
      return part.kind !== 'part' || (part.first >= 0 && part.first <= part.last && part.last < size);
    }),
  );
  t.pass();
});
