import test from 'ava';
import fc from 'fast-check';

import {headerText, mailText} from '../../src/notify/mail-text.ts';

const MAIL = {
  to: 'alice@example.ac.uk',
  subject: 'appsup eco: spectral:queue is given up',
  text: 'It is.\n',
  at: new Date(0),
};

test('mailText() is a mail that no machine answers', (t) => {
  t.is(
    mailText(MAIL),
    `To: alice@example.ac.uk
Subject: appsup eco: spectral:queue is given up
Date: Thu, 01 Jan 1970 00:00:00 +0000
Auto-Submitted: auto-generated
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 7bit

It is.
`,
  );
});

test('mailText() of a person is answered, to the address of that person', (t) => {
  const text = mailText({
    ...MAIL,
    sender: {name: 'alice', address: 'alice@example.ac.uk\nBcc: b@example.org'},
  });
  t.regex(text, /^Reply-To: alice@example\.ac\.uk Bcc: b@example\.org$/m);
  t.notRegex(text, /^(?:Auto-Submitted|Bcc):/m);
  t.notRegex(
    mailText({...MAIL, sender: {name: 'alice', address: undefined}}),
    /^(?:Auto-Submitted|Reply-To):/m,
  );
});

test('mailText() wraps what is not ASCII, or too long for a mailer', (t) => {
  for (const text of ['Grüße 世界\n', 'x'.repeat(5000)]) {
    const [head = '', body = ''] = mailText({...MAIL, text}).split('\n\n');
    t.regex(head, /^Content-Transfer-Encoding: base64$/m);
    t.is(Buffer.from(body, 'base64').toString(), text);
    t.true(body.split('\n').every((line) => line.length <= 76));
  }
});

test('mailText() keeps everything in its header', (t) => {
  const text = mailText({
    ...MAIL,
    to: 'a@b\nBcc: mallory@example.com',
    subject: 'x\r\nBcc: mallory@example.com\n\nbody',
  });
  t.notRegex(text, /^Bcc:/m);
  t.is(text.split('\n\n').length, 2);
});

test('headerText() gives ASCII lines that decode to the same text', (t) => {
  fc.assert(
    fc.property(
      fc.string({unit: 'grapheme', maxLength: 200}).filter((text) => !/\p{Cc}/u.test(text)),
      (text) => {
        const encoded = headerText(text);
        const words = encoded.split('\n ');
        const decoded = encoded.startsWith('=?utf-8?B?')
          ? words.map((word) => Buffer.from(word.slice(10, -2), 'base64').toString()).join('')
          : encoded;
        return (
          decoded === text &&
          /^[\n\x20-\x7e]*$/.test(encoded) &&
          (words.length === 1 || words.every((word) => word.length <= 75))
        );
      },
    ),
  );
  t.pass();
});
