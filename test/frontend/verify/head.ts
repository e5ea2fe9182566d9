import test from 'ava';

import {parseHead} from '../../../src/frontend/verify/head.ts';

test('parseHead() of a request: its target, and the last line of a field', (t) => {
  const head = parseHead(
    'GET /a?b HTTP/1.1\r\nHost: eco\r\nX-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For:  5.6.7.8 \r\nSCRIPT_NAME: /x',
  );
  t.like(head, {protocol: 'http', target: '/a?b', scriptName: undefined, scheme: undefined});
  t.deepEqual(['host', 'x-forwarded-for', 'script_name', 'script-name', 'none'].map(head.field), [
    'eco',
    '5.6.7.8',
    '/x',
    undefined,
    undefined,
  ]);
});

test('parseHead() of a uwsgi packet: what is a variable, and what a visitor has sent', (t) => {
  const lines = [
    'SCRIPT_NAME: /a',
    'PATH_INFO: /b',
    'HTTPS: on',
    'HTTP_HOST: eco',
    'HTTP_SCRIPT_NAME: /evil',
  ];
  const head = parseHead(['uwsgi', ...lines].join('\r\n'));
  t.like(head, {protocol: 'uwsgi', target: '/b', scriptName: '/a', scheme: 'https'});
  t.deepEqual(['host', 'script_name'].map(head.field), ['eco', '/evil']);
  t.like(parseHead('uwsgi'), {target: '', scriptName: '', scheme: undefined});
  t.is(parseHead('uwsgi\r\nUWSGI_SCHEME: https').scheme, 'https');
});
