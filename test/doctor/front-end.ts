import test from 'ava';

import {judgeFrontEnd, lookAtFrontEnd} from '../../src/doctor/front-end.ts';
import type {FrontFacts, Requested} from '../../src/doctor/front-end.ts';
import {worldWith} from '../helpers/doctor-world.ts';
import {troubles} from '../helpers/findings.ts';
import {hostWith} from '../helpers/host-files.ts';

type Server = FrontFacts['installed'][number];
const APACHE: Server = {
  kind: 'apache',
  loaded: new Set(['proxy', 'proxy_http', 'headers']),
  selinux: 'off',
  running: true,
  reload: 'systemctl reload apache2',
};
const REQUESTED: Requested = {
  app: 'tasks',
  kind: 'apache',
  modules: ['proxy', 'proxy_http'],
  check: {
    checked: true,
    ok: true,
    binary: '/usr/sbin/apache2',
    version: 'Apache/2.4.62',
    message: 'Syntax OK',
    line: undefined,
  },
  stale: undefined,
};
const REFUSED: Requested['check'] = {
  ...{checked: true, ok: false, binary: '/usr/sbin/apache2', version: 'Apache/2.4.62', line: 3},
  message: 'line 3: Invalid command',
};
const asked = (differs: Partial<Requested>) => ({requested: [{...REQUESTED, ...differs}]});
const served = (differs: Partial<Server>) => ({installed: [{...APACHE, ...differs}]});

const TABLE: readonly (readonly [string, Partial<FrontFacts>, readonly string[]])[] = [
  ['all is well', {}, []],
  ['it does not run', served({running: false}), ['broken front-not-running']],
  ['nobody can see whether it runs', served({running: undefined}), []],
  ['a module is not loaded', served({loaded: new Set(['proxy'])}), ['broken front-modules']],
  ['nobody can see what is loaded', served({loaded: undefined}), []],
  ['SELinux forbids the connection', served({selinux: 'forbids'}), ['broken selinux']],
  ['SELinux allows it', served({selinux: 'allows'}), []],
  ['the server refuses the lines', asked({check: REFUSED}), ['broken front-snippet']],
  ['nobody could check the lines', asked({check: {checked: false, reason: 'no apache2'}}), []],
  ['the lines are out of date', asked({stale: 'port 20140 -> 20141'}), ['warning front-stale']],
  ['the front end is on another host', {installed: []}, []],
  ['nothing was asked for yet', {...served({running: false, selinux: 'forbids'}), requested: []}, []],
];

for (const [title, facts, expected] of TABLE) {
  test(`judgeFrontEnd() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeFrontEnd({installed: [APACHE], requested: [REQUESTED], ...facts})), expected);
  });
}

test('lookAtFrontEnd() sees which servers a host has', async (t) => {
  const none = await lookAtFrontEnd(worldWith(t, {root: hostWith(t, {})}));
  t.regex(none[0]?.text ?? '', /^no Apache and no nginx/);
  const root = hostWith(t, {
    'etc/httpd/conf.d/ssl.conf': '',
    'etc/nginx/nginx.conf': '',
    'proc/9/comm': 'httpd\n',
  });
  const both = await lookAtFrontEnd(worldWith(t, {root}));
  t.is(both[0]?.text, 'on this host: Apache and nginx');
});
