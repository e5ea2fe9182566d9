import {readFileSync} from 'node:fs';

import test from 'ava';

import {visit} from '../helpers/front-end.ts';
import {blocksIn, stepsOf} from '../helpers/markdown.ts';
import {blocksOf as blocksBelow, Reader, READERS_TOOLS, sectionsOf} from '../helpers/reader.ts';
import {fixture, testWith} from '../helpers/tools.ts';

const README = readFileSync('README.md', 'utf8');
const CHAPTER = 'The eco guide, without supervisord';
const GUIDE = {
  file: 'README.md',
  code: fixture('flask-tasks'),
  repository: 'flask-tasks',
  wheels: ['flask', 'gunicorn'],
};

const blocksOf = (heading: string) => blocksBelow(README, heading);

testWith(
  [...READERS_TOOLS, 'gunicorn', 'flask', 'apache2'],
  "the README's eco chapter does what it says, word by word",
  async (t) => {
    const reader = await Reader.create(t, GUIDE);
    for (const block of blocksOf('Install, without root')) await reader.follow(block);
    await reader.session.ok('cd ~');
    const sections = sectionsOf(README, CHAPTER);
    t.deepEqual(
      [...sections.keys()].map((title) => title.slice(0, 2)),
      Object.keys(CHECKS),
    );
    for (const [title, blocks] of sections) {
      const {before, after} = CHECKS[title.slice(0, 2)] ?? {};
      await before?.(reader);
      for (const block of blocks) await reader.follow(block);
      await after?.(reader);
    }
    await badDays(reader);
  },
);

test('the first minute in the README shows what its eco chapter shows', (t) => {
  const chapter = blocksOf(CHAPTER).flatMap(stepsOf);
  for (const {command, output} of blocksOf('The first minute').flatMap(stepsOf)) {
    t.deepEqual(output, chapter.find((step) => step.command === command)?.output, command);
  }
});

/** What has to be so around the steps of a section. */
const CHECKS: Readonly<
  Record<string, {before?: (reader: Reader) => unknown; after?: (reader: Reader) => unknown}>
> = {
  '1.': {},
  '2.': {},
  '3.': {
    async after({t, session, mine}) {
      const file = await session.ok('cat ~/.config/appsup/apps/flasktasks.toml');
      const shown = blocksIn(README).find(
        ({language, headings}) => language === 'toml' && headings.includes('The first minute'),
      );
      t.is(file.replace(/^#.*\n/gm, '').trim(), mine(shown?.text ?? '').trim());
    },
  },
  '4.': {
    async after({t, session, mine}) {
      const page = await session.ok(mine('curl --fail http://127.0.0.1:20140/alice_flasktasks/'));
      t.regex(page, /<title>Tasks<\/title>/);
    },
  },
  '5.': {
    async after({t, session}) {
      const table = await session.ok('crontab -l');
      t.regex(
        table,
        /^# >>> appsup .* >>>$[^]*^@reboot \/\S+\/boot\.sh$\n^\* \* \* \* \* \/\S+\/boot\.sh$\n^# <<< appsup .* <<<$/m,
      );
    },
  },
  '6.': {
    async after(reader) {
      await reader.givenToAdministrators();
      await servesAnExperiment(reader);
    },
  },
  '7.': {
    before: (reader) =>
      reader.publish('tasks/__init__.py', 'of your answers are stored', 'answers of yours are stored'),
    async after({t, mine, frontEnd}) {
      const {body} = await visit(frontEnd(), {path: mine('/alice_flasktasks/')});
      t.regex(body, /0 answers of yours are stored/);
    },
  },
  '8.': {
    async after({t, mine, frontEnd}) {
      t.is((await visit(frontEnd(), {path: mine('/alice_flasktasks/')})).status, 200);
    },
  },
};

/** Code with a mistake in it, then a file with one; what is printed is as shown, and the old version serves all the time. */
async function badDays(reader: Reader): Promise<void> {
  const {t, session, mine, frontEnd} = reader;
  const [restart, check, ...more] = blocksOf('Bad days');
  if (restart === undefined || check === undefined || more.length > 0)
    throw new Error('Bad days have other blocks now');
  await session.ok(`sed -i '1i import nothing_here' tasks/__init__.py`);
  await reader.follow(restart, 1);
  await session.ok(`sed -i 's/^workers .*/worker = 2/' ~/.config/appsup/apps/flasktasks.toml`);
  await reader.follow(check, 1);
  t.is((await visit(frontEnd(), {path: mine('/alice_flasktasks/')})).status, 200);
}

/** A form, a redirect and a session, through the mount, for a visitor who comes by https. */
async function servesAnExperiment({t, mine, frontEnd}: Reader): Promise<void> {
  const start = mine('/alice_flasktasks/');
  const ask = async (headers: Readonly<Record<string, string>>, body?: string) => {
    const url = body === undefined ? start : `${start}answer`;
    return await visit(frontEnd(), {path: url, headers, tls: true, ...(body === undefined ? {} : {body})});
  };
  t.regex((await ask({})).body, new RegExp(`0 of your answers are stored[^]*action="${start}answer"`));
  const answered = await ask({'content-type': 'application/x-www-form-urlencoded'}, 'answer=yes');
  t.is(answered.status, 302, answered.body);
  t.is(new URL(answered.headers.location ?? '', 'https://public.example').pathname, start);
  const [cookie = ''] = answered.headers['set-cookie'] ?? [];
  t.true(cookie.includes(`Path=${start}`), cookie);
  t.regex((await ask({cookie: cookie.split(';')[0] ?? ''})).body, /1 of your answers/);
  t.is((await visit(frontEnd(), {path: start.replace(/\/$/, 'x/')})).status, 404);
}
