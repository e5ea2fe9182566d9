import {administrators, host, none, notOk, ok, you} from './fact.ts';
import type {Fact} from './fact.ts';
import type {Observations} from './observe.ts';
import {isPublic, publicMount} from './subject.ts';
import type {Subject} from './subject.ts';

const SLASH = ['slash', 'the mount without its slash is sent on'] as const;
const LINKS = ['links', 'links of its page keep the mount'] as const;
const STATICS = ['static', 'static files'] as const;
const UPLOADS = ['uploads', 'large uploads are let through'] as const;

/** What visitors get, beyond single requests. @param asExpected - The mount arrives as it should. Pure. */
export function judgePages(subject: Subject, seen: Observations, asExpected: boolean): readonly Fact[] {
  return [
    ...judgeSlash(subject, seen),
    ...judgeLinks(subject, seen, asExpected),
    ...judgeStatics(subject, seen),
    judgeUploads(subject, seen),
  ];
}

function judgeSlash(subject: Subject, {slash}: Observations): readonly Fact[] {
  const mount = publicMount(subject);
  if (slash === undefined) return [];
  if (slash.id === 'failure') return [none(SLASH, slash.detail)];
  const {status, headers} = slash;
  const fix = `the line that sends ${mount} to ${mount}/ is missing (RedirectMatch 308; nginx: location = ${mount})`;
  if (status < 300 || status > 399 || headers.location === undefined) {
    const effect = status < 300 ? ': relative links of the page lead out of the mount' : '';
    return [notOk(SLASH, `${mount} answers ${status}${effect}`, administrators(fix))];
  }
  const led = URL.canParse(headers.location, subject.url.href)
    ? new URL(headers.location, subject.url)
    : undefined;
  if (led?.pathname.startsWith(`${mount}/`) === true) {
    if (isPublic(subject, led)) return [ok(SLASH, String(status))];
    return [
      notOk(
        SLASH,
        `${mount} leads to ${headers.location}`,
        host('the front end takes its own address for the public one (nginx: absolute_redirect off)'),
      ),
    ];
  }
  return [notOk(SLASH, `${mount} leads to ${headers.location}`, administrators(fix))];
}

/** Only what is not there counts: a link to the site's own pages is as it should be. */
function judgeLinks(subject: Subject, {strays, page}: Observations, asExpected: boolean): readonly Fact[] {
  if (publicMount(subject) === '') return [];
  if (page.id === 'failure') return [none(LINKS, page.detail)];
  // Behind a mount that is wrong, the app does not find its own pages.
  if (page.status === 504) return [none(LINKS, 'the front end did not wait for the start page')];
  if (page.status >= 400 && !asExpected) return [none(LINKS, `the start page answers ${page.status}`)];
  if (page.status >= 500)
    return [notOk(LINKS, `the start page answers ${page.status}`, you(`appsup logs ${subject.app}`))];
  const lost = strays.filter(({status}) => status === undefined || status >= 400);
  const [first] = lost;
  if (first === undefined) return [ok(LINKS)];
  const more = lost.length === 1 ? '' : ` and ${lost.length - 1} more`;
  const where = first.url.host === subject.url.host ? first.url.pathname : first.url.href;
  const fix =
    subject.prefix === 'strip'
      ? 'the app has to heed X-Forwarded-Prefix when it makes addresses (Flask: ProxyFix(x_prefix=1)), or say prefix = "keep"'
      : 'the app has to make its addresses with SCRIPT_NAME (Flask: url_for, Django: {% url %}, {% static %})';
  return [
    notOk(
      LINKS,
      `${where}${more}: not below the mount, and not there`,
      you(`${fix}; one that cannot be served below a mount needs a host of its own (mount = "/")`),
    ),
  ];
}

function judgeStatics(subject: Subject, {statics, pageFile}: Observations): readonly Fact[] {
  if (statics.length === 0) {
    if (pageFile === undefined) return [none(STATICS, 'its page uses none')];
    const {url, reply} = pageFile;
    if (reply.id === 'answer' && reply.status < 400) return [ok(STATICS, url.pathname)];
    const got = reply.id === 'answer' ? String(reply.status) : reply.detail;
    return [
      notOk(
        STATICS,
        `${url.pathname}: ${got}`,
        you(
          `the app's page uses a file that is not there: appsup logs ${subject.app}, or static = {...} in its file`,
        ),
      ),
    ];
  }
  return statics.map(({path, reply, same, leaks}) => {
    if (reply === undefined) return none(STATICS, `${path}: no file to ask for`);
    if (leaks)
      return notOk(
        STATICS,
        `${path}: files above its directory can be read`,
        administrators('location and alias both need a slash at the end'),
      );
    if (same) return ok(STATICS, path);
    const got =
      reply.id === 'answer'
        ? `answers ${reply.status}${reply.status === 200 ? ', with something else' : ''}`
        : reply.detail;
    const access =
      reply.id === 'answer' && reply.status === 403 ? 'the web server may not read the directory; or ' : '';
    return notOk(
      STATICS,
      `${path}: ${got}`,
      administrators(`${access}the lines for static files are missing or come too early`),
    );
  });
}

function judgeUploads(subject: Subject, {upload}: Observations): Fact {
  const megabytes = `${Math.ceil(subject.bodyLimitBytes / 1_000_000)} MB`;
  // Who says nothing to a head alone may still take the body.
  if (upload === undefined || upload.id === 'failure') return none(UPLOADS, `${megabytes}: not seen`);
  if (upload.status !== 413) return ok(UPLOADS, megabytes);
  return notOk(
    UPLOADS,
    `${megabytes} are refused (413)`,
    administrators(
      `the limit is lower (nginx: client_max_body_size ${megabytes.replace(' MB', 'm')}; Apache: LimitRequestBody)`,
    ),
  );
}
