import test from 'ava';

import {reportText} from '../../src/doctor/report.ts';

test('reportText() masks in every section, and says where nothing is', (t) => {
  const sections = [
    {title: 'log', text: 'cannot log in with swordfish\n\n'},
    {title: 'events', text: ''},
  ];
  const text = reportText(sections, ['swordfish'], '2026-11-21');
  t.regex(text, /^appsup report of 2026-11-21\n/);
  t.true(text.endsWith('\n\n==== log ====\n\ncannot log in with ***\n\n==== events ====\n\n(nothing)\n'));
});
