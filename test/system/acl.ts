import {chmodSync, mkdirSync, mkdtempSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';

import {closedTo, grants, letPass, maskFor, parseGetfacl, shareWith, whoIs} from '../../src/system/acl.ts';
import type {Access} from '../../src/system/acl.ts';
import {testWith} from '../helpers/tools.ts';

const WEB = {uid: 33, gids: [33]};

/** Of alice (1000, group 1000), in the form of getfacl. */
function access(...entries: readonly string[]): Access {
  const text = `# file: /x\n# owner: 1000\n# group: 1000\n${entries.join('\n')}\n`;
  const found = parseGetfacl(text).get('/x');
  if (found === undefined) throw new Error(text);
  return found;
}

const PRIVATE = ['user::rwx', 'group::---', 'other::---'];
const CASES: readonly (readonly [what: string, list: Access, may: boolean])[] = [
  ['a home of 0700', access(...PRIVATE), false],
  ['a home of 0711', access('user::rwx', 'group::--x', 'other::--x'), true],
  ['an entry of its own', access('user:33:--x', 'mask::--x', ...PRIVATE), true],
  ['an entry of its own that is masked out', access('user:33:--x', 'mask::---', ...PRIVATE), false],
  ['an entry of its own that forbids', access('user:33:---', 'user::rwx', 'group::--x', 'other::--x'), false],
  ['an entry of its group', access('group:33:--x', 'mask::--x', ...PRIVATE), true],
  [
    'an entry of its group that forbids',
    access('group:33:---', 'user::rwx', 'group::--x', 'other::--x'),
    false,
  ],
  ['an entry of somebody else', access('user:34:--x', 'mask::--x', ...PRIVATE), false],
];
for (const [what, list, may] of CASES) {
  test(`grants() of ${what} is ${may}`, (t) => t.is(grants(list, WEB, 'x'), may));
}

test('grants() knows owner, owning group and root', (t) => {
  const list = access('user::r--', 'group::-w-', 'other::--x');
  t.true(grants(list, {uid: 1000, gids: [1000]}, 'r'));
  t.false(grants(list, {uid: 1000, gids: [1000]}, 'x'));
  t.true(grants(list, {uid: 33, gids: [1000]}, 'w'));
  t.false(grants(list, {uid: 33, gids: [1000]}, 'x'));
  t.true(grants(list, {uid: 0, gids: [0]}, 'rwx'));
});

const MASKS: readonly (readonly [what: string, list: Access, mask: string | undefined])[] = [
  ['a mode alone', access('user::rwx', 'group::r--', 'other::---'), 'r-x'],
  ['an entry that may more already', access('user:34:rwx', 'mask::rwx', ...PRIVATE), 'rwx'],
  [
    'an entry that is masked out, and would come alive',
    access('user:34:--x', 'mask::---', ...PRIVATE),
    undefined,
  ],
  ['an entry that is masked out, and has no x', access('user:34:rw-', 'mask::r--', ...PRIVATE), 'r-x'],
];
for (const [what, list, mask] of MASKS) {
  test(`maskFor() beside ${what} is ${mask ?? 'none'}`, (t) => t.is(maskFor(list, WEB.uid, 'x'), mask));
}

test('parseGetfacl() takes several files, odd names, and leaves the entries for new files out', (t) => {
  const text =
    '# file: /a\\040b/\\303\\244\n# owner: 1\n# group: 2\nuser::rwx\ngroup::r-x\nother::---\ndefault:user:33:rwx\n\n' +
    '# file: /c\n# owner: 0\n# group: 0\n# flags: -s-\nuser::rw-\ngroup::---\nother::---\n';
  const found = parseGetfacl(text);
  t.deepEqual([...found.keys()], ['/a b/ä', '/c']);
  t.is(found.get('/a b/ä')?.entries.length, 3);
  t.is(found.get('/c')?.owner, 0);
});

test('whoIs() knows root, and nobody of a name that there is not', (t) => {
  t.deepEqual(whoIs('root')?.uid, 0);
  t.is(whoIs('no-such-account-here'), undefined);
});

testWith(['setfacl'], 'letPass() and shareWith() let one account in, and nobody else', (t) => {
  const top = mkdtempSync(path.join(tmpdir(), 'as-acl-'));
  t.teardown(() => rmSync(top, {recursive: true, force: true}));
  const inner = path.join(top, 'inner');
  mkdirSync(inner, {mode: 0o700});
  const nobody = whoIs('nobody');
  if (nobody === undefined) return t.fail('there is no nobody');
  const file = path.join(inner, 'x');
  t.deepEqual(closedTo(nobody, file), [top, inner]);
  t.is(letPass('nobody', nobody, [top]), undefined);
  t.is(shareWith('nobody', 'x', inner), undefined);
  t.deepEqual(closedTo(nobody, file), []);
  t.deepEqual(closedTo({uid: nobody.uid + 1, gids: []}, file), [top, inner]);
  t.is(statSync(top).mode & 0o777, 0o710);
  // Whoever tightens the mode again shuts everybody out, and it is seen.
  chmodSync(top, 0o700);
  t.deepEqual(closedTo(nobody, file), [top]);
  t.regex(letPass('nobody', nobody, [path.join(top, 'none')]) ?? '', /No such file/);
  t.is(letPass('nobody', nobody, [top]), undefined);
  t.deepEqual(closedTo(nobody, file), []);
  t.regex(letPass('no-such-account-here', nobody, [top]) ?? '', /Invalid argument|Option -m/);
});
