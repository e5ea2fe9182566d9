import test from 'ava';

import {summarizeDiagnostic} from '../../src/config/diagnostic.ts';
import type {Notify} from '../../src/config/notify.ts';
import {readGlobal} from '../../src/config/settings.ts';

const FILE = '/home/alice/.config/appsup/config.toml';

function read(...lines: readonly string[]) {
  const {value, diagnostics} = readGlobal(['[notify]', ...lines].join('\n'), FILE, '/home/alice');
  const said = diagnostics.map((each) =>
    `${summarizeDiagnostic(each)} | ${each.hint ?? ''}`.replace('config.toml:', ''),
  );
  return {notify: value.notify, said};
}

const NOTHING: Notify = {
  command: undefined,
  webhook: undefined,
  mail: undefined,
  smtp: undefined,
  smtpPasswordFile: undefined,
  on: ['fatal', 'unhealthy', 'recovered', 'failed'],
  everyMs: 300_000,
};

for (const [what, lines, changes] of [
  ['a command', ['command = "~/bin/tell --app x"'], {command: ['/home/alice/bin/tell', '--app', 'x']}],
  ['a command as words', ['command = ["tell", "a b"]'], {command: ['tell', 'a b']}],
  [
    'a webhook',
    ['webhook = "https://chat.example.ac.uk/hooks/a?b=c"'],
    {webhook: 'https://chat.example.ac.uk/hooks/a?b=c'},
  ],
  ['a webhook of this host', ['webhook = "http://127.0.0.1:8000/"'], {webhook: 'http://127.0.0.1:8000/'}],
  ['mail to a login name', ['mail = "alice"'], {mail: 'alice'}],
  [
    'mail by a server',
    [
      'mail = "alice+apps@example.ac.uk"',
      'smtp = "smtp://alice%40example.ac.uk@mail.example.ac.uk:587"',
      'smtp_password_file = "smtp-password"',
    ],
    {
      mail: 'alice+apps@example.ac.uk',
      smtp: 'smtp://alice%40example.ac.uk@mail.example.ac.uk:587',
      smtpPasswordFile: '/home/alice/.config/appsup/smtp-password',
    },
  ],
  [
    'a server that asks for no password',
    ['mail = "a@b.uk"', 'smtp = "smtps://mail.example.ac.uk"'],
    {mail: 'a@b.uk', smtp: 'smtps://mail.example.ac.uk'},
  ],
  [
    'what to tell, and how often',
    ['mail = "a@b.uk"', 'on = ["boot", "fatal", "boot"]', 'every = "1h"'],
    {mail: 'a@b.uk', on: ['boot', 'fatal'], everyMs: 3_600_000},
  ],
] as const) {
  test(`readNotify() reads ${what}`, (t) => {
    const {notify, said} = read(...lines);
    t.deepEqual(said, []);
    t.deepEqual(notify, {...NOTHING, ...changes});
  });
}

test('readNotify() is undefined when nobody is to be told, and warns of an empty table only', (t) => {
  t.is(readGlobal('', FILE, '/home/alice').value.notify, undefined);
  const {notify, said} = read('on = ["boot"]');
  t.is(notify, undefined);
  t.deepEqual(said, [
    '1:2 warning: [notify] has nobody to tell | add: mail = "you@example.ac.uk", or webhook or command',
  ]);
});

const PASSWORD = 'a password belongs into a file of its own: smtp_password_file';
const SMTP = 'Expected "smtp" to be an address as "smtp://alice@mail.example.ac.uk:587", without a password';
const MAIL = 'mail = "a@b.uk"';

for (const [lines, ...expected] of [
  [
    ['webhook = "chat.example.ac.uk/x"'],
    '2:11 Expected "webhook" to be an address that begins with https:// or http://: got a text | ',
  ],
  [
    ['webhook = "file:///etc/passwd"'],
    '2:11 Expected "webhook" to be an address that begins with https:// or http://: got a text | ',
  ],
  [
    ['mail = "-oQ/tmp@x"'],
    '2:8 Expected "mail" to be an address as "alice@example.ac.uk": got "-oQ/tmp@x" | ',
  ],
  [
    ['mail = "a@b\\nBcc: c@d"'],
    '2:8 Expected "mail" to be an address as "alice@example.ac.uk": got "a@b\\nBcc: c@d" | ',
  ],
  [[MAIL, 'smtp = "smtp://a:hunter2@b:587"'], `3:8 ${SMTP}: got a text | ${PASSWORD}`],
  [[MAIL, 'smtp = "mail.example.ac.uk:587"'], `3:8 ${SMTP}: got a text | ${PASSWORD}`],
  [[MAIL, 'smtp = "smtp://b/x"'], `3:8 ${SMTP}: got a text | ${PASSWORD}`],
  [
    ['command = "tell"', 'smtp = "smtp://b"'],
    '3:1 warning: "smtp" has no effect without mail | add: mail = "you@example.ac.uk"',
  ],
  [
    [MAIL, 'smtp_password_file = "p"'],
    '3:1 warning: "smtp_password_file" has no effect without smtp | as smtp = "smtp://alice@mail.example.ac.uk:587"',
  ],
  [
    [MAIL, 'smtp = "smtp://b"', 'smtp_password_file = "p"'],
    '4:1 warning: "smtp_password_file" has no effect: smtp names no user | as smtp = "smtp://alice@mail.example.ac.uk:587"',
  ],
  [
    [MAIL, 'smtp = "smtp://a@b"'],
    '3:1 warning: "smtp" names a user, but no password is known | add: smtp_password_file = "smtp-password"',
  ],
  [
    [MAIL, 'on = ["fatl"]'],
    '3:7 Expected "on" to be "fatal", "unhealthy", "recovered", "boot" or "failed": got "fatl" | did you mean "fatal"?',
  ],
  [
    [MAIL, 'on = "fatal"'],
    '3:6 Expected "on" to be a list of "fatal", "unhealthy", "recovered", "boot" or "failed": got "fatal" | write ["fatal"]',
  ],
  [[MAIL, 'every = 5'], '3:9 Expected "every" to be a duration in quotes with its unit, as "5s": got 5 | '],
  [[MAIL, `command = "a 'b"`], `3:14 Cannot split "command" into words: the ' is not closed | `],
  [
    [MAIL, 'smtp_password = "x"'],
    '3:1 Unknown key "smtp_password" | known here: command, webhook, mail, smtp, smtp_password_file, on, every',
  ],
] as const) {
  test(`readNotify() says of ${lines.join(', ')}: ${expected.join('; ')}`, (t) => {
    const {said} = read(...lines);
    t.deepEqual(said, [...expected]);
    t.notRegex(said.join('\n'), /hunter2/);
  });
}
