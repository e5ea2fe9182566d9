import {execFileSync} from 'node:child_process';
import {chmodSync, linkSync, mkdirSync, renameSync, symlinkSync, truncateSync, writeFileSync} from 'node:fs';
import {userInfo} from 'node:os';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {NO_HOME, readRequests, requestsBelow} from '../../src/admin/read-requests.ts';
import {readUsers} from '../../src/admin/read-users.ts';
import {serializeRequest} from '../../src/frontend/request.ts';
import type {PublishedRequest} from '../../src/frontend/request.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';

const {uid, gid} = userInfo();

function homeOf(t: ExecutionContext) {
  const home = path.join(temporaryDirectory(t), 'home');
  const requests = path.join(home, ...requestsBelow('eco'));
  mkdirSync(requests, {recursive: true, mode: 0o700});
  const put = (name: string, text: string | Buffer = 'x') => {
    const file = path.join(requests, name);
    writeFileSync(file, text, {mode: 0o600});
    return file;
  };
  return {home, requests, put, read: () => readRequests({home, uid, gid, host: 'eco'})};
}

const FRONT = '.local/state/appsup/eco/front';

const request = (home: string, changes: Partial<PublishedRequest> = {}) =>
  serializeRequest({
    version: 1,
    user: 'alice',
    host: 'eco',
    app: 'tasks',
    mount: '/alice_tasks',
    prefix: 'keep',
    upstream: {protocol: 'http', kind: 'unix', path: path.join(home, FRONT, 'tasks.sock')},
    statics: [],
    bodyLimitMb: 100,
    timeoutS: 300,
    date: '2026-11-20',
    front: 'apache',
    ...changes,
  });

test('readRequests() gives the bytes of each file, by name; drafts and other endings are none', (t) => {
  const {put, read} = homeOf(t);
  put('b.json', Buffer.from([0xff, 0x00]));
  put('a.json', 'text');
  put('a.json.123.abcd');
  put('.c.json');
  t.deepEqual(read(), {
    files: [
      {name: 'a.json', text: Buffer.from('text').toString('base64'), places: []},
      {name: 'b.json', text: '/wA=', places: []},
    ],
  });
});

test('readRequests() finds nothing where nothing was published', (t) => {
  const home = temporaryDirectory(t);
  t.deepEqual(readRequests({home, uid, gid, host: 'eco'}), {files: []});
  const none = path.join(home, 'none');
  t.deepEqual(readRequests({home: none, uid, gid, host: 'eco'}), {unreachable: NO_HOME, files: []});
});

const FILES: readonly (readonly [
  what: string,
  problem: string,
  make: (file: string) => void,
  name?: string,
])[] = [
  ['a symbolic link', 'x.json is a symbolic link', (file) => symlinkSync('/etc/passwd', file)],
  ['a link to nothing', 'x.json is a symbolic link', (file) => symlinkSync('/nowhere', file)],
  ['a directory', 'it is no regular file', (file) => mkdirSync(file)],
  ['a FIFO', 'it is no regular file', (file) => void execFileSync('mkfifo', [file])],
  [
    'a second name',
    'it has 2 names (hard links)',
    (file) => {
      writeFileSync(`${file}.first`, 'x');
      linkSync(`${file}.first`, file);
    },
  ],
  [
    'a file that others can write',
    'others can write it',
    (file) => {
      writeFileSync(file, 'x');
      chmodSync(file, 0o602);
    },
  ],
  [
    'a huge file',
    'it has 1073741824 bytes, at most 65536 are read',
    (file) => {
      writeFileSync(file, '');
      truncateSync(file, 1024 ** 3);
    },
  ],
  [
    'a name that is no app’s',
    'its name is not that of an app',
    (file) => writeFileSync(file, 'x'),
    '-rf.json',
  ],
  [
    'a name with a newline',
    'its name is not that of an app',
    (file) => writeFileSync(file, 'x'),
    'a\nb.json',
  ],
];

for (const [what, problem, make, name = 'x.json'] of FILES) {
  test(`readRequests() does not read ${what}, and reads what lies beside`, (t) => {
    const {requests, put, read} = homeOf(t);
    make(path.join(requests, name));
    put('y.json');
    const files = read().files.map((file) => ('problem' in file ? file.problem : file.name));
    t.deepEqual(files, [problem, 'y.json']);
  });
}

test('readRequests() goes through no link, and into no directory that others can write', (t) => {
  for (const depth of [0, 2, 4]) {
    const {home, read, put} = homeOf(t);
    put('a.json');
    const place = path.join(home, ...requestsBelow('eco').slice(0, depth + 1));
    chmodSync(place, 0o702);
    const name = `~/${requestsBelow('eco')
      .slice(0, depth + 1)
      .join('/')}`;
    t.deepEqual(read(), {problem: `others can write ${name}`, files: []});
    chmodSync(place, 0o700);
    renameSync(place, `${place}.real`);
    symlinkSync(`${place}.real`, place);
    t.deepEqual(read(), {problem: `${name} is a symbolic link or no directory`, files: []});
  }
});

test("readRequests() reads nothing of somebody else's home", (t) => {
  const {home} = homeOf(t);
  const reading = readRequests({home, uid: uid + 1, gid, host: 'eco'});
  t.deepEqual(reading, {problem: `~ belongs to uid ${uid}`, files: []});
});

test('readRequests() reads none of more files than anybody has apps', (t) => {
  const {put, read} = homeOf(t);
  for (let index = 0; index < 101; index++) put(`a${index}.json`);
  t.deepEqual(read(), {problem: 'there are more than 100 files: none is read', files: []});
});

test('readRequests() looks at the places that a request names, and lets those be that are not there yet', (t) => {
  const {home, put, read} = homeOf(t);
  const says = (changes: Partial<PublishedRequest>) => {
    put('tasks.json', request(home, changes));
    const [file] = read().files;
    return file !== undefined && 'places' in file ? file.places : [];
  };
  const socket = (file: string) => ({upstream: {protocol: 'http', kind: 'unix', path: file}}) as const;
  const statics = (directory: string) => ({statics: [{path: '/s', directory}]});
  t.deepEqual(says({}), []);
  mkdirSync(path.join(home, FRONT), {mode: 0o710});
  t.deepEqual(says({}), []);
  execFileSync('/usr/bin/python3', [
    '-c',
    'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
    path.join(home, FRONT, 'tasks.sock'),
  ]);
  t.deepEqual(says({}), []);
  const elsewhere = [`/run/x.sock`, `${home}x/x.sock`, `${home}/.local/state/appsup/eco/control.sock`];
  for (const file of elsewhere) t.deepEqual(says(socket(file)), [`${file} is not in ~/${FRONT}`]);
  writeFileSync(path.join(home, FRONT, 'no.sock'), '');
  const none = path.join(home, FRONT, 'no.sock');
  t.deepEqual(says(socket(none)), [`${none} is no socket of the user's own`]);
  t.deepEqual(says(statics(home)), [`${home} is not below ${home}`]);
  t.deepEqual(says(statics('/etc')), [`/etc is not below ${home}`]);
  symlinkSync('/etc', path.join(home, 'dist'));
  t.deepEqual(says(statics(path.join(home, 'dist'))), ['~/dist is a symbolic link or no directory']);
  t.deepEqual(says(statics(path.join(home, 'dist/ssl'))), ['~/dist is a symbolic link or no directory']);
  t.deepEqual(says(statics(path.join(home, 'soon/dist'))), []);
  renameSync(path.join(home, FRONT), path.join(home, 'elsewhere'));
  symlinkSync(path.join(home, 'elsewhere'), path.join(home, FRONT));
  t.deepEqual(says({}), [`~/${FRONT} is a symbolic link or no directory`]);
});

test('readUsers() ends a reader that hangs or says nonsense, and goes on with the others', async (t) => {
  const directory = temporaryDirectory(t);
  const reader = path.join(directory, 'reader.cjs');
  writeFileSync(
    reader,
    `const {name} = require('node:path').parse(JSON.parse(require('node:fs').readFileSync(0, 'utf8')).home);
if (name === 'hangs') setInterval(() => {}, 1000);
else if (name === 'throws') throw new Error('no');
else console.log(name === 'lies' ? '{}' : '{"files":[]}');
`,
  );
  const accounts = ['hangs', 'throws', 'lies', 'good'].map((name) => ({
    name,
    uid,
    gid,
    home: `/home/${name}`,
  }));
  const readings = await readUsers(accounts, {reader, host: 'eco', timeoutMs: 2000});
  t.deepEqual(
    readings.map(({unreachable}) => unreachable),
    ['reading them took more than 2 s', 'Error: no', 'the reader said nothing', undefined],
  );
});
