import {symlinkSync} from 'node:fs';
import path from 'node:path';

import type {FrontEnd} from '../../src/frontend/snippet.ts';
import {startApache} from '../helpers/apache.ts';
import type {ApacheSite} from '../helpers/apache.ts';
import {FrontApps} from '../helpers/front-apps.ts';
import type {FrontApp} from '../helpers/front-apps.ts';
import type {FrontEndServer} from '../helpers/front-end.ts';
import {PROBES, closedProbe} from '../helpers/front-probes.ts';
import type {Probe, ProbeName, Subject} from '../helpers/front-probes.ts';
import {startNginx} from '../helpers/nginx.ts';
import {testWith} from '../helpers/tools.ts';

interface MatrixApp extends FrontApp {
  readonly speaks?: 'uwsgi';
  /** What there is to be seen of it. */
  readonly shows: readonly ProbeName[];
}

const EVERYWHERE = ['root', 'deep', 'redirect', 'absolute', 'elsewhere', 'static', 'missing', 'odd'] as const;
const MOUNTED = ['bare', 'others', 'beside'] as const;
const SEEN = ['cookie', 'scheme', 'host', 'spoof'] as const;
/** More than front ends that ask one app at the same time: an open stream holds a thread until another one ends it. */
const THREADS = 'workers = 1\nthreads = 12';
const GUNICORN = `gunicorn = "wsgi:application"\n${THREADS}`;

const FLASK: MatrixApp = {
  name: 'flask',
  mount: '/alice_flask',
  prefix: 'keep',
  servedBy: 'flask-app',
  fixture: 'flask-app',
  program: GUNICORN,
  shows: [...EVERYWHERE, ...MOUNTED, ...SEEN, 'links', 'post', 'events', 'body'],
};

const APPS: readonly MatrixApp[] = [
  FLASK,
  {
    name: 'django',
    mount: '/alice_django',
    prefix: 'keep',
    servedBy: 'django-app',
    fixture: 'django-app',
    program: GUNICORN,
    shows: [...EVERYWHERE, ...MOUNTED, ...SEEN, 'links', 'csrf'],
  },
  {
    name: 'fastapi',
    mount: '/alice_fastapi',
    prefix: 'strip',
    servedBy: 'fastapi-app',
    fixture: 'fastapi-app',
    program: 'uvicorn = "main:app"',
    shows: [...EVERYWHERE, ...MOUNTED, ...SEEN, 'post', 'websocket', 'events', 'body'],
  },
  {
    name: 'plain',
    mount: '/~alice/plain',
    prefix: 'strip',
    servedBy: 'plain',
    fixture: 'wsgi-app',
    program: GUNICORN,
    shows: [...EVERYWHERE, ...MOUNTED, ...SEEN, 'post', 'body'],
  },
  {
    name: 'rooted',
    mount: '',
    prefix: 'none',
    servedBy: 'rooted',
    fixture: 'wsgi-app',
    program: GUNICORN,
    shows: [...EVERYWHERE, ...SEEN, 'post', 'body'],
  },
];

/** uWSGI's own protocol. */
const UWSGI: MatrixApp = {
  ...FLASK,
  name: 'uwsgi',
  mount: '/alice_uwsgi',
  program: `uwsgi = "wsgi:application"\nprotocol = "uwsgi"\n${THREADS}`,
  speaks: 'uwsgi',
};

/** Behind a .htaccess Django needs two settings; appsup says so. */
const DJANGO_TOLD: MatrixApp = {
  ...(APPS[1] ?? FLASK),
  name: 'told',
  mount: '/alice_told',
  more: 'env = { BEHIND_HTACCESS = "1" }',
};

const TRANSPORTS = ['tcp', 'unix'] as const;

interface Form {
  readonly title: string;
  readonly server: 'apache' | 'nginx';
  readonly front: FrontEnd;
  readonly httpdVersion?: string;
  readonly apps: readonly MatrixApp[];
  /** What the form does not promise; docs/administrators.md says so. */
  readonly without: (app: MatrixApp, transport: (typeof TRANSPORTS)[number]) => readonly ProbeName[];
}

const nothing = (): readonly ProbeName[] => [];

const FORMS: readonly Form[] = [
  {title: 'apache', server: 'apache', front: 'apache', apps: [...APPS, UWSGI], without: nothing},
  {
    title: 'apache 2.4.6',
    server: 'apache',
    front: 'apache',
    httpdVersion: '2.4.6',
    apps: [...APPS, UWSGI],
    // It cannot compare a redirect with the public host.
    without: ({prefix}) => (prefix === 'strip' ? ['absolute'] : []),
  },
  {
    title: 'apache-minimal',
    server: 'apache',
    front: 'apache-minimal',
    apps: [...APPS.filter(({name}) => name !== 'django'), UWSGI],
    without: ({prefix, speaks}) => [
      'cookie',
      'scheme',
      'spoof',
      'websocket',
      ...(speaks === 'uwsgi' ? [] : (['bare', 'host'] as const)),
      ...(prefix === 'strip' ? (['redirect'] as const) : []),
    ],
  },
  {
    title: 'htaccess',
    server: 'apache',
    front: 'htaccess',
    apps: [...APPS.filter(({mount, name}) => mount !== '' && name !== 'django'), DJANGO_TOLD],
    // mod_dir answers for the directory without its slash: 301.
    without: ({name}, transport) => [
      'bare',
      ...(name === 'told' || transport === 'unix' ? [] : (['host'] as const)),
    ],
  },
  {
    title: 'nginx',
    server: 'nginx',
    front: 'nginx',
    apps: [...APPS, UWSGI],
    without: ({speaks}) => (speaks === 'uwsgi' ? ['cookie'] : []),
  },
];

/** A virtual host: one form over one transport, with all its apps. */
interface Site {
  readonly form: Form;
  readonly transport: (typeof TRANSPORTS)[number];
  readonly host: string;
}

const SITES: readonly Site[] = FORMS.flatMap((form) =>
  TRANSPORTS.map((transport) => ({
    form,
    transport,
    host: `${transport}-${form.title.replaceAll(/\W/g, '-')}.example`,
  })),
);

testWith(
  [
    'gunicorn',
    'flask',
    'django',
    'uvicorn',
    'fastapi',
    'websockets',
    'uwsgi',
    'uwsgiPython',
    'apache2',
    'nginx',
  ],
  'C10, E1, X5, X7: every front end passes every app on, over every transport and in every prefix mode',
  async (t) => {
    const worlds = {tcp: new FrontApps('tcp'), unix: new FrontApps('unix')} as const;
    t.teardown(async () => void (await Promise.all([worlds.tcp.clean(), worlds.unix.clean()])));
    // Django and FastAPI serve their own.
    const files = worlds.tcp.publish('flask-app/static');
    const lines = (app: MatrixApp) =>
      [
        'front = { streaming = true }',
        app.servedBy === 'flask-app' ? `static = { "/static" = "${files}" }` : '',
        app.more,
      ].join('\n');
    const apps = [...APPS, UWSGI, DJANGO_TOLD].map((app) => ({...app, more: lines(app)}));
    await Promise.all([worlds.tcp.start(apps), worlds.unix.start(apps)]);

    /** Exactly what appsup prints. */
    const print = async ({form, transport}: Site, names: readonly string[]) => {
      const version = form.httpdVersion === undefined ? [] : ['--httpd-version', form.httpdVersion];
      return await worlds[transport].rig.ok('snippet', ...names, '--front', form.front, ...version);
    };
    const sites: ApacheSite[] = [];
    for (const site of SITES) {
      const {host, form} = site;
      if (form.front === 'htaccess') {
        const files = form.apps.map(async ({mount, name}) => [mount, await print(site, [name])] as const);
        sites.push({host, htaccess: Object.fromEntries(await Promise.all(files))});
      } else
        sites.push({
          host,
          snippet: await print(
            site,
            form.apps.map(({name}) => name),
          ),
        });
    }
    const on = (server: Form['server']) =>
      sites.filter(({host}) => SITES.some((site) => site.host === host && site.form.server === server));

    const apache = await startApache(on('apache'));
    t.teardown(async () => await apache.stop());
    const nginx = await startNginx(on('nginx'));
    t.teardown(async () => await nginx.stop());
    for (const {form, host} of SITES) {
      if (form.front === 'htaccess')
        symlinkSync(files, path.join(apache.directory, host, FLASK.mount, 'static'));
    }

    const servers: Readonly<Record<Form['server'], FrontEndServer>> = {apache, nginx};
    const cells: Cell[] = [];
    const rows = SITES.flatMap((site) => site.form.apps.map((app) => ({site, app})));
    const subjectOf = ({site: {form, host}, app}: (typeof rows)[number]): Subject => ({
      ...app,
      server: servers[form.server],
      host,
      neighbour: form.apps.find(({name}) => name !== app.name),
    });
    const label = ({site, app}: (typeof rows)[number]) =>
      `${site.form.title.padEnd(14)} ${site.transport.padEnd(4)} ${(app.speaks ?? 'http').padEnd(5)} ${app.prefix.padEnd(5)} ${app.name}`;

    // What is asked of one app at the same time would mix up its events.
    await Promise.all(
      SITES.map(async (site) => {
        for (const app of site.form.apps) {
          const row = {site, app};
          const without = site.form.without(app, site.transport);
          for (const [name, probe] of Object.entries(PROBES) as [ProbeName, Probe][]) {
            const asked = app.shows.includes(name) && !without.includes(name);
            cells.push({
              row: label(row),
              probe: name,
              seen: asked ? await outcome(probe, subjectOf(row)) : '-',
            });
          }
        }
      }),
    );
    // Nobody listens any more, neither app nor supervisor.
    await Promise.all(Object.values(worlds).map(async ({rig}) => await rig.ok('daemon', 'stop')));
    for (const row of rows) {
      const closed: Probe = async (subject) =>
        await closedProbe(subject, `Application ${row.app.name} is not running.`);
      const asked = row.site.form.front !== 'apache-minimal';
      cells.push({
        row: label(row),
        probe: 'closed',
        seen: asked ? await outcome(closed, subjectOf(row)) : '-',
      });
    }
    for (const line of table(cells)) t.log(line);
    const wrong = cells.filter(({seen}) => seen !== 'ok' && seen !== '-');
    t.deepEqual(wrong, []);
    t.true(cells.filter(({seen}) => seen === 'ok').length > 700);
    if (wrong.length > 0) t.log(apache.log(), nginx.log());
  },
);

interface Cell {
  readonly row: string;
  readonly probe: string;
  /** `ok`; `-`: not promised, or not there to be seen; else what was wrong. */
  readonly seen: string;
}

async function outcome(probe: Probe, subject: Subject): Promise<string> {
  try {
    await probe(subject);
    return 'ok';
  } catch (error) {
    return String(error);
  }
}

function table(cells: readonly Cell[]): readonly string[] {
  const rows = [...new Set(cells.map(({row}) => row))];
  const probes = [...new Set(cells.map(({probe}) => probe))];
  const width = Math.max(...rows.map((row) => row.length));
  const short = (seen: string) => (seen === 'ok' || seen === '-' ? seen : 'BAD');
  const at = (row: string, probe: string) => cells.find((cell) => cell.row === row && cell.probe === probe);
  return [
    [''.padEnd(width), ...probes].join(' '),
    ...rows.map((row) =>
      [
        row.padEnd(width),
        ...probes.map((probe) => short(at(row, probe)?.seen ?? '').padEnd(probe.length)),
      ].join(' '),
    ),
  ];
}
