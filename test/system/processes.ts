import {closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';

import type {Exit} from '../../src/core/state.ts';
import {limitWords, systemProcesses} from '../../src/system/processes.ts';
import type {SpawnRequest} from '../../src/system/processes.ts';
import {programSpec} from '../helpers/spec.ts';

const directory = mkdtempSync(path.join(tmpdir(), 'as-'));
// The supervisor does not live for its children; a test has to.
const alive = setInterval(() => undefined, 1000);
test.after.always(() => {
  clearInterval(alive);
  rmSync(directory, {recursive: true});
});

async function run(
  script: string,
  changes: Parameters<typeof limitWords>[0] = programSpec().limits,
  handed: Partial<SpawnRequest> = {},
) {
  const logFile = path.join(directory, 'logs', `${Math.random()}.log`);
  const exit = await new Promise<Exit>((resolve, reject) => {
    systemProcesses
      .spawn(
        {
          argv: ['/bin/bash', '-c', script],
          env: {PATH: '/usr/bin:/bin', ONLY: 'this'},
          directory,
          umask: 0o027,
          sockets: [],
          listenFds: false,
          limits: changes,
          logFile,
          ...handed,
        },
        resolve,
      )
      .catch(reject);
  });
  return {exit, output: readFileSync(logFile, 'utf8'), mode: statSync(logFile).mode & 0o777};
}

test('spawn() gives a program its directory, mask and environment, a session of its own, and a private log', async (t) => {
  const {exit, output, mode} = await run(
    'pwd; umask; echo $ONLY; ps -o sid= -p $$ | tr -d " "; echo $$; echo to stderr >&2',
  );
  const [where, mask, only, session, pid, error] = output.trim().split('\n');
  t.deepEqual({where, mask, only, error}, {where: directory, mask: '0027', only: 'this', error: 'to stderr'});
  t.is(session, pid);
  t.is(mode, 0o600);
  t.deepEqual(exit, {code: 0, signal: undefined});
});

test('spawn() tells how a program ended', async (t) => {
  t.deepEqual((await run('exit 3')).exit, {code: 3, signal: undefined});
  t.deepEqual((await run('kill -9 $$')).exit, {code: undefined, signal: 'SIGKILL'});
});

test('spawn() hands sockets over as sd_listen_fds_with_names(3) reads them, and says so to nobody else', async (t) => {
  const script = 'echo $LISTEN_FDS $LISTEN_FDNAMES $((LISTEN_PID == $$)); ls /proc/$$/fd | grep -c "^[34]$"';
  const log = openSync('/dev/null', 'r');
  t.teardown(() => closeSync(log));
  const handed = {sockets: [log, log], listenFds: true, socketNames: ['http', 'metrics']};
  const {output} = await run(script, programSpec().limits, handed);
  t.deepEqual(output.trim().split('\n'), ['2 http:metrics 1', '2']);
  const {output: without} = await run('env | grep LISTEN_', programSpec().limits, {
    ...handed,
    listenFds: false,
  });
  t.is(without, '');
});

test('spawn() limits open files, core dumps and priority', async (t) => {
  const limits = {...programSpec().limits, nofile: 64, coreBytes: 0, nice: 7};
  const {output} = await run('ulimit -Sn; ulimit -Hn; ulimit -c; nice', limits);
  t.deepEqual(output.trim().split('\n'), ['64', '64', '0', '7']);
});

test('limitWords() puts nothing in front of a command without limits', (t) => {
  t.deepEqual(limitWords(programSpec().limits), []);
});

test('spawn() rejects when there is no such directory', async (t) => {
  const request = {...programSpec(), argv: ['/bin/true'], sockets: [], listenFds: false};
  const logFile = path.join(directory, 'x.log');
  await t.throwsAsync(
    systemProcesses.spawn({...request, directory: path.join(directory, 'none'), logFile}, () => undefined),
    {code: 'ENOENT'},
  );
});
