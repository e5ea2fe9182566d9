import {mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {siteFacts} from '../../src/frontend/site.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

function host(t: ExecutionContext, files: Readonly<Record<string, string>>): string {
  const root = temporaryDirectory(t);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(path.join(root, path.dirname(file)), {recursive: true});
    writeFileSync(path.join(root, file), text);
  }
  return root;
}

test('siteFacts() of a Red Hat host: its files, the account of its web server, SELinux', (t) => {
  const files = {
    '/etc/passwd': 'root:x:0:0::/root:/bin/sh\napache:x:48:48::/:/sbin/nologin\n',
    '/etc/httpd/conf.d/ssl.conf': '',
    '/sys/fs/selinux/enforce': '1',
    '/sys/fs/selinux/booleans/httpd_can_network_connect': '0 0',
  };
  const facts = siteFacts('apache', undefined, host(t, files));
  t.like(facts, {selinux: 'forbids', webUser: 'apache', loaded: undefined});
  t.is(facts.hint?.files[0], '/etc/httpd/conf.d/ssl.conf');
  const allowed = {...files, '/sys/fs/selinux/booleans/httpd_can_network_connect': '1 1'};
  t.is(siteFacts('apache', undefined, host(t, allowed)).selinux, 'allows');
  t.is(siteFacts('apache', undefined, host(t, {...files, '/sys/fs/selinux/enforce': '0'})).selinux, 'off');
});

test('siteFacts() believes the site about the web server, and knows nothing of an empty host', (t) => {
  const root = host(t, {'/etc/passwd': 'www-data:x:33:33::/:/sbin/nologin\n'});
  t.is(siteFacts('nginx', undefined, root).webUser, 'www-data');
  t.is(siteFacts('nginx', 'web', root).webUser, 'web');
  t.deepEqual(siteFacts('nginx', undefined, temporaryDirectory(t)), {
    hint: undefined,
    loaded: undefined,
    selinux: 'off',
    webUser: undefined,
  });
});
