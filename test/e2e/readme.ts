import {readFileSync} from 'node:fs';

import {startApache} from '../helpers/apache.ts';
import {PUBLIC_HOST, visit} from '../helpers/front-end.ts';
import {blocksIn} from '../helpers/markdown.ts';
import {Page, READERS_TOOLS} from '../helpers/page.ts';
import type {Around} from '../helpers/page.ts';
import {fixture, testWith} from '../helpers/tools.ts';

const README = readFileSync('README.md', 'utf8');
const GUIDE = {
  file: 'README.md',
  account: true,
  installs: true,
  source: {
    code: fixture('flask-tasks'),
    url: 'https://git.example.ac.uk/alice/flask-tasks',
    wheels: ['flask', 'gunicorn'],
  },
};

testWith(
  [...READERS_TOOLS, 'gunicorn', 'flask', 'apache2'],
  'the README does what it says, word by word',
  async (t) => {
    const page = await Page.open(t, GUIDE);
    await page.session.ok(`cd ${page.project}`);
    await page.follow('Install, without root');
    await page.session.ok('cd ~');
    await page.follow('Help at hand');
    await page.follow('The eco guide, without supervisord', checksOf(page));
    await badDays(page);
    await jobs(page);
    await tasks(page);
    await page.follow('One letter for all apps');
  },
);

/** What has to be so around the steps of a section. */
function checksOf(page: Page): Around {
  const {t, session, mine, frontEnd} = page;
  return {
    '3.': {
      async after() {
        const file = await session.ok('cat ~/.config/appsup/apps/flasktasks.toml');
        const shown = blocksIn(README).find(
          ({language, headings}) => language === 'toml' && headings.includes('The first minute'),
        );
        t.is(file.replace(/^#.*\n/gm, '').trim(), mine(shown?.text ?? '').trim());
      },
    },
    '4.': {
      async after() {
        const body = await session.ok(mine('curl --fail http://127.0.0.1:20140/alice_flasktasks/'));
        t.regex(body, /<title>Tasks<\/title>/);
      },
    },
    '5.': {
      async after() {
        const table = await session.ok('crontab -l');
        t.regex(
          table,
          /^# >>> appsup .* >>>$[^]*^@reboot \/\S+\/boot\.sh$\n^\* \* \* \* \* \/\S+\/boot\.sh$\n^# <<< appsup .* <<<$/m,
        );
      },
    },
    '6.': {
      async after() {
        await page.givenToAdministrators();
        await servesAnExperiment(page);
      },
    },
    'When the administrators are done': {
      before: async () => await givenWithoutALine(page),
      after: async () => await session.ok('rm ~/.config/appsup/config.toml; unset NODE_EXTRA_CA_CERTS'),
    },
    '7.': {
      before: () =>
        page.workshop.publish(
          'tasks/__init__.py',
          'of your answers are stored',
          'answers of yours are stored',
        ),
      async after() {
        const {body} = await visit(frontEnd(), {path: mine('/alice_flasktasks/')});
        t.regex(body, /0 answers of yours are stored/);
      },
    },
    '8.': {
      async after() {
        t.is((await visit(frontEnd(), {path: mine('/alice_flasktasks/')})).status, 200);
      },
    },
  };
}

/** Administrators who leave out what gives cookies their path. */
async function givenWithoutALine(page: Page): Promise<void> {
  const {t, session, mine} = page;
  const snippet = await session.ok(mine('appsup snippet flasktasks --front apache 2>/dev/null'));
  const flawed = await startApache(snippet.replace(/^.*[Cc]ookie.*$/gm, ''));
  t.teardown(async () => await flawed.stop());
  const certificate = readFileSync(fixture('tls/certificate.pem'), 'utf8');
  await session.ok(`printf '%s' '${certificate}' > ~/ca.pem; export NODE_EXTRA_CA_CERTS=~/ca.pem`);
  await session.ok(`echo 'base_url = "https://${PUBLIC_HOST}"' > ~/.config/appsup/config.toml`);
  page.learn('eco.example.ac.uk', PUBLIC_HOST);
  page.learn('verify flasktasks', `verify flasktasks --front https://127.0.0.1:${flawed.tlsPort}`);
}

/** Code with a mistake in it, then a file with one; what is printed is as shown, and the old version serves all the time. */
async function badDays(page: Page): Promise<void> {
  const {t, session, mine, frontEnd} = page;
  const [restart, check, ...more] = page.blocks('Bad days');
  if (restart === undefined || check === undefined || more.length > 0)
    throw new Error('Bad days have other blocks now');
  await session.ok(`sed -i '1i import nothing_here' tasks/__init__.py`);
  await page.type(restart);
  await session.ok(`sed -i 's/^workers .*/worker = 2/' ~/.config/appsup/apps/flasktasks.toml`);
  await page.type(check);
  t.is((await visit(frontEnd(), {path: mine('/alice_flasktasks/')})).status, 200);
}

/** The file of the text takes the place of the app's own, whose port stays. */
async function jobs(page: Page): Promise<void> {
  const {session} = page;
  await session.ok(`sed -i 1d tasks/__init__.py`);
  await session.ok(`cat >> wsgi.py <<'END'


@application.cli.command("clear-sessions")
def clear_sessions():
    print("0 sessions cleared")
END`);
  await write(page, '~/.config/appsup/apps/flasktasks.toml', tomlOf(page, 'Jobs'));
  await session.ok('appsup restart flasktasks');
  await page.follow('Jobs');
}

/** A service with a database, as far as the recipe sees of it. */
async function tasks(page: Page): Promise<void> {
  const {session, mine} = page;
  page.workshop.write('wsgi.py', SERVICE);
  await session.ok(mine('git clone --quiet https://git.example.ac.uk/alice/flask-tasks.git ~/backscope'));
  await session.ok('cd ~/backscope && python3 -m venv --system-site-packages .venv');
  await write(page, '~/.config/appsup/apps/backscope.toml', tomlOf(page, 'Tasks'));
  await session.ok('appsup start backscope');
  // Not the first one: that installs the packages.
  await session.ok('appsup run backscope update');
  page.workshop.publish('tasks/__init__.py', 'answers of yours', 'answers');
  await page.follow('Tasks');
}

const SERVICE = `import flask

application = flask.Flask(__name__)
application.cli.add_command(flask.cli.AppGroup("db"))


@application.cli.commands["db"].command("upgrade")
def upgrade():
    print("nothing to do")


@application.get("/api/status")
def status():
    return "well"
`;

function tomlOf(page: Page, heading: string): string {
  return page.blocks(heading).find(({language}) => language === 'toml')?.text ?? '';
}

async function write({session}: Page, file: string, text: string): Promise<void> {
  await session.ok(`cat > ${file} <<'END'\n${text}END\nchmod 600 ${file}`);
}

/** A form, a redirect and a session, through the mount, for a visitor who comes by https. */
async function servesAnExperiment({t, mine, frontEnd}: Page): Promise<void> {
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
