import {administrators, host, none, notOk, ok, targetOf, you} from './fact.ts';
import type {Fact, Remedy} from './fact.ts';
import type {Observations} from './observe.ts';
import type {Subject} from './subject.ts';
import type {Reply} from './visit.ts';

const REACHED = ['reached', 'reached, and it is this app'] as const;
const CERTIFICATE = ['certificate', 'the certificate is for this host'] as const;

/** Whether visitors come to this app at all. Pure. */
export function judgeReached(subject: Subject, {plain, page, direct}: Observations): Fact {
  if (plain.id === 'proven') return ok(REACHED, `token matched, ${Math.round(plain.reply.ms)} ms`);
  // Of an app that is itself in trouble, the front end says nothing new.
  if (direct?.id === 'failure')
    return notOk(
      REACHED,
      `the app itself does not answer: ${direct.detail}`,
      you(`appsup status ${subject.app}, appsup logs ${subject.app}`),
    );
  const reply = plain.reply.id === 'failure' ? plain.reply : page;
  return notOk(REACHED, unreached(subject, reply), remedyFor(subject, reply));
}

function unreached({door, url}: Subject, reply: Reply): string {
  const place = 'path' in door ? door.path : `${door.host}:${door.port}`;
  if (reply.id === 'answer') {
    if (leadsToTls(url, reply) !== undefined) return `sends visitors to ${reply.headers.location}`;
    if (BROKEN.has(reply.status))
      return `the front end answers ${reply.status}: where it passes requests to, this app does not answer`;
    if (OWN.has(reply.status))
      return `the front end answers ${reply.status}: it does not pass ${url.pathname} on to this app`;
    return `something else answers there (${reply.status}): the token did not come back`;
  }
  const WHY = {
    refused: `nobody listens at ${place}`,
    silent: `${place} takes visitors and does not answer (${reply.detail})`,
    'unknown-host': `there is no host ${url.hostname}`,
    broken: `${place}: ${reply.detail}`,
  } as const;
  return WHY[reply.why];
}

const BROKEN = new Set([500, 502, 503, 504]);
const OWN = new Set([401, 403, 404, 410, 421]);

function leadsToTls(url: URL, reply: Reply): string | undefined {
  if (reply.id !== 'answer' || url.protocol !== 'http:') return undefined;
  const {location = ''} = reply.headers;
  return location.startsWith(`https://${url.hostname}`) ? location : undefined;
}

function remedyFor(subject: Subject, reply: Reply): Remedy {
  const {url, intruder, upstream} = subject;
  if (reply.id === 'failure') {
    if (reply.why === 'unknown-host') return you('base_url or --url has to name the host as visitors do');
    return host('the web server is down, or listens elsewhere; its error log says more');
  }
  if (leadsToTls(url, reply) !== undefined)
    return you(`ask there: base_url = "https://${url.hostname}", or --url`);
  const target = targetOf(subject);
  if (BROKEN.has(reply.status)) {
    const closed =
      upstream.kind === 'tcp'
        ? 'SELinux may forbid it (setsebool -P httpd_can_network_connect 1)'
        : 'the web server may not enter its directory (setfacl)';
    return administrators(`the lines have to pass requests to ${target}; or ${closed}`);
  }
  if (OWN.has(reply.status))
    return administrators('the lines are not there, not in this virtual host, or not activated');
  const who = intruder === undefined ? '' : `: ${intruder} there, whom "localhost" may mean`;
  return administrators(`the lines have to pass requests to ${target}${who}`);
}

/** Pure. `undefined`: without TLS there is none. */
export function judgeCertificate({door, url}: Subject, {page, plain}: Observations): Fact | undefined {
  if (door.scheme !== 'https') return undefined;
  const reply = plain.reply.id === 'answer' ? plain.reply : page;
  if (reply.id === 'failure') return none(CERTIFICATE, 'not seen');
  if (reply.certificate === undefined) return ok(CERTIFICATE, url.hostname);
  return notOk(
    CERTIFICATE,
    reply.certificate,
    host(`visitors are warned: the site needs a certificate for ${url.hostname}`),
  );
}
