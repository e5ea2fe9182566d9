import {randomBytes} from 'node:crypto';
import path from 'node:path';

import {isWithin, linksOf} from './links.ts';
import type {PageLink} from './links.ts';
import {prove} from './prove.ts';
import type {Proof, ProofWorld} from './prove.ts';
import {sampleFile} from './sample-file.ts';
import {askedPath, publicMount} from './subject.ts';
import type {Subject} from './subject.ts';
import type {Answer, Door, Reply, Visit} from './visit.ts';

/** What was seen of an app from outside; what was not looked at is `undefined`. Nothing in it is judged yet. */
export interface Observations {
  /** The app's start page, and where it was found in the end. */
  readonly page: Reply;
  readonly pageUrl: URL;
  /** The same, of the app itself. */
  readonly direct: Reply | undefined;
  readonly plain: Proof;
  /** With headers that visitors must not be able to send; the answer to it is a redirect. */
  readonly dressed: Proof | undefined;
  /** Asked for under the name of a neighbour first, then under its own. */
  readonly neighbour: Proof | undefined;
  readonly webSocket: Proof | undefined;
  /** With {@link PAUSE_MS} between the halves of its answer; only where the app streams. */
  readonly stream: Proof | undefined;
  readonly slash: Reply | undefined;
  readonly upload: Reply | undefined;
  /** Addresses of the page outside of the mount, with their status. */
  readonly strays: readonly Stray[];
  /** A file below the mount that the page uses. */
  readonly pageFile: {readonly url: URL; readonly reply: Reply} | undefined;
  readonly statics: readonly StaticFinding[];
}

export interface Stray {
  readonly url: URL;
  /** `undefined`: a form's, which is not to be sent. */
  readonly status: number | undefined;
}

export interface StaticFinding {
  /** `/static/style.css`, below the mount. */
  readonly path: string;
  /** Of a directory with nothing in it to ask for there is none. */
  readonly reply: Reply | undefined;
  /** The answer is the file. */
  readonly same: boolean;
  /** A path with `..` got the file as well, so it gets others, too. */
  readonly leaks: boolean;
}

/** What a visitor might say to be taken for somebody else; each is looked for in what the app gets. */
export const SPOOFED: Readonly<Record<string, string>> = {
  SCRIPT_NAME: '/appsup-spoofed',
  PATH_INFO: '/appsup-spoofed',
  'Remote-User': 'appsup-spoofed',
  REMOTE_USER: 'appsup-spoofed',
  'X-Forwarded-Prefix': '/appsup-spoofed',
  'X-Forwarded-Proto': 'appsup-spoofed',
  'X-Forwarded-Protocol': 'appsup-spoofed',
  'X-Forwarded-Ssl': 'appsup-spoofed',
  'X-Forwarded-Host': 'appsup-spoofed.invalid',
  // Of TEST-NET-3 (RFC 5737): nobody's.
  'X-Forwarded-For': '203.0.113.77',
};
/** Where the redirect of a challenge leads to, below the mount. */
export const MOVED = '/appsup-moved';
/** Cookie of a challenge. */
export const COOKIE = 'appsup-verify';

/** Longer than anything but a front end that waits for the whole answer holds a half of it back. */
export const PAUSE_MS = 1500;

const MOST_STRAYS = 8;
const MOST_REDIRECTS = 4;

/**
 * Look at an app through its front end, with visits that change nothing: what asks the app itself are its start page,
 * files that this uses, and addresses that there are none of.
 *
 * @param tell - What is looked at now.
 * @throws AppsupError as the challenge does
 */
export async function observe(
  subject: Subject,
  world: ProofWorld,
  tell: (what: string) => void,
): Promise<Observations> {
  const {door, url} = subject;
  const host = url.host;
  const visit = async (target: string, more: Partial<Visit> = {}) =>
    await world.visit({door, host, target, ...more});

  tell(`asking ${url.href}`);
  const {page, pageUrl} = await startPage(subject, visit);
  const direct = await directly(subject, world);
  const asking = (question: string): Visit => ({door, host, target: askedPath(subject, question)});
  const timeoutMs = patience(page);
  const plain = isGone(page)
    ? ({id: 'unproven', reply: page} as const)
    : await prove(world, {
        visit: asking,
        headers: [['Set-Cookie', `${COOKIE}=1; Path=/; HttpOnly`]],
        timeoutMs,
      });
  const seen = {page, pageUrl, direct, plain};
  if (plain.id === 'unproven') return {...seen, ...UNSEEN};

  tell('looking at redirects, headers and neighbours');
  const dressed = await prove(world, {
    visit: (question) => ({...asking(question), headers: SPOOFED}),
    headers: [['Location', redirectOf(subject, plain)]],
    timeoutMs,
  });
  const mount = publicMount(subject);
  const neighbour =
    mount === ''
      ? undefined
      : await prove(world, {
          visit: asking,
          before: (question) => ({door, host, target: `${mount}x/${question}`}),
          timeoutMs: timeoutMs + 1500,
        });
  const webSocket = await prove(world, {
    visit: (question) => ({...asking(question), headers: webSocketHeaders()}),
    timeoutMs,
  });
  const stream = subject.streaming
    ? await prove(world, {visit: asking, timeoutMs, pauseMs: PAUSE_MS})
    : undefined;

  tell('looking at pages and files');
  const links = page.id === 'answer' && isHtml(page) ? linksOf(page.body.toString('utf8'), pageUrl) : [];
  return {
    ...seen,
    dressed,
    neighbour,
    webSocket,
    stream,
    slash: mount === '' ? undefined : await visit(`${mount}?appsup=1`),
    upload: await visit(askedPath(subject, 'appsup-upload'), {
      method: 'POST',
      headers: {expect: '100-continue', 'content-length': String(subject.bodyLimitBytes)},
      timeoutMs: 3000,
    }),
    strays: await strays(subject, links, visit),
    pageFile: await pageFile(subject, links, visit),
    statics: await statics(subject, visit),
  };
}

const UNSEEN = {
  dressed: undefined,
  neighbour: undefined,
  webSocket: undefined,
  stream: undefined,
  slash: undefined,
  upload: undefined,
  strays: [],
  pageFile: undefined,
  statics: [],
} as const;

/** Who is not there for one visit is not there for the next. */
function isGone(reply: Reply): boolean {
  return reply.id === 'failure' && (reply.why === 'refused' || reply.why === 'unknown-host');
}

type Ask = (target: string, more?: Partial<Visit>) => Promise<Reply>;

/** Of a slow front end, a question takes its time, too. */
function patience(page: Reply): number {
  return page.id === 'answer' ? Math.min(15_000, Math.max(2500, Math.ceil(page.ms * 4))) : 2500;
}

/** Follow the redirects of the start page that stay on the host. */
async function startPage({url}: Subject, visit: Ask): Promise<{page: Reply; pageUrl: URL}> {
  let pageUrl = url;
  for (let redirects = 0; ; redirects++) {
    const page = await visit(`${pageUrl.pathname}${pageUrl.search}`);
    const {location} = page.id === 'answer' ? page.headers : {};
    if (location === undefined || !URL.canParse(location, pageUrl.href) || redirects === MOST_REDIRECTS)
      return {page, pageUrl};
    const next = new URL(location, pageUrl);
    if (next.origin !== url.origin) return {page, pageUrl};
    pageUrl = next;
  }
}

/** As the front end should ask it. What speaks uwsgi only cannot be asked so. */
async function directly(
  {upstream, prefix, mount, url}: Subject,
  world: ProofWorld,
): Promise<Reply | undefined> {
  if (upstream.protocol !== 'http') return undefined;
  const door: Door =
    upstream.kind === 'tcp'
      ? {scheme: 'http', host: '127.0.0.1', port: upstream.port}
      : {scheme: 'http', path: upstream.path};
  const headers = {'x-forwarded-proto': url.protocol.slice(0, -1)};
  return await world.visit({door, host: url.host, target: `${prefix === 'strip' ? '' : mount}/`, headers});
}

/** As an app makes it out of what it gets: with the host and scheme that it sees. One that knows no mount has a path alone. */
function redirectOf({prefix, mount}: Subject, {head}: Extract<Proof, {id: 'proven'}>): string {
  if (prefix === 'strip') return MOVED;
  const scheme = head.scheme ?? head.field('x-forwarded-proto') ?? 'http';
  return `${scheme}://${head.field('host') ?? 'localhost'}${mount}${MOVED}`;
}

function webSocketHeaders(): Readonly<Record<string, string>> {
  return {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': randomBytes(16).toString('base64'),
  };
}

function isHtml({status, headers}: Answer): boolean {
  return status < 400 && /html/i.test(headers['content-type'] ?? 'html');
}

/** What the page wants from outside of the mount: another app's, or one of its own that is not there. HEAD changes nothing. */
async function strays(subject: Subject, links: readonly PageLink[], visit: Ask): Promise<readonly Stray[]> {
  const mount = publicMount(subject);
  if (mount === '') return [];
  const outside = links.filter(({url}) => url.host === subject.url.host && !isWithin(url.pathname, mount));
  const distinct = [...new Map(outside.map((link) => [link.url.pathname, link])).values()];
  const found: Stray[] = [];
  for (const {url, kind} of distinct.slice(0, MOST_STRAYS)) {
    const reply = kind === 'form' ? undefined : await visit(url.pathname, {method: 'HEAD'});
    found.push({url, status: reply?.id === 'answer' ? reply.status : undefined});
  }
  // The page may also name the address behind the front end, which visitors cannot reach.
  const inner = links.find(
    ({url}) => /^(?:localhost|127\.[\d.]+|\[::1\])$/.test(url.hostname) && url.host !== subject.url.host,
  );
  return inner === undefined ? found : [...found, {url: inner.url, status: undefined}];
}

async function pageFile(
  subject: Subject,
  links: readonly PageLink[],
  visit: Ask,
): Promise<Observations['pageFile']> {
  const mount = publicMount(subject);
  const file = links.find(
    ({url, kind}) => kind === 'file' && url.host === subject.url.host && isWithin(url.pathname, mount),
  );
  return file === undefined
    ? undefined
    : {url: file.url, reply: await visit(`${file.url.pathname}${file.url.search}`)};
}

async function statics(subject: Subject, visit: Ask): Promise<readonly StaticFinding[]> {
  const mount = publicMount(subject);
  const findings: StaticFinding[] = [];
  for (const {path: below, directory} of subject.statics) {
    const place = below === '/' ? '' : below;
    const file = sampleFile(directory);
    if (file === undefined) {
      findings.push({path: `${place}/`, reply: undefined, same: false, leaks: false});
      continue;
    }
    const isFile = (reply: Reply) =>
      reply.id === 'answer' && reply.status === 200 && reply.body.equals(file.bytes);
    const name = file.name.split('/').map(encodeURIComponent).join('/');
    const reply = await visit(`${mount}${place}/${name}`);
    // nginx's `location /static { alias ...; }` serves `/static../x` from the directory above.
    const above =
      place === ''
        ? undefined
        : await visit(`${mount}${place}../${encodeURIComponent(path.basename(directory))}/${name}`);
    findings.push({
      path: `${place}/${file.name}`,
      reply,
      same: isFile(reply),
      leaks: above !== undefined && isFile(above),
    });
  }
  return findings;
}
