import test from 'ava';
import fc from 'fast-check';

import {stampOf} from '../../src/logs/archive.ts';
import {NOTE_BYTES, noteLength, noteOf, planCut} from '../../src/logs/cut.ts';

const BLOCK = 4096;
const texts = fc
  .array(fc.nat(3000), {maxLength: 60})
  .map((lengths) => lengths.map((length) => 'x'.repeat(length)).join('\n'));

test('planCut() cuts whole blocks, ends with a line, and leaves room for the note', (t) => {
  fc.assert(
    fc.property(texts, fc.boolean(), (text, everything) => {
      const cut = planCut({last: Buffer.from(text), from: 0, blockBytes: BLOCK, everything});
      if (cut === undefined) return text.lastIndexOf('\n') + 1 < NOTE_BYTES;
      const room = cut.end - cut.cut;
      const whole = everything || cut.cut === 0 ? cut.end === text.lastIndexOf('\n') + 1 : true;
      return (
        cut.cut % BLOCK === 0 &&
        text[cut.end - 1] === '\n' &&
        room >= NOTE_BYTES &&
        room <= NOTE_BYTES + BLOCK &&
        whole
      );
    }),
  );
  t.pass();
});

test('planCut() needs the end of a log alone', (t) => {
  const text = `${'a line of a log\n'.repeat(5000)}and one that is not fini`;
  const whole = planCut({last: Buffer.from(text), from: 0, blockBytes: BLOCK, everything: false});
  const from = text.length - 20_000;
  t.deepEqual(
    planCut({last: Buffer.from(text.slice(from)), from, blockBytes: BLOCK, everything: false}),
    whole,
  );
});

test('planCut() cuts a line that does not end', (t) => {
  const cut = planCut({last: Buffer.alloc(20_000, 'x'), from: 500_000, blockBytes: BLOCK, everything: false});
  t.deepEqual(cut, {cut: 126 * BLOCK, end: 126 * BLOCK + NOTE_BYTES});
});

test('noteLength() knows the notes of noteOf(), and nothing that a program prints', (t) => {
  const ranks = fc.record({stamp: fc.nat().map((seconds) => stampOf(seconds * 1000)), serial: fc.nat()});
  fc.assert(
    fc.property(ranks, fc.integer({min: NOTE_BYTES, max: 9000}), fc.string(), (rank, length, rest) => {
      t.is(noteOf(rank, length).length, length);
      t.is(noteLength(Buffer.concat([noteOf(rank, length), Buffer.from(rest)])), length);
    }),
  );
  for (const line of ['', '\n', '   \n', '[appsup: older lines are in the archive\n'])
    t.is(noteLength(Buffer.from(line)), 0);
});
