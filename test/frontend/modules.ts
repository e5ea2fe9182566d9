import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {apacheMinimalSnippet, apacheSnippet} from '../../src/frontend/apache.ts';
import {loadedModules, modulesFor} from '../../src/frontend/modules.ts';
import {nginxSnippet} from '../../src/frontend/nginx.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

const INPUT = {
  user: 'alice',
  app: 'tasks',
  mount: '/alice_tasks',
  prefix: 'keep',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  date: '2026-11-20',
} as const;

const NEEDS: readonly (readonly [string, readonly string[]])[] = [
  [apacheSnippet(INPUT), ['alias', 'proxy', 'proxy_http', 'headers']],
  [apacheMinimalSnippet(INPUT), ['proxy', 'proxy_http']],
  ['ProxyPass "/a/" "unix:/run/a.sock|http://a/a/"', ['proxy', 'proxy_http']],
  ['ProxyPass "/a/" "uwsgi://127.0.0.1:20140/"', ['proxy', 'proxy_uwsgi']],
  [
    'RewriteEngine On\nRewriteRule "^" "ws://127.0.0.1:20140/a/%1" [P,L,NE]',
    ['proxy', 'proxy_wstunnel', 'rewrite'],
  ],
  ['# ProxyPass "/a/" "http://127.0.0.1:20140/"', []],
  [nginxSnippet(INPUT), []],
];

for (const [snippet, needed] of NEEDS) {
  test(`modulesFor() finds ${needed.join(', ') || 'nothing'} in ${snippet.split('\n', 1)[0]}`, (t) => {
    t.deepEqual(modulesFor(snippet), needed);
  });
}

test('loadedModules() reads the links of Debian and the LoadModule lines of Red Hat', (t) => {
  const put = (root: string, file: string, text: string) => {
    mkdirSync(path.join(root, path.dirname(file)), {recursive: true});
    writeFileSync(path.join(root, file), text);
  };
  const debian = temporaryDirectory(t);
  put(debian, '/etc/apache2/mods-enabled/proxy.load', '');
  put(debian, '/etc/apache2/mods-enabled/proxy.conf', '');
  t.deepEqual(loadedModules(debian), new Set(['proxy']));

  const redHat = temporaryDirectory(t);
  const folder = '/etc/httpd/conf.modules.d';
  put(
    redHat,
    `${folder}/00-proxy.conf`,
    'LoadModule proxy_module modules/mod_proxy.so\n  loadmodule headers_module x\n',
  );
  put(redHat, `${folder}/01-off.conf`, '#LoadModule proxy_http_module modules/mod_proxy_http.so\n');
  put(redHat, `${folder}/README`, 'LoadModule nothing_module x\n');
  t.deepEqual(loadedModules(redHat), new Set(['proxy', 'headers']));

  t.is(loadedModules(temporaryDirectory(t)), undefined);
});
