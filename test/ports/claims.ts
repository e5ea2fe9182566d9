import {chmodSync, chownSync, existsSync, mkdirSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';
import type {ExecutionContext} from 'ava';

import {claimPort, dropClaim} from '../../src/ports/claims.ts';
import {leasePort, movePort, releasePort} from '../../src/ports/leases.ts';
import {pathsFor} from '../../src/system/paths.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {freeRange} from '../helpers/ports.ts';

/** Only root can make a file that belongs to somebody else. */
const asRoot = process.getuid?.() === 0 ? test : test.skip;
const NOBODY = 65_534;
const GONE = 3_999_999;

function claimsDirectory(t: ExecutionContext): string {
  const directory = path.join(temporaryDirectory(t), 'claims');
  mkdirSync(directory);
  chmodSync(directory, 0o1777);
  return directory;
}

function claimOf(directory: string, port: number, uid: number): void {
  writeFileSync(path.join(directory, String(port)), '');
  chownSync(path.join(directory, String(port)), uid, uid);
}

test('claimPort() makes a claim once, and knows it again', (t) => {
  const directory = claimsDirectory(t);
  t.deepEqual(claimPort(directory, 20_140), {id: 'ours'});
  t.true(existsSync(path.join(directory, '20140')));
  t.deepEqual(claimPort(directory, 20_140), {id: 'ours'});
  dropClaim(directory, 20_140);
  t.false(existsSync(path.join(directory, '20140')));
  t.notThrows(() => dropClaim(directory, 20_140));
});

test('claimPort() says why a directory cannot be used', (t) => {
  const directory = claimsDirectory(t);
  chmodSync(directory, 0o777);
  t.like(claimPort(directory, 20_140), {
    id: 'unusable',
    why: `${directory} lacks the sticky bit (chmod 1777)`,
  });
  t.like(claimPort(path.join(directory, 'none'), 20_140), {
    id: 'unusable',
    why: `there is no ${directory}/none`,
  });
  const file = path.join(directory, 'file');
  writeFileSync(file, '');
  t.like(claimPort(file, 20_140), {id: 'unusable', why: `${file} is not a directory`});
});

asRoot('claimPort() respects another account, and not one that is gone (needs root)', (t) => {
  const directory = claimsDirectory(t);
  claimOf(directory, 20_140, NOBODY);
  claimOf(directory, 20_141, GONE);
  t.deepEqual(claimPort(directory, 20_140), {id: 'taken', uid: NOBODY});
  t.deepEqual(claimPort(directory, 20_141), {id: 'ours'});
  dropClaim(directory, 20_140);
  t.true(existsSync(path.join(directory, '20140')));
});

asRoot('leasePort() skips what another account claimed (needs root)', async (t) => {
  const claims = claimsDirectory(t);
  const range = freeRange(3);
  const request = {paths: pathsFor({HOME: temporaryDirectory(t)}), range, claims};
  claimOf(claims, range.first, NOBODY);
  t.is((await leasePort({...request, app: 'a'})).port, range.first + 1);
  claimOf(claims, range.last, NOBODY);
  const error = await t.throwsAsync(leasePort({...request, app: 'b'}));
  t.regex(error?.message ?? '', /claimed by \S+ \(uid 65534\)/);
});

test('leasePort() claims, movePort() keeps the old claim, releasePort() drops it', async (t) => {
  const claims = claimsDirectory(t);
  const range = freeRange(3);
  const request = {paths: pathsFor({HOME: temporaryDirectory(t)}), range, claims, app: 'a'};
  const has = (port: number) => existsSync(path.join(claims, String(port)));
  await leasePort(request);
  t.true(has(range.first));
  const {port} = await movePort(request);
  t.true(has(range.first) && has(port));
  await releasePort(request);
  t.true(has(range.first));
  t.false(has(port));
});

test('leasePort() goes on with a warning when ports cannot be claimed', async (t) => {
  const request = {paths: pathsFor({HOME: temporaryDirectory(t)}), range: freeRange(3), app: 'a'};
  const {warnings} = await leasePort({...request, claims: '/nonexistent/claims'});
  t.deepEqual(warnings, ['Ports that other users leased cannot be told: there is no /nonexistent/claims']);
  const again = await leasePort({...request, claims: '/nonexistent/claims'});
  t.regex(again.warnings.join('\n'), /is not claimed: there is no/);
});
