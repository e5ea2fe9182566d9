import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {frontEndHints} from '../../src/frontend/hints.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

/** A host with these files. */
function host(t: ExecutionContext, files: readonly string[]): string {
  const root = temporaryDirectory(t);
  for (const file of files) {
    mkdirSync(path.join(root, path.dirname(file)), {recursive: true});
    writeFileSync(path.join(root, file), '');
  }
  return root;
}

test('frontEndHints() names the sites of a Debian Apache, those with TLS first', (t) => {
  const root = host(t, [
    '/etc/apache2/sites-enabled/000-default.conf',
    '/etc/apache2/sites-enabled/default-ssl.conf',
  ]);
  t.like(frontEndHints(root), [
    {
      kind: 'apache',
      files: ['/etc/apache2/sites-enabled/default-ssl.conf', '/etc/apache2/sites-enabled/000-default.conf'],
      enable: 'a2enmod proxy proxy_http headers',
      reload: 'systemctl reload apache2',
    },
  ]);
});

test('frontEndHints() names ssl.conf of a Red Hat httpd', (t) => {
  const root = host(t, [
    '/etc/httpd/conf.d/ssl.conf',
    '/etc/httpd/conf.d/README',
    '/etc/httpd/conf/httpd.conf',
  ]);
  t.like(frontEndHints(root), [
    {
      kind: 'apache',
      files: ['/etc/httpd/conf.d/ssl.conf', '/etc/httpd/conf/httpd.conf'],
      enable: undefined,
      reload: 'systemctl reload httpd',
    },
  ]);
});

test('frontEndHints() names what nginx reads, and nothing on a host without a front end', (t) => {
  const root = host(t, ['/etc/nginx/nginx.conf', '/etc/nginx/sites-enabled/default']);
  t.like(frontEndHints(root), [
    {kind: 'nginx', files: ['/etc/nginx/sites-enabled/default', '/etc/nginx/nginx.conf']},
  ]);
  t.deepEqual(frontEndHints(host(t, [])), []);
});
