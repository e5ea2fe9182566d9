import test from 'ava';

import type {Fact} from '../../../src/frontend/verify/fact.ts';
import {blockAdvice} from '../../../src/frontend/verify/fact.ts';
import {parseHead} from '../../../src/frontend/verify/head.ts';
import {judge} from '../../../src/frontend/verify/judge.ts';
import type {Observations} from '../../../src/frontend/verify/observe.ts';
import type {Proof} from '../../../src/frontend/verify/prove.ts';
import type {Subject} from '../../../src/frontend/verify/subject.ts';
import type {Answer, Failure} from '../../../src/frontend/verify/visit.ts';

const SUBJECT: Subject = {
  app: 'tasks',
  mount: '/tasks',
  prefix: 'keep',
  upstream: {protocol: 'http', kind: 'tcp', port: 20_140},
  statics: [],
  passes: [],
  bodyLimitBytes: 100_000_000,
  timeoutMs: 300_000,
  streaming: true,
  webSockets: true,
  door: {scheme: 'https', host: 'eco.example.ac.uk', port: 443},
  url: new URL('https://eco.example.ac.uk/tasks/'),
  requestedAt: '2026-11-20',
  intruder: undefined,
};
const QUESTION = `appsup-${'0'.repeat(24)}`;
const VISIT = {door: SUBJECT.door, host: 'eco.example.ac.uk', target: `/tasks/${QUESTION}`};

const answer = (fields: Partial<Answer> = {}): Answer => ({
  id: 'answer',
  status: 200,
  headers: {},
  body: Buffer.alloc(0),
  ms: 40,
  bodyMs: 0,
  certificate: undefined,
  ...fields,
});
const failure = (why: Failure['why'], detail = why as string): Failure => ({id: 'failure', why, detail});

const FIELDS = {
  Host: 'eco.example.ac.uk',
  'X-Forwarded-Proto': 'https',
  'X-Forwarded-For': '192.0.2.1',
} as const;

function proven({
  target = VISIT.target,
  visited = VISIT.target,
  fields = {},
  reply = {},
}: {
  target?: string;
  visited?: string;
  fields?: Readonly<Record<string, string>>;
  reply?: Partial<Answer>;
} = {}): Extract<Proof, {id: 'proven'}> {
  const lines = Object.entries({...FIELDS, ...fields}).map(([name, value]) => `${name}: ${value}`);
  return {
    id: 'proven',
    visit: {...VISIT, target: visited},
    reply: answer(reply),
    head: parseHead([`GET ${target} HTTP/1.1`, ...lines].join('\r\n')),
  };
}

const GOOD: Observations = {
  page: answer(),
  pageUrl: SUBJECT.url,
  direct: answer({ms: 20}),
  plain: proven({reply: {headers: {'set-cookie': ['appsup-verify=1; Path=/tasks/; HttpOnly']}}}),
  dressed: proven({reply: {headers: {location: 'https://eco.example.ac.uk/tasks/appsup-moved'}}}),
  neighbour: proven(),
  webSocket: proven({reply: {status: 101}}),
  stream: proven({reply: {bodyMs: 1500}}),
  slash: answer({status: 308, headers: {location: '/tasks/?appsup=1'}}),
  upload: answer({status: 100}),
  strays: [],
  pageFile: {url: new URL('https://eco.example.ac.uk/tasks/style.css'), reply: answer()},
  statics: [],
};

const unproven = (reply: Extract<Proof, {id: 'unproven'}>['reply']): Partial<Observations> => ({
  plain: {id: 'unproven', reply},
  page: reply,
});

test('judge() has nothing to say against what is right, over http and at the root neither', (t) => {
  t.deepEqual(
    judge(SUBJECT, GOOD).filter(({verdict}) => verdict !== 'ok'),
    [],
  );
  const root = {
    ...SUBJECT,
    mount: '',
    prefix: 'none',
    url: new URL('http://eco.example.ac.uk/'),
    door: {...SUBJECT.door, scheme: 'http', port: 80},
  } as const;
  const path = `/${QUESTION}`;
  const facts = judge(root, {
    ...GOOD,
    plain: proven({target: path, visited: path, fields: {'X-Forwarded-Proto': 'http'}}),
    dressed: proven({fields: {'X-Forwarded-Proto': 'http'}, reply: {headers: {location: '/appsup-moved'}}}),
    neighbour: undefined,
    slash: undefined,
  });
  t.deepEqual(
    facts.filter(({verdict}) => verdict !== 'ok'),
    [],
  );
  t.deepEqual(
    facts.filter(({id}) => ['certificate', 'cookies', 'neighbour', 'slash', 'links'].includes(id)),
    [],
  );
});

/** What was seen, the fact, what it says, and who has to do what. */
const TABLE: readonly (readonly [Partial<Observations>, string, RegExp, RegExp, Partial<Subject>?])[] = [
  [
    unproven(failure('refused')),
    'reached',
    /^nobody listens at eco\.example\.ac\.uk:443$/,
    /^administrators: the web server is down/,
  ],
  [
    unproven(failure('silent', 'no answer within 10 s')),
    'reached',
    /takes visitors and does not answer/,
    /^administrators/,
  ],
  [unproven(failure('unknown-host')), 'reached', /^there is no host eco\.example\.ac\.uk$/, /^you: base_url/],
  [
    unproven(answer({status: 404})),
    'reached',
    /answers 404: it does not pass \/tasks\//,
    /^administrators: the lines are not there/,
  ],
  [
    unproven(answer({status: 503})),
    'reached',
    /answers 503/,
    /^administrators: .*http:\/\/127\.0\.0\.1:20140\/tasks\/; or SELinux/,
  ],
  [
    unproven(answer({status: 503})),
    'reached',
    /answers 503/,
    /the socket \/run\/a\.sock; or .*setfacl/,
    {upstream: {protocol: 'http', kind: 'unix', path: '/run/a.sock'}},
  ],
  [
    unproven(answer()),
    'reached',
    /^something else answers there \(200\)/,
    /bob \(uid 1007\), listening on ::1 there/,
    {intruder: 'bob (uid 1007), listening on ::1'},
  ],
  [
    unproven(answer({status: 301, headers: {location: 'https://eco.example.ac.uk/tasks/'}})),
    'reached',
    /^sends visitors to https:/,
    /^you: ask there: base_url = "https:\/\/eco\.example\.ac\.uk"/,
    {url: new URL('http://eco.example.ac.uk/tasks/')},
  ],
  [
    {...unproven(answer({status: 503})), direct: failure('refused', 'ECONNREFUSED')},
    'reached',
    /^the app itself does not answer: ECONNREFUSED$/,
    /^you: appsup status tasks/,
  ],
  [
    {plain: proven({reply: {certificate: 'it has expired'}})},
    'certificate',
    /^it has expired$/,
    /^administrators: visitors are warned/,
  ],
  [
    {plain: proven({target: `/${QUESTION}`})},
    'prefix',
    /^arrives without \/tasks, as \/\.\.\.$/,
    /has to repeat the mount, http:\/\/127\.0\.0\.1:20140\/tasks\//,
  ],
  [
    {plain: proven({target: `//${QUESTION}`})},
    'prefix',
    /^arrives as \/\/\.\.\.$/,
    /slash at the end on both sides/,
  ],
  [
    {plain: proven()},
    'prefix',
    /^arrives with \/tasks/,
    /http:\/\/127\.0\.0\.1:20140\/, or say prefix = "keep"/,
    {prefix: 'strip'},
  ],
  [{dressed: proven()}, 'redirects', /drops them/, /^administrators/],
  [
    {dressed: proven({reply: {headers: {location: 'http://127.0.0.1:20140/tasks/appsup-moved'}}})},
    'redirects',
    /^lead to http:\/\/127\.0\.0\.1:20140\/tasks\/\.\.\.$/,
    /ProxyPreserveHost On/,
  ],
  [
    {dressed: proven({reply: {headers: {location: 'https://eco.example.ac.uk/tasks/tasks/appsup-moved'}}})},
    'redirects',
    /\/tasks\/tasks\//,
    /same target as ProxyPass/,
  ],
  [
    {dressed: proven({reply: {headers: {location: 'http://eco.example.ac.uk/tasks/appsup-moved'}}})},
    'redirects',
    /^lead to http:\/\/eco/,
    /X-Forwarded-Proto/,
  ],
  [
    {dressed: proven({reply: {headers: {location: '/appsup-moved'}}})},
    'redirects',
    /^lead to \/\.\.\.$/,
    /X-Forwarded-Prefix/,
    {prefix: 'strip'},
  ],
  [
    {plain: proven({fields: {'X-Forwarded-Proto': 'http'}})},
    'scheme',
    /by https, the app is told http/,
    /RequestHeader set X-Forwarded-Proto/,
  ],
  [
    {plain: proven({fields: {Host: '127.0.0.1:20140'}})},
    'host',
    /the app sees 127\.0\.0\.1:20140$/,
    /ProxyPreserveHost On is missing \(nginx: .*\)$/,
  ],
  [
    {plain: proven({fields: {Host: '127.0.0.1:20140', 'X-Forwarded-Host': 'x, eco.example.ac.uk'}})},
    'host',
    /and X-Forwarded-Host$/,
    /ProxyFix\(x_host=1\)/,
  ],
  [
    {plain: proven({fields: {'X-Forwarded-For': ''}})},
    'client',
    /all visitors look like the front end/,
    /X-Forwarded-For/,
  ],
  [
    {plain: proven({reply: {headers: {'set-cookie': ['appsup-verify=1; Path=/']}}})},
    'cookies',
    /^Path=\/: other apps/,
    /cookies the path \/tasks\//,
  ],
  [{plain: proven()}, 'cookies', /drops them/, /Set-Cookie/],
  [
    {
      dressed: proven({
        fields: {SCRIPT_NAME: '/appsup-spoofed', 'X-Forwarded-For': '192.0.2.1, 203.0.113.77'},
      }),
    },
    'spoofing',
    /^reach the app: SCRIPT_NAME, X-Forwarded-For$/,
    /RequestHeader lines/,
  ],
  [
    {neighbour: proven({visited: `/tasksx/${QUESTION}`})},
    'neighbour',
    /^\/tasksx is passed on, too$/,
    /<Location "\/tasks\/">/,
  ],
  [{webSocket: {id: 'unproven', reply: answer({status: 426})}}, 'websocket', /\(426\)$/, /upgrade=websocket/],
  [{slash: answer()}, 'slash', /answers 200: relative links/, /RedirectMatch 308/],
  [{slash: answer({status: 404})}, 'slash', /^\/tasks answers 404$/, /RedirectMatch 308/],
  [{slash: answer({status: 302, headers: {location: '/'}})}, 'slash', /leads to \/$/, /RedirectMatch 308/],
  [
    {slash: answer({status: 308, headers: {location: 'http://eco.example.ac.uk:8080/tasks/'}})},
    'slash',
    /:8080/,
    /absolute_redirect off/,
  ],
  [{page: answer({status: 500})}, 'links', /start page answers 500/, /^you: appsup logs tasks$/],
  [
    {
      strays: [
        {url: new URL('https://eco.example.ac.uk/login'), status: 404},
        {url: new URL('https://eco.example.ac.uk/x'), status: undefined},
      ],
    },
    'links',
    /^\/login and 1 more/,
    /^you: .*url_for.*host of its own/,
  ],
  [
    {strays: [{url: new URL('http://localhost:20140/x'), status: undefined}]},
    'links',
    /^http:\/\/localhost:20140\/x/,
    /^you: .*X-Forwarded-Prefix/,
    {prefix: 'strip'},
  ],
  [
    {pageFile: {url: new URL('https://eco.example.ac.uk/tasks/a.css'), reply: answer({status: 404})}},
    'static',
    /^\/tasks\/a\.css: 404$/,
    /^you: /,
  ],
  [
    {statics: [{path: '/static/a.css', reply: answer({status: 403}), same: false, leaks: false}]},
    'static',
    /answers 403$/,
    /may not read the directory/,
  ],
  [
    {statics: [{path: '/static/a.css', reply: answer(), same: true, leaks: true}]},
    'static',
    /files above/,
    /slash at the end/,
  ],
  [{upload: answer({status: 413})}, 'uploads', /^100 MB are refused \(413\)$/, /client_max_body_size 100m/],
  [
    {stream: proven({reply: {bodyMs: 3}})},
    'streaming',
    /^the front end holds them back/,
    /^administrators: proxy_buffering off is missing \(Apache: flushpackets=on/,
  ],
  [
    {page: failure('silent', 'no answer within 10 s'), direct: failure('silent', 'no answer within 10 s')},
    'page',
    /^no answer within 10 s; the app itself neither$/,
    /^you: the time is the app's own: appsup logs tasks; more workers/,
  ],
  [
    {page: answer({ms: 6100}), direct: answer({ms: 5900})},
    'page',
    /^after 6\.1 s; the app itself takes 5\.9 s$/,
    /^you: the time is the app's own/,
  ],
  [
    {page: answer({ms: 6000})},
    'page',
    /^after 6 s; the app itself takes 20 ms$/,
    /^administrators: the time is spent before tasks is asked/,
  ],
  [
    {page: answer({status: 504, ms: 60_000})},
    'page',
    /^the front end gives up after 60 s \(504\)$/,
    /^administrators: the time for an answer is to be 300 s \(timeout= at ProxyPass/,
  ],
  [
    {page: answer({status: 504, ms: 5000})},
    'page',
    /^the front end gives up after 5 s \(504\)$/,
    /^you: the app needs longer than it asked for: .*front = \{ timeout = "\.\.\." \}/,
    {timeoutMs: 5000},
  ],
  [
    {plain: proven({reply: {ms: 5200}})},
    'speed',
    /^token 5200 ms; the app's start page 20 ms$/,
    /^administrators: the time is spent before/,
  ],
];

for (const [seen, id, detail, remedy, subject = {}] of TABLE) {
  test(`judge() finds ${id} wrong: ${detail.source}, ${remedy.source}`, (t) => {
    const fact = judge({...SUBJECT, ...subject}, {...GOOD, ...seen}).find((each) => each.id === id);
    t.is(fact?.verdict, 'not-ok', JSON.stringify(fact));
    t.regex(fact?.detail ?? '', detail);
    t.regex(`${fact?.remedy?.who}: ${fact?.remedy?.what}`, remedy);
  });
}

const UNKNOWN: readonly (readonly [Partial<Observations>, string, Partial<Subject>?])[] = [
  [{dressed: undefined}, 'redirects'],
  [{dressed: {id: 'unproven', reply: failure('silent')}}, 'spoofing'],
  [{neighbour: {id: 'unproven', reply: failure('silent')}}, 'neighbour'],
  [{webSocket: {id: 'unproven', reply: answer()}}, 'websocket', {webSockets: false}],
  [{slash: failure('silent')}, 'slash'],
  [
    {
      plain: proven({
        fields: {
          Host: '127.0.0.1:20140',
          'X-Forwarded-Host': 'eco.example.ac.uk',
          'X-Appsup-Front': 'htaccess',
        },
      }),
    },
    'host',
  ],
  [{stream: {id: 'unproven', reply: failure('silent')}}, 'streaming'],
  [{page: failure('refused')}, 'page'],
  [{page: answer({status: 504}), direct: undefined}, 'links'],
  [{page: failure('silent')}, 'links'],
  [{page: answer({status: 404}), plain: proven({target: `/${QUESTION}`})}, 'links'],
  [{pageFile: undefined}, 'static'],
  [{statics: [{path: '/static/', reply: undefined, same: false, leaks: false}]}, 'static'],
  [{upload: failure('silent')}, 'uploads'],
];

for (const [seen, id, subject = {}] of UNKNOWN) {
  test(`judge() does not claim to know of ${id} what it has not seen: ${Object.keys(seen).join(', ')}`, (t) => {
    const fact = judge({...SUBJECT, ...subject}, {...GOOD, ...seen}).find((each) => each.id === id);
    t.is(fact?.verdict, 'none', JSON.stringify(fact));
  });
}

test('judge() has nothing to say of streams to an app that has none', (t) => {
  const held = {...GOOD, stream: undefined};
  t.false(judge({...SUBJECT, streaming: false}, held).some(({id}) => id === 'streaming'));
});

test('judge() takes it for right when visitors with made-up headers are refused', (t) => {
  const facts = judge(SUBJECT, {...GOOD, dressed: {id: 'unproven', reply: answer({status: 400})}});
  t.like(
    facts.find(({id}) => id === 'spoofing'),
    {verdict: 'ok', detail: 'such visitors are refused (400)'} as Partial<Fact>,
  );
});

test('judge() understands what uwsgi says of the mount, the scheme and the visitor', (t) => {
  const lines = [
    'uwsgi',
    'SCRIPT_NAME: /tasks',
    `PATH_INFO: /${QUESTION}`,
    'HTTPS: on',
    'HTTP_HOST: eco.example.ac.uk',
    'REMOTE_ADDR: 192.0.2.1',
  ];
  const plain = {...proven(), head: parseHead(lines.join('\r\n'))};
  const facts = judge(SUBJECT, {...GOOD, plain});
  for (const id of ['prefix', 'scheme', 'host', 'client'])
    t.is(facts.find((fact) => fact.id === id)?.verdict, 'ok', id);
});

test('judge() leaves cookies to the app where nginx cannot change them, and tells of those that are too wide', (t) => {
  const subject = {...SUBJECT, upstream: {protocol: 'uwsgi', kind: 'tcp', port: 20_140}} as const;
  const plain = proven({
    reply: {headers: {server: 'nginx/1.22.1', 'set-cookie': ['appsup-verify=1; Path=/']}},
  });
  const cookies = (page: Observations['page']) =>
    judge(subject, {...GOOD, plain, page}).find(({id}) => id === 'cookies');
  t.is(cookies(answer())?.verdict, 'none');
  const wide = cookies(answer({headers: {'set-cookie': ['session=1; HttpOnly; Path=/']}}));
  t.like(wide, {
    verdict: 'not-ok',
    detail: 'session has Path=/: other apps on this host can read it',
  } as Partial<Fact>);
  t.regex(`${wide?.remedy?.who} ${wide?.remedy?.what}`, /^you .*SESSION_COOKIE_PATH = "\/tasks\/"/);
});

test('judge() says no more of an app that was not reached', (t) => {
  const facts = judge(SUBJECT, {...GOOD, ...unproven(failure('refused'))});
  t.deepEqual(
    facts.map(({id}) => id),
    ['reached', 'certificate'],
  );
});

test('blockAdvice() names the day on which the administrators were asked, or how to ask them', (t) => {
  t.regex(blockAdvice(SUBJECT), /as sent on 2026-11-20/);
  t.regex(blockAdvice({...SUBJECT, requestedAt: undefined}), /for the administrators: appsup request tasks$/);
});
