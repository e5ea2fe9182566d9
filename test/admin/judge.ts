import test from 'ava';

import {judge} from '../../src/admin/judge.ts';
import type {World} from '../../src/admin/judge.ts';
import {NO_HOME} from '../../src/admin/read-requests.ts';
import type {FoundFile, Reading} from '../../src/admin/read-requests.ts';
import {parseRequest} from '../../src/frontend/request.ts';
import type {UnixAccount} from '../../src/system/accounts.ts';

const ACCOUNTS = ['alice', 'bob', 'a', 'a_b'].map((name, index) => {
  return {name, uid: 1000 + index, gid: 1000 + index, home: `/home/${name}`};
});
const rangeOf = ({uid}: UnixAccount) => ({
  first: 20_000 + (uid - 1000) * 20,
  last: 20_019 + (uid - 1000) * 20,
});
const accountOf = (name: string): UnixAccount => {
  const found = ACCOUNTS.find((account) => account.name === name);
  if (found === undefined) throw new Error(name);
  return found;
};

const WORLD: World = {
  host: 'eco',
  today: '2026-11-21',
  mountRule: '/{user}_{app}',
  users: ACCOUNTS.map(({name}) => name),
  rangeOf,
  loginOf: (uid) => ACCOUNTS.find((account) => account.uid === uid)?.name,
  listeners: [],
  incumbents: [],
};

interface Wish {
  readonly user: string;
  readonly app: string;
  readonly [key: string]: unknown;
}

const portOf = (user: string, index = 0) => rangeOf(accountOf(user)).first + index;

function fileOf({user, app, ...changes}: Wish, places: readonly string[] = []): FoundFile {
  const request = {
    version: 1,
    user,
    host: 'eco',
    app,
    mount: `/${user}_${app}`,
    prefix: 'keep',
    upstream: {protocol: 'http', kind: 'tcp', port: portOf(user)},
    statics: [],
    bodyLimitMb: 100,
    timeoutS: 300,
    date: '2026-11-20',
    front: 'apache',
    ...changes,
  };
  return {name: `${app}.json`, text: Buffer.from(JSON.stringify(request)).toString('base64'), places};
}

const of = (user: string, ...files: readonly FoundFile[]) => ({
  account: accountOf(user),
  reading: {files} as Reading,
});

/** `alice/tasks` for what is taken, `bob/shop: why` for what is not. */
function outcome(found: Parameters<typeof judge>[0], world: Partial<World> = {}): readonly string[] {
  const {taken, refused, kept} = judge(found, {...WORLD, ...world});
  return [
    ...kept.map(({user, reason}) => `${user} kept: ${reason}`),
    ...taken.map(({user, app}) => `${user}/${app}`),
    ...refused.map(({user, app, reason}) => `${user}/${app ?? '*'}: ${reason}`),
  ];
}

const tasks = {user: 'alice', app: 'tasks'};
const shop = {user: 'bob', app: 'shop'};
const bob = of('bob', fileOf(shop));
const listener = (uid: number, address: string) =>
  ({family: 4, address, port: 20_000, uid, inode: 1}) as const;

test('judge() takes what is in order, in the order of the mounts', (t) => {
  const below = fileOf({user: 'alice', app: 'api', mount: '/alice_tasks/api'});
  t.deepEqual(outcome([bob, of('alice', below, fileOf(tasks))]), ['alice/tasks', 'alice/api', 'bob/shop']);
});

const ALONE: readonly (readonly [what: string, file: FoundFile, reason: string, world?: Partial<World>])[] = [
  [
    'what was not read',
    {name: 'x.json', problem: 'x.json is a symbolic link'},
    'alice/x: x.json is a symbolic link',
  ],
  ['what is no request', {name: 'x.json', text: 'eA==', places: []}, 'alice/x: it is not JSON'],
  ['the name of another user', fileOf({...tasks, user: 'bob'}), "alice/tasks: it says that it is bob's"],
  [
    'the name of another app',
    {...fileOf(tasks), name: 'x.json'},
    'alice/x: it is about tasks, by its own words',
  ],
  ['another host', fileOf({...tasks, host: 'eco2'}), 'alice/tasks: it is for the host eco2'],
  [
    'the day after tomorrow',
    fileOf({...tasks, date: '2026-11-23'}),
    'alice/tasks: its date lies ahead: 2026-11-23',
  ],
  [
    'a place that is not the user’s own',
    fileOf(tasks, ['/etc is not below /home/alice']),
    'alice/tasks: /etc is not below /home/alice',
  ],
  [
    'a mount of another form',
    fileOf({...tasks, mount: '/tasks'}),
    'alice/tasks: the mount /tasks has not the form /{user}_{app}',
  ],
  [
    'the root of the site',
    fileOf({...tasks, mount: '', prefix: 'none'}),
    'alice/tasks: the mount / has not the form /{user}_{app}',
  ],
  [
    'a port outside of the range',
    fileOf({...tasks, upstream: {protocol: 'http', kind: 'tcp', port: 20_020}}),
    "alice/tasks: port 20020 is outside of alice's range 20000-20019",
  ],
  [
    'a port on which somebody else listens',
    fileOf(tasks),
    'alice/tasks: port 20000 is taken by bob (uid 1001), listening on 0.0.0.0',
    {listeners: [listener(1000, '::1'), listener(1001, '0.0.0.0')]},
  ],
];

for (const [what, file, reason, world] of ALONE) {
  test(`judge() refuses ${what}, and nothing else`, (t) => {
    t.deepEqual(outcome([of('alice', file), bob], world), ['bob/shop', reason]);
  });
}

test('judge() takes a date of tomorrow: it is one already where the user lives', (t) => {
  t.deepEqual(outcome([of('alice', fileOf({...tasks, date: '2026-11-22'}))]), ['alice/tasks']);
});

test('judge() does not mind listeners that 127.0.0.1 does not lead to, nor those of the user', (t) => {
  const listeners = [listener(1001, '::1'), listener(1001, '127.0.0.2'), listener(1000, '127.0.0.1')];
  t.deepEqual(outcome([of('alice', fileOf(tasks))], {listeners}), ['alice/tasks']);
});

test('judge() keeps a mount for the user whose name is in it, asked for or not', (t) => {
  const squatter = of('a', fileOf({user: 'a', app: 'b_shop', mount: '/a_b_shop'}));
  t.deepEqual(outcome([squatter]), ['a/b_shop: the mount /a_b_shop is one of the user a_b']);
  const users = WORLD.users.filter((name) => name !== 'a_b');
  t.deepEqual(outcome([squatter], {users}), ['a/b_shop']);
});

test('judge() says once what keeps all requests of a user from being read', (t) => {
  const found = {account: accountOf('alice'), reading: {problem: 'others can write ~', files: []}};
  t.deepEqual(outcome([found, bob]), ['bob/shop', 'alice/*: others can write ~']);
});

const ANY = {mountRule: '/{app}'};
const mine = (user: string, app: string, mount: string, port = portOf(user)) =>
  fileOf({user, app, mount, upstream: {protocol: 'http', kind: 'tcp', port}});

function installed(user: string, app: string, mount: string, port = portOf(user)) {
  const file = mine(user, app, mount, port);
  const parsed = parseRequest(Buffer.from('text' in file ? file.text : '', 'base64'));
  if (!parsed.ok) throw new Error(parsed.problem);
  return parsed.request;
}

test('judge() keeps what is installed of a user whose home cannot be read, as long as the host has it for that user', (t) => {
  const gone = {
    account: accountOf('alice'),
    reading: {unreachable: '~ cannot be opened (ESTALE)', files: []},
  };
  const kept = 'alice kept: ~ cannot be opened (ESTALE)';
  const tasks = installed('alice', 'tasks', '/alice_tasks');
  t.deepEqual(outcome([gone, bob], {incumbents: [tasks, installed('bob', 'old', '/bob_old')]}), [
    kept,
    'alice/tasks',
    'bob/shop',
  ]);
  const elsewhere = [installed('alice', 'tasks', '/tasks'), installed('alice', 'x', '/alice_x', 20_100)];
  t.deepEqual(outcome([gone], {incumbents: elsewhere}), [
    kept,
    'alice/tasks: the mount /tasks has not the form /{user}_{app}',
    "alice/x: port 20100 is outside of alice's range 20000-20019",
  ]);
  t.deepEqual(outcome([gone]), ['alice/*: ~ cannot be opened (ESTALE)']);
});

test('judge() says nothing of accounts without a home that have nothing here', (t) => {
  const nobody = {account: accountOf('alice'), reading: {unreachable: NO_HOME, files: []}};
  t.deepEqual(outcome([nobody]), []);
  const incumbents = [installed('alice', 'tasks', '/alice_tasks')];
  t.deepEqual(outcome([nobody], {incumbents}), [`alice kept: ${NO_HOME}`, 'alice/tasks']);
});

test('judge() takes neither of two who ask for one mount, and the installed one when there is one', (t) => {
  const found = [of('alice', mine('alice', 'x', '/x')), of('bob', mine('bob', 'y', '/x'))];
  t.deepEqual(outcome(found, ANY), [
    "alice/x: bob's y asks for the mount /x, too",
    "bob/y: alice's x asks for the mount /x, too",
  ]);
  const incumbents = [installed('bob', 'y', '/x')];
  t.deepEqual(outcome(found, {...ANY, incumbents}), ['bob/y', "alice/x: bob's y asks for the mount /x, too"]);
});

test("judge() lets nobody below another user's mount, and everybody below their own", (t) => {
  const found = [
    of('alice', mine('alice', 'x', '/x'), mine('alice', 'api', '/x/api')),
    of('bob', mine('bob', 'y', '/x/static')),
  ];
  t.deepEqual(outcome(found, ANY), [
    'alice/x',
    'alice/api',
    "bob/y: the mount /x/static is below that of alice's x",
  ]);
});

test('judge() takes neither of two users who ask for one port', (t) => {
  const found = [of('alice', mine('alice', 'x', '/x', 20_005)), of('bob', mine('bob', 'y', '/y', 20_005))];
  t.deepEqual(outcome(found, {...ANY, rangeOf: () => ({first: 20_000, last: 20_019})}), [
    "alice/x: bob's y asks for the same port, too",
    "bob/y: alice's x asks for the same port, too",
  ]);
});
