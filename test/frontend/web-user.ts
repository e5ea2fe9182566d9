import test from 'ava';

import {detectWebUser} from '../../src/frontend/web-user.ts';

const TABLE: readonly (readonly [
  what: string,
  servers: readonly ('apache' | 'nginx')[],
  accounts: readonly string[],
  user: string | undefined,
])[] = [
  ['Debian', ['apache', 'nginx'], ['www-data', 'nobody'], 'www-data'],
  ['Red Hat with httpd', ['apache'], ['apache', 'nobody'], 'apache'],
  ['Red Hat with nginx, and an account that httpd left', ['nginx'], ['apache', 'nginx'], 'nginx'],
  ['a host without a web server', [], ['www-data'], undefined],
  ['a web server of unknown name', ['nginx'], ['web'], undefined],
];
for (const [what, servers, accounts, user] of TABLE) {
  test(`detectWebUser() on ${what} is ${user}`, (t) => {
    t.is(
      detectWebUser(servers, (name) => accounts.includes(name)),
      user,
    );
  });
}
