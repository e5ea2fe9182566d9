import {administrators, none, notOk, ok, targetOf, you} from './fact.ts';
import type {Fact} from './fact.ts';
import type {Head} from './head.ts';
import {COOKIE, MOVED, SPOOFED} from './observe.ts';
import type {Observations} from './observe.ts';
import {expectedPath, isPublic, publicMount} from './subject.ts';
import type {Subject} from './subject.ts';
import {HTACCESS_MARK} from '../htaccess.ts';
import type {Proof} from './prove.ts';
import type {Reply} from './visit.ts';

type Proven = Extract<Proof, {id: 'proven'}>;

const PREFIX = ['prefix', 'the mount arrives as the app expects it'] as const;
const SCHEME = ['scheme', 'the app sees http or https'] as const;
const HOST = ['host', 'the app sees the public host'] as const;
const CLIENT = ['client', 'the app sees who visits'] as const;
const COOKIES = ['cookies', 'cookies stay below the mount'] as const;
const REDIRECTS = ['redirects', 'redirects lead to the public address'] as const;
const SPOOFING = ['spoofing', "visitors' own headers are dropped"] as const;
const NEIGHBOUR = ['neighbour', 'names of neighbours are left alone'] as const;
const WEBSOCKET = ['websocket', 'WebSocket'] as const;

/** What the front end makes of requests, out of what the app got. Pure. */
export function judgeHeads(subject: Subject, seen: Observations, plain: Proven): readonly Fact[] {
  return [
    judgePrefix(subject, plain),
    judgeRedirects(subject, seen),
    judgeScheme(subject, plain.head),
    judgeHost(subject, plain.head),
    judgeClient(plain.head),
    ...judgeCookies(subject, seen, plain),
    judgeSpoofing(seen),
    ...judgeNeighbour(subject, seen),
    judgeWebSocket(subject, seen),
  ];
}

function judgePrefix(subject: Subject, {head, visit}: Proven): Fact {
  const question = /appsup-[0-9a-f]{24}/.exec(visit.target)?.[0] ?? '';
  const expected = expectedPath(subject, question);
  const got = `${head.scriptName ?? ''}${head.target}`;
  const shown = got.replace(question, '...');
  // Of uwsgi the mount comes in a variable of its own, or in the path.
  if (got === expected) return ok(PREFIX, subject.mount === '' ? '' : `as ${shown}`);
  const {prefix, mount} = subject;
  const target = targetOf(subject);
  const lines = 'Apache: ProxyPass and ProxyPassReverse; nginx: proxy_pass';
  if (prefix !== 'strip' && got === `/${question}`)
    return notOk(
      PREFIX,
      `arrives without ${mount}, as ${shown}`,
      administrators(`the target has to repeat the mount, ${target} (${lines} without a path)`),
    );
  if (prefix === 'strip' && got === `${mount}${expected}`)
    return notOk(
      PREFIX,
      `arrives with ${mount}, as ${shown}`,
      administrators(
        `the target has to end after the port, ${target}, or say prefix = "keep" if the app can do with its mount`,
      ),
    );
  return notOk(
    PREFIX,
    `arrives as ${shown}`,
    administrators(
      `path and target need a slash at the end on both sides or on neither: ${target} (${lines})`,
    ),
  );
}

/** How often a mount came twice, was lost, or which address of ours was shown. */
function judgeRedirects(subject: Subject, {dressed}: Observations): Fact {
  if (dressed?.id !== 'proven') return none(REDIRECTS, 'not seen');
  const {location} = dressed.reply.headers;
  const {url} = subject;
  if (location === undefined || !URL.canParse(location, url.href))
    return notOk(
      REDIRECTS,
      'the front end drops them',
      administrators('Location headers have to be passed on'),
    );
  const led = new URL(location, url);
  const mount = publicMount(subject);
  const wanted = `${mount}${MOVED}`;
  if (led.pathname === wanted && isPublic(subject, led)) return ok(REDIRECTS);
  const lead = `lead to ${location.replace(MOVED, '/...')}`;
  if (led.hostname === url.hostname && led.pathname === wanted)
    return notOk(
      REDIRECTS,
      lead,
      administrators(
        `the app is not told that visitors come by ${url.protocol.slice(0, -1)} (X-Forwarded-Proto)`,
      ),
    );
  if (led.hostname !== url.hostname)
    return notOk(
      REDIRECTS,
      lead,
      administrators(
        'ProxyPreserveHost On, or ProxyPassReverse with the same target as ProxyPass, is missing (nginx: proxy_set_header Host)',
      ),
    );
  const what =
    subject.prefix === 'strip' && led.pathname === MOVED
      ? 'the line that puts the mount back into Location is missing (or the app has to heed X-Forwarded-Prefix)'
      : 'ProxyPassReverse (nginx: proxy_redirect) has to have the same target as ProxyPass, with the mount';
  return notOk(REDIRECTS, lead, administrators(what));
}

/** The last of a list is what the nearest proxy said, and what apps are told to believe. */
function last(value: string | undefined): string | undefined {
  return value?.split(',').at(-1)?.trim();
}

function judgeScheme(subject: Subject, head: Head): Fact {
  const wanted = subject.url.protocol.slice(0, -1);
  const got = head.scheme ?? last(head.field('x-forwarded-proto'));
  if (got === wanted) return ok(SCHEME, wanted);
  // What nobody says is http to every app.
  if (got === undefined && wanted === 'http') return ok(SCHEME, 'http');
  return notOk(
    SCHEME,
    `visitors come by ${wanted}, the app is told ${got ?? 'nothing, so http'}: wrong links, refused forms`,
    administrators(
      'X-Forwarded-Proto is missing: RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME} (nginx: proxy_set_header X-Forwarded-Proto $scheme)',
    ),
  );
}

function judgeHost(subject: Subject, head: Head): Fact {
  const wanted = subject.url.host.toLowerCase();
  const usual = subject.url.protocol === 'https:' ? ':443' : ':80';
  const same = (name: string | undefined) =>
    name?.toLowerCase().replace(new RegExp(`${usual}$`), '') === wanted;
  const got = head.field('host');
  if (same(got)) return ok(HOST, wanted);
  const forwarded = last(head.field('x-forwarded-host'));
  const detail = `visitors ask ${wanted}, the app sees ${got ?? 'no host'}`;
  const fix = 'ProxyPreserveHost On is missing (nginx: proxy_set_header Host $http_host)';
  if (!same(forwarded)) return notOk(HOST, detail, administrators(fix));
  if (head.field(HTACCESS_MARK) === 'htaccess')
    return none(
      HOST,
      'a .htaccess cannot keep it over a port, and X-Forwarded-Host says it (Flask: ProxyFix(x_host=1), Django: USE_X_FORWARDED_HOST); transport = "unix" can',
    );
  return notOk(
    HOST,
    `${detail}, and X-Forwarded-Host`,
    administrators(
      `${fix}, or have the app believe X-Forwarded-Host (Flask: ProxyFix(x_host=1), Django: USE_X_FORWARDED_HOST)`,
    ),
  );
}

function judgeClient(head: Head): Fact {
  if (head.protocol === 'uwsgi') return ok(CLIENT, 'REMOTE_ADDR');
  const got = last(head.field('x-forwarded-for'));
  if (got !== undefined && got !== '') return ok(CLIENT, 'X-Forwarded-For');
  return notOk(
    CLIENT,
    'all visitors look like the front end',
    administrators(
      'X-Forwarded-For is missing (nginx: proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for)',
    ),
  );
}

function judgeCookies(subject: Subject, {page}: Observations, {reply}: Proven): readonly Fact[] {
  const mount = publicMount(subject);
  if (mount === '') return [];
  const cookie = reply.headers['set-cookie']?.find((line) => line.startsWith(`${COOKIE}=`));
  if (cookie === undefined)
    return [
      notOk(COOKIES, 'the front end drops them', administrators('Set-Cookie headers have to be passed on')),
    ];
  const path = pathOf(cookie);
  if (path === mount || path === `${mount}/`) return [ok(COOKIES, `Path=${path}`)];
  const isNginx = /nginx/i.test(String(reply.headers.server));
  if (subject.upstream.protocol === 'uwsgi' && isNginx) return [ownCookies(mount, page)];
  return [
    notOk(
      COOKIES,
      `Path=${path}: other apps on this host can read them`,
      administrators(
        `the line that gives cookies the path ${mount}/ is missing (Apache: Header edit* Set-Cookie, or ProxyPassReverseCookiePath; nginx: proxy_cookie_path)`,
      ),
    ),
  ];
}

/** nginx has nothing that changes cookies over the uwsgi protocol, so they are as the app makes them. */
function ownCookies(mount: string, page: Reply): Fact {
  const cookies = page.id === 'answer' ? (page.headers['set-cookie'] ?? []) : [];
  const wide = cookies.find((cookie) => pathOf(cookie) === '/');
  const fix = `nginx cannot change them over the uwsgi protocol: SESSION_COOKIE_PATH = "${mount}/" in the app, or protocol = "http"`;
  if (wide === undefined)
    return none(COOKIES, 'passed on as the app makes them; its page has none for the whole host');
  return notOk(COOKIES, `${wide.split('=', 1)[0]} has Path=/: other apps on this host can read it`, you(fix));
}

function pathOf(cookie: string): string {
  return /;\s*path=([^;]*)/i.exec(cookie)?.[1]?.trim() ?? '';
}

function judgeSpoofing({dressed}: Observations): Fact {
  if (dressed === undefined) return none(SPOOFING, 'not seen');
  if (dressed.id === 'unproven') {
    const {reply} = dressed;
    return reply.id === 'answer' && reply.status >= 400 && reply.status < 500
      ? ok(SPOOFING, `such visitors are refused (${reply.status})`)
      : none(SPOOFING, 'not seen');
  }
  const {head} = dressed;
  const through = Object.entries(SPOOFED)
    .filter(([name, value]) => last(head.field(name.toLowerCase())) === value)
    .map(([name]) => name);
  if (through.length === 0) return ok(SPOOFING, 'SCRIPT_NAME, Remote-User, X-Forwarded-*');
  return notOk(
    SPOOFING,
    `reach the app: ${through.join(', ')}`,
    administrators(
      'the RequestHeader lines are missing, or mod_headers is not enabled (nginx: the proxy_set_header lines)',
    ),
  );
}

function judgeNeighbour(subject: Subject, {neighbour}: Observations): readonly Fact[] {
  const mount = publicMount(subject);
  if (neighbour === undefined) return [];
  if (neighbour.id === 'unproven') return [none(NEIGHBOUR, 'not seen')];
  if (!neighbour.visit.target.startsWith(`${mount}x/`)) return [ok(NEIGHBOUR, `${mount}x is not passed on`)];
  return [
    notOk(
      NEIGHBOUR,
      `${mount}x is passed on, too`,
      administrators(
        `the path needs its slash at the end: <Location "${mount}/">, nginx: location ^~ ${mount}/`,
      ),
    ),
  ];
}

function judgeWebSocket(subject: Subject, {webSocket}: Observations): Fact {
  if (webSocket?.id === 'proven' && webSocket.reply.status === 101) return ok(WEBSOCKET, 'passed on');
  if (!subject.webSockets) return none(WEBSOCKET, 'not passed on; what serves this app has none');
  const reply = webSocket?.reply;
  if (reply?.id !== 'answer') return none(WEBSOCKET, 'not seen');
  return notOk(
    WEBSOCKET,
    `the front end makes a plain request of it (${reply.status})`,
    administrators(
      'upgrade=websocket is missing at ProxyPass (Apache 2.4.47 or newer; nginx: proxy_http_version 1.1, Upgrade and Connection)',
    ),
  );
}
