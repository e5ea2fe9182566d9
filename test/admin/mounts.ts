import test from 'ava';

import {isMountOf, mountForm, ownerOfMount} from '../../src/admin/mounts.ts';

const MINE: readonly (readonly [rule: string, mount: string, mine: boolean])[] = [
  ['/{user}_{app}', '/alice_tasks', true],
  ['/{user}_{app}', '/alice_tasks/api', true],
  ['/{user}_{app}', '/alice_', false],
  ['/{user}_{app}', '/alice', false],
  ['/{user}_{app}', '/Alice_tasks', false],
  ['/{user}_{app}', '/bob_tasks', false],
  ['/{user}_{app}', '/x/alice_tasks', false],
  ['/{user}_{app}', '', false],
  ['/{user}_{app}', '/~alice', true],
  ['/{user}_{app}', '/~alice/tasks', true],
  ['/{user}_{app}', '/~alicex', false],
  ['/{user}_{app}', '/~alice_x', false],
  ['/{user}/{app}', '/alice/tasks', true],
  ['/{user}/{app}', '/alice', true],
  ['/{user}/{app}', '/alicex', false],
  ['/apps/{user}/{app}', '/apps', false],
  ['/apps/{user}/{app}', '/apps/alice', true],
  ['/{app}-{user}', '/tasks-alice', true],
  ['/{app}-{user}', '/-alice', false],
  ['/{app}', '/anything', true],
  ['/{app}', '', false],
];

test("isMountOf() follows the host's rule, and gives everybody the mounts below their home page", (t) => {
  for (const [rule, mount, mine] of MINE)
    t.is(isMountOf(mount, mountForm('alice', rule)), mine, `${rule} ${mount}`);
});

const OWNERS: readonly (readonly [
  rule: string,
  mount: string,
  users: readonly string[],
  owner: string | undefined,
])[] = [
  ['/{user}_{app}', '/a_b_shop', ['a', 'a_b', 'c'], 'a_b'],
  ['/{user}_{app}', '/a_b_shop', ['a_b', 'a'], 'a_b'],
  ['/{user}_{app}', '/a_b_shop', ['a', 'c'], 'a'],
  ['/{user}_{app}', '/a_b_shop', ['a.b', 'a_b'], 'a_b'],
  ['/{user}_{app}', '/~a_b', ['a.b', 'a_b'], 'a_b'],
  ['/{user}_{app}', '/a_b_shop', ['a.b'], 'a.b'],
  ['/{user}_{app}', '/c_shop', ['a', 'b'], undefined],
  ['/{user}_{app}', '/a_b_shop', ['a.b', 'a@b'], undefined],
  ['/{app}', '/shop', ['a', 'b'], undefined],
];

test('ownerOfMount() gives a mount to the user whose form says most of it', (t) => {
  for (const [rule, mount, users, owner] of OWNERS) {
    const forms = users.map((user) => mountForm(user, rule));
    t.is(ownerOfMount(mount, forms), owner, `${rule} ${mount} ${users.join()}`);
    t.is(ownerOfMount(mount, forms.toReversed()), owner);
  }
});
