import {chmodSync, readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {mailBySendmail} from '../../src/notify/sendmail.ts';
import {temporaryDirectory} from '../helpers/fake-supervisor.ts';
import {MESSAGE} from '../helpers/message.ts';

for (const [end, expected] of [
  [0, {ok: true}],
  [75, {ok: false, again: true}],
  [67, {ok: false, again: false}],
] as const) {
  test(`mailBySendmail() hands the mail to sendmail; ${end} is ${JSON.stringify(expected)}`, async (t) => {
    const directory = temporaryDirectory(t);
    const sendmail = path.join(directory, 'sendmail');
    writeFileSync(
      sendmail,
      `#!/bin/sh\necho "$@" > argv\ncat > mail\necho "user unknown" >&2\nexit ${end}\n`,
    );
    chmodSync(sendmail, 0o755);
    const env = {PATH: '/usr/bin:/bin'};
    t.like(await mailBySendmail(MESSAGE, {to: 'alice@example.ac.uk', env, directory, sendmail}), expected);
    t.is(readFileSync(path.join(directory, 'argv'), 'utf8'), '-t -i\n');
    const [head = '', body] = readFileSync(path.join(directory, 'mail'), 'utf8').split('\n\n');
    t.regex(head, /^To: alice@example\.ac\.uk$/m);
    t.regex(head, /^Subject: appsup eco: spectral:queue is given up: exit 1: KeyError$/m);
    t.is(body, MESSAGE.text);
  });
}
