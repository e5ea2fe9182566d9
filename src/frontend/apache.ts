import {fileLines, homeLines, keptFromApp} from './apache-files.ts';
import {checkValues, frame} from './snippet.ts';
import type {Area, SnippetInput, SnippetValues} from './snippet.ts';
import {isAtLeast} from './version-number.ts';

/**
 * The lines for a `<VirtualHost>` of Apache, with everything of the app inside its own `<Location>`.
 *
 * Flat `ProxyPreserveHost`, `RequestHeader` and cookie lines would act on every other app of the virtual host, too.
 * {@link modulesFor} names the modules that it needs.
 *
 * @throws AppsupError `BAD_NAME` for a value that may not stand in a configuration file.
 */
export function apacheSnippet(input: SnippetInput): string {
  const values = checkValues(input);
  return frame(values, 'apache', [
    ...slashRedirect(values),
    ...keptFromOthers(values),
    ...values.areas.flatMap((area) => [...oldWebSocket(values, area), ...location(values, area)]),
    ...homeLines(values),
    ...values.statics.flatMap((each) => [...fileLines(values, each), ...keptFromApp(values, each)]),
  ]);
}

/**
 * The two lines for administrators who want no more: links, redirects, static files and POST work below the mount.
 *
 * Not with them: WebSocket, the public host and scheme (forms of Django 4 and later answer 403), cookies of the app's
 * own, protection from spoofed headers, redirects of an app that knows nothing of a stripped mount.
 *
 * @throws AppsupError `BAD_NAME`
 */
export function apacheMinimalSnippet(input: SnippetInput): string {
  const values = checkValues(input);
  const {mount, path, strip, statics, areas, upstream} = values;
  // The slash is on both sides or on neither; without it Apache still matches whole segments only.
  const bare = areas[0]?.path === path && !strip && mount !== '' && upstream.protocol === 'http';
  return frame(values, 'apache-minimal', [
    ...(bare ? [] : slashRedirect(values)),
    ...homeLines(values),
    ...statics.flatMap((each) => fileLines(values, each)),
    // The first flat line that matches wins.
    ...statics.filter((each) => each.path !== path).map((each) => `ProxyPass        "${each.path}" "!"`),
    ...(bare ? [{path: mount, target: mount}] : areas).flatMap((area) => pair(values, area)),
    ...(bare || mount === '' ? [] : [`ProxyPass        "${mount}" "!"`]),
  ]);
}

function pair(values: SnippetValues, {path, target}: Area): readonly string[] {
  const {back, shown} = addressOf(values, target);
  const reverse = (address: string) => `ProxyPassReverse "${path}" "${address}"`;
  return [
    `ProxyPass        "${path}" "${back}" disablereuse=on`,
    // An app that was told of its stripped mount redirects below it.
    ...(shown !== undefined && path !== target ? [reverse(addressOf(values, path).shown ?? shown)] : []),
    ...(shown === undefined ? [] : [reverse(shown)]),
  ];
}

function location(values: SnippetValues, {path, target}: Area): readonly string[] {
  const {upstream, timeoutS, streaming, maintenance} = values;
  const {back, shown} = addressOf(values, target);
  const isUwsgi = upstream.protocol === 'uwsgi';
  const upgrade = !isUwsgi && !isOld(values, [2, 4, 47]);
  // disablereuse: a server that closes idle connections after 2 s (gunicorn) would make 502s.
  const options = `retry=0 timeout=${timeoutS} disablereuse=on${streaming ? ' flushpackets=on' : ''}${upgrade ? ' upgrade=websocket' : ''}`;
  return [
    `<Location "${path}">`,
    `    ProxyPass        "${back}" ${options}`,
    ...(shown === undefined ? [] : [`    ProxyPassReverse "${shown}"`]),
    // With the scheme but without the host, redirects would show 127.0.0.1 to the world.
    '    ProxyPreserveHost On',
    '    <IfModule headers_module>',
    ...[...headerLines(values), ...cookieLines(values)].map((line) => `        ${line}`),
    '    </IfModule>',
    `    ErrorDocument 503 "${maintenance}"`,
    '</Location>',
  ];
}

/** What the app is told of the visit, and what no visitor may tell it: gunicorn and uWSGI believe some of these. */
export function headerLines(values: SnippetValues): readonly string[] {
  return [
    ...(isOld(values, [2, 4, 10])
      ? [
          'RequestHeader set X-Forwarded-Proto "http"',
          'RequestHeader set X-Forwarded-Proto "https" env=HTTPS',
        ]
      : ['RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}']),
    'RequestHeader unset X-Forwarded-Protocol',
    'RequestHeader unset X-Forwarded-Ssl',
    ...visitorHeaders(values),
    ...prefixHeaders(values),
    'RequestHeader unset SCRIPT_NAME',
    'RequestHeader unset PATH_INFO',
    'RequestHeader unset Remote-User',
    'RequestHeader unset REMOTE_USER',
  ];
}

/** Over HTTP mod_proxy says who visits which host, at the end of what the visitor claims; over uwsgi it passes the claims alone. */
function visitorHeaders(values: SnippetValues): readonly string[] {
  if (values.upstream.protocol !== 'uwsgi') return [];
  if (isOld(values, [2, 4, 10]))
    return ['RequestHeader unset X-Forwarded-For', 'RequestHeader unset X-Forwarded-Host'];
  return [
    'RequestHeader set X-Forwarded-For expr=%{REMOTE_ADDR}',
    'RequestHeader set X-Forwarded-Host expr=%{HTTP_HOST}',
  ];
}

/**
 * Cookies of all of the host become those of the mount, and others stay. ProxyPassReverseCookiePath would give every path that
 * begins with "/" the same one, so that all apps of a gateway shared theirs, and it does nothing over the uwsgi protocol.
 */
export function cookieLines({mount, path}: SnippetValues): readonly string[] {
  if (mount === '') return [];
  return [`Header edit* Set-Cookie "(?i)(;\\s*path=)/(?=\\s*(?:;|$))" "$1${path}"`];
}

/** An app whose mount is stripped is told of it, and redirects of one that does not listen are mended. */
function prefixHeaders(values: SnippetValues): readonly string[] {
  const {mount, strip} = values;
  if (!strip) return ['RequestHeader unset X-Forwarded-Prefix'];
  const outside = `(?!/|${mount.slice(1)}(?:/|$))`;
  return [
    `RequestHeader set X-Forwarded-Prefix "${mount}"`,
    `Header edit Location "^/${outside}" "${mount}/"`,
    // Only our own public host: a redirect to a login elsewhere stays as it is. Older ones cannot tell, and leave both.
    ...(isOld(values, [2, 4, 10])
      ? []
      : [
          `Header edit Location "^https?://[^/]+/${outside}" "${mount}/" "expr=%{resp:Location} -strmatch 'http*://%{HTTP_HOST}/*'"`,
        ]),
  ];
}

/**
 * Before 2.4.47 a WebSocket needs mod_proxy_wstunnel and a rule of its own. Rewriting comes before any `<Location>`, so the rule
 * of an app at the root of a site would take the WebSockets of all others: it has none.
 */
function oldWebSocket(values: SnippetValues, {path, target}: Area): readonly string[] {
  const {upstream} = values;
  if (path === '/' || !isOld(values, [2, 4, 47]) || upstream.protocol !== 'http') return [];
  const whole = path.endsWith('/');
  const {back} = addressOf(values, `${target}$1`, 'ws');
  return [
    '<IfModule proxy_wstunnel_module>',
    '    RewriteEngine On',
    '    RewriteCond %{HTTP:Upgrade} =websocket [NC]',
    `    RewriteRule "^${path}${whole ? '(.*)' : '((?:/.*)?)'}$" "${back}" [P,L]`,
    '</IfModule>',
  ];
}

/** Since when a thing is known to Apache httpd. */
function isOld({httpdVersion}: SnippetValues, since: readonly number[]): boolean {
  return httpdVersion !== undefined && !isAtLeast(httpdVersion, since);
}

/** `/name` is outside of `<Location "/name/">`. 308 keeps method and body; Apache appends the query. */
function slashRedirect({mount, path}: SnippetValues): readonly string[] {
  return mount === '' ? [] : [`RedirectMatch 308 "^${mount}$" "${path}"`];
}

/** Proxying is stronger than a redirect: an app that has all of the site would get `/name`. */
function keptFromOthers({mount}: SnippetValues): readonly string[] {
  return mount === '' ? [] : [`<Location "${mount}">`, '    ProxyPass "!"', '</Location>'];
}

/**
 * The URL of a path at the app, for ProxyPass, and as it stands in the app's answers, for ProxyPassReverse; `undefined`
 * where no answer names it.
 */
export function addressOf(
  {upstream, user, app}: SnippetValues,
  path: string,
  scheme: 'http' | 'uwsgi' | 'ws' = upstream.protocol,
): {readonly back: string; readonly shown: string | undefined} {
  // The host of a socket is never looked up, but it must not be empty, and Apache tells workers apart by it.
  const host = upstream.kind === 'tcp' ? `127.0.0.1:${upstream.port}` : `${app}.${user}`;
  const url = `${scheme}://${host}${path}`;
  return {
    back: upstream.kind === 'tcp' ? url : `unix:${upstream.path}|${url}`,
    shown: upstream.protocol === 'uwsgi' ? undefined : url,
  };
}
