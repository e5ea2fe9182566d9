import test from 'ava';
import fc from 'fast-check';

import {EMPTY_BOOK, formatBook, parseBook, salvage} from '../../src/ports/book.ts';
import type {Book} from '../../src/ports/book.ts';

const BOOK: Book = {
  leases: [
    {app: 'flasktasks', port: 20_140, since: 1_763_600_000_000, fixed: false},
    {app: 'constructor', port: 20_141, since: 1_763_600_000_001, fixed: true},
    {app: 'flasktasks:metrics.v1', port: 20_143, since: 1_763_600_000_003, fixed: false},
  ],
  retired: [{app: 'old', port: 20_142, at: 1_763_600_000_002, why: 'moved'}],
};

const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{0,20}$/).filter((text) => text !== '__proto__');
const books = fc
  .uniqueArray(
    fc.record({app: name, port: fc.integer({min: 1024, max: 65_535}), since: fc.nat(), fixed: fc.boolean()}),
    {
      maxLength: 8,
      selector: ({port}) => port,
    },
  )
  .map((all): Book => {
    const leases = all.filter(({app}, index) => all.findIndex((other) => other.app === app) === index);
    const retired = all.filter((lease) => !leases.includes(lease));
    return {leases, retired: retired.map(({app, port, since}) => ({app, port, at: since, why: 'released'}))};
  });

test('parseBook() reads back what formatBook() wrote', (t) => {
  t.deepEqual(parseBook(formatBook(BOOK)), BOOK);
  t.deepEqual(parseBook(formatBook(EMPTY_BOOK)), EMPTY_BOOK);
  fc.assert(
    fc.property(books, (book) => {
      const read = parseBook(formatBook(book));
      // JSON gives keys that look like numbers first.
      const sorted = (each: Book) => each.leases.toSorted((a, b) => a.port - b.port);
      t.true(typeof read === 'object');
      if (typeof read === 'object') t.deepEqual([sorted(read), read.retired], [sorted(book), book.retired]);
    }),
  );
});

const DAMAGED: readonly (readonly [string, string])[] = [
  ['an empty file', ''],
  ['zeros', '\0'.repeat(100)],
  ['half of it', formatBook(BOOK).slice(0, 120)],
  ['another JSON', '[1, 2]'],
  ['a port of root', formatBook(BOOK).replace('20140', '80')],
  ['a port that is text', formatBook(BOOK).replace('20140', '"20140"')],
  ['two apps on one port', formatBook(BOOK).replace('20141', '20140')],
  ['a lease of a retired port', formatBook(BOOK).replace('20142', '20140')],
  ['an app whose name is a path', formatBook(BOOK).replace('flasktasks', '../x')],
];

for (const [fact, text] of DAMAGED) {
  test(`parseBook() takes ${fact} for damaged`, (t) => {
    t.is(parseBook(text), undefined);
  });
}

test('parseBook() leaves the file of a later version alone', (t) => {
  t.is(parseBook('{"version": 2, "ports": {}}'), 'newer');
});

test('parseBook() and salvage() never throw', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      parseBook(text);
      salvage(text);
    }),
  );
  t.pass();
});

test('salvage() finds every whole lease of a file that was cut off', (t) => {
  fc.assert(
    fc.property(books, fc.nat(1000), (book, cut) => {
      const text = formatBook(book).slice(0, cut);
      const whole = book.leases.filter((lease) =>
        text.includes(`${JSON.stringify(lease.app)}: {"port":${lease.port},`),
      );
      const found = salvage(text);
      for (const lease of found)
        t.true(book.leases.some((each) => each.app === lease.app && each.port === lease.port));
      t.true(found.length >= whole.length - 1);
    }),
  );
  t.deepEqual(salvage(formatBook(BOOK)), BOOK.leases);
});
