import test from 'ava';

import {cautions} from '../../src/frontend/cautions.ts';
import {appSpec, programSpec} from '../helpers/spec.ts';

const web = programSpec({listen: 'socket'});
const uwsgi = programSpec({
  listen: 'socket',
  launch: {kind: 'uwsgi', target: 'wsgi:app', workers: 1, threads: 1, protocol: 'uwsgi', args: []},
});

test('cautions() has nothing to say of an app that handles its mount', (t) => {
  t.deepEqual(cautions(appSpec([web]), 'apache'), []);
  t.deepEqual(cautions(appSpec([web], {mount: '', prefix: 'none'}), 'nginx'), []);
});

test('cautions() says that an app with links of its own needs a host of its own', (t) => {
  const [line = '', ...more] = cautions(appSpec([web], {prefix: 'strip'}), 'apache');
  t.regex(line, /^tasks is told of \/alice_tasks by X-Forwarded-Prefix only.*mount = "\/"/);
  t.deepEqual(more, []);
});

test('cautions() says what Django and Flask need behind a .htaccess', (t) => {
  t.regex(cautions(appSpec([web]), 'htaccess')[0] ?? '', /USE_X_FORWARDED_HOST.*ProxyFix/);
});

test('cautions() says what the uwsgi protocol cannot do', (t) => {
  t.regex(cautions(appSpec([uwsgi]), 'apache').join('; '), /^tasks has no WebSockets/);
  t.regex(cautions(appSpec([uwsgi]), 'nginx').join('; '), /SESSION_COOKIE_PATH = "\/alice_tasks\/"/);
});
