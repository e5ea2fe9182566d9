import test from 'ava';
import fc from 'fast-check';

import {isWithin, linksOf} from '../../../src/frontend/verify/links.ts';

const PAGE = new URL('https://eco.example.ac.uk/alice_tasks/start');

const TABLE: readonly (readonly [string, readonly string[]])[] = [
  ['<a href="/login">in</a>', ['link https://eco.example.ac.uk/login']],
  [
    "<link rel=stylesheet href='style.css?a=1&amp;b=2'>",
    ['file https://eco.example.ac.uk/alice_tasks/style.css?a=1&b=2'],
  ],
  ['<SCRIPT defer\n SRC=/static/app.js></SCRIPT>', ['file https://eco.example.ac.uk/static/app.js']],
  ['<form method="post" action="/answer">', ['form https://eco.example.ac.uk/answer']],
  ['<base href="/alice_tasks/"><img src="a.png">', ['file https://eco.example.ac.uk/alice_tasks/a.png']],
  ['<!-- <a href="/old">x</a> --><a href="mailto:a@b">m</a><a href="http://[">x</a>', []],
  ['<a name="x" data-href="/no">none</a>', []],
];

for (const [html, links] of TABLE) {
  test(`linksOf() finds ${links.join(', ') || 'nothing'} in ${JSON.stringify(html)}`, (t) => {
    t.deepEqual(
      linksOf(html, PAGE).map(({kind, url}) => `${kind} ${url.href}`),
      links,
    );
  });
}

test('linksOf() takes any page', (t) => {
  const parts = fc.constantFrom(
    '<a ',
    'href=',
    '"',
    "'",
    '/x',
    '>',
    '<base href=',
    '<!--',
    '-->',
    ' ',
    '<script src=',
    '\0',
  );
  fc.assert(
    fc.property(fc.array(parts, {maxLength: 60}), (pieces) => Array.isArray(linksOf(pieces.join(''), PAGE))),
  );
  t.is(linksOf('<a href="/x">'.repeat(100_000), PAGE).length, 500);
});

test('isWithin() takes whole segments', (t) => {
  t.true(isWithin('/alice_tasks', '/alice_tasks'));
  t.true(isWithin('/alice_tasks/x', '/alice_tasks'));
  t.false(isWithin('/alice_tasksx', '/alice_tasks'));
  t.true(isWithin('/anything', ''));
});
