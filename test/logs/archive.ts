import test from 'ava';
import fc from 'fast-check';

import {
  compareRanks,
  formatBeside,
  momentOfStamp,
  nextRank,
  parseBeside,
  stampOf,
} from '../../src/logs/archive.ts';
import type {Beside, Rank} from '../../src/logs/archive.ts';

const moments = fc.integer({min: 0, max: Date.UTC(9999, 11, 31)}).map((ms) => Math.floor(ms / 1000) * 1000);
const ranks: fc.Arbitrary<Rank> = fc.record({stamp: moments.map(stampOf), serial: fc.nat(99_999)});
const numbers = fc.nat(2 ** 40);
const things: fc.Arbitrary<Beside> = fc.oneof(
  fc.record({kind: fc.constant('archive' as const), rank: ranks, gzip: fc.boolean()}),
  fc.record({kind: fc.constant('draft' as const), rank: ranks}),
  fc.constant({kind: 'stopped' as const}),
  fc.record({
    kind: fc.constant('move' as const),
    stage: fc.constantFrom('copying' as const, 'moving' as const),
    rank: ranks,
    cut: fc.oneof(numbers, fc.constant('stop' as const)),
    skip: numbers,
    token: fc.uint8Array({minLength: 16, maxLength: 16}).map((bytes) => Buffer.from(bytes).toString('hex')),
  }),
);

test('parseBeside() is the reverse of formatBeside()', (t) => {
  fc.assert(
    fc.property(things, (thing) =>
      t.deepEqual(parseBeside('web.log', formatBeside('web.log', thing)), thing),
    ),
  );
  t.pass();
});

for (const [log, name] of [
  ['web.log', 'web.log'],
  ['web.log', 'web_00.log.20261121T023005Z'],
  ['web.log', 'web.log.1'],
  ['web.log', 'web.log.20261121T023005Z-0'],
  ['web.log', 'web.log.20261121T023005Z.gz.tmp'],
  ['web.log', 'web.log.moving.20261121T023005Z.4096.0.abc'],
  ['web.log', 'web.log.moving.20261121T023005Z.-1.0.0123456789abcdef0123456789abcdef'],
] as const) {
  test(`parseBeside() takes ${name} for nothing of ${log}`, (t) => t.is(parseBeside(log, name), undefined));
}

test('formatBeside() names an archive after the moment of its rotation', (t) => {
  const rank = {stamp: stampOf(Date.UTC(2026, 10, 21, 2, 30, 5, 999)), serial: 0};
  t.is(formatBeside('web.log', {kind: 'archive', rank, gzip: false}), 'web.log.20261121T023005Z');
  t.is(
    formatBeside('web.log', {kind: 'archive', rank: {...rank, serial: 1}, gzip: true}),
    'web.log.20261121T023005Z-1.gz',
  );
});

test('momentOfStamp() is the reverse of stampOf(), to the second', (t) => {
  fc.assert(fc.property(moments, (moment) => t.is(momentOfStamp(stampOf(moment)), moment)));
  t.pass();
});

test('nextRank() is above all that are taken, whatever the clock says', (t) => {
  fc.assert(
    fc.property(fc.array(ranks), moments, (taken, wallMs) => {
      const next = nextRank(taken, wallMs);
      return taken.every((rank) => compareRanks(rank, next) < 0);
    }),
  );
  t.pass();
});
