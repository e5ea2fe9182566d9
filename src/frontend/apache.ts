import {checkValues, frame} from './snippet.ts';
import type {SnippetInput, SnippetValues} from './snippet.ts';

/**
 * The lines for a `<VirtualHost>` of Apache 2.4.47 or later, with everything of the app inside its own `<Location>`.
 *
 * Flat `ProxyPreserveHost`, `RequestHeader` and cookie lines would act on every other app of the virtual host, too.
 * Needs mod_alias, mod_proxy, mod_proxy_http and mod_headers.
 *
 * @throws AppsupError `BAD_NAME` for a value that may not stand in a configuration file.
 */
export function apacheSnippet(input: SnippetInput): string {
  const values = checkValues(input);
  const {app, path, target, timeoutS} = values;
  const {back, shown} = addressOf(values, target);
  return frame(values, 'Apache', [
    ...slashRedirect(values),
    `<Location "${path}">`,
    // disablereuse: a server that closes idle connections after 2 s (gunicorn) would make 502s.
    `    ProxyPass        "${back}" retry=0 timeout=${timeoutS} disablereuse=on upgrade=websocket`,
    `    ProxyPassReverse "${shown}"`,
    // With the scheme but without the host, redirects would show 127.0.0.1 to the world.
    '    ProxyPreserveHost On',
    '    <IfModule headers_module>',
    '        RequestHeader set X-Forwarded-Proto expr=%{REQUEST_SCHEME}',
    '        RequestHeader unset X-Forwarded-Protocol',
    '        RequestHeader unset X-Forwarded-Ssl',
    ...prefixHeaders(values).map((line) => `        ${line}`),
    // gunicorn takes these from a client that is sent through a trusted address.
    '        RequestHeader unset SCRIPT_NAME',
    '        RequestHeader unset PATH_INFO',
    '        RequestHeader unset Remote-User',
    '        RequestHeader unset REMOTE_USER',
    // ProxyPassReverseCookiePath would give every path that begins with "/" the same one: all apps of a gateway shared theirs.
    ...(path === '/'
      ? []
      : [`        Header edit* Set-Cookie "(?i)(;\\s*path=)/(?=\\s*(?:;|$))" "$1${path}"`]),
    '    </IfModule>',
    `    ErrorDocument 503 "Application ${app} is not running."`,
    '</Location>',
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
  const {mount, path, strip} = values;
  // The slash is on both sides or on neither; without it Apache still matches whole segments only.
  const [from, to] = strip || mount === '' ? [path, '/'] : [mount, mount];
  const {back, shown} = addressOf(values, to);
  return frame(values, 'Apache', [
    ...(strip ? slashRedirect(values) : []),
    `ProxyPass        "${from}" "${back}"`,
    `ProxyPassReverse "${from}" "${shown}"`,
  ]);
}

/** The URL of a path at the app, for ProxyPass, and as it stands in the app's answers, for ProxyPassReverse. */
function addressOf(
  {upstream, user, app}: SnippetValues,
  path: string,
): {readonly back: string; readonly shown: string} {
  const {protocol} = upstream;
  if (upstream.kind === 'tcp') {
    const back = `${protocol}://127.0.0.1:${upstream.port}${path}`;
    return {back, shown: back};
  }
  // The host is never looked up, but it must not be empty, and Apache tells workers apart by it.
  const shown = `${protocol}://${app}.${user}${path}`;
  return {back: `unix:${upstream.path}|${shown}`, shown};
}

/** `/name` is outside of `<Location "/name/">`. 308 keeps method and body; Apache appends the query. */
function slashRedirect({mount, path}: SnippetValues): readonly string[] {
  return mount === '' ? [] : [`RedirectMatch 308 "^${mount}$" "${path}"`];
}

/** An app whose mount is stripped is told of it, and redirects of one that does not listen are mended. */
function prefixHeaders({mount, strip}: SnippetValues): readonly string[] {
  if (!strip) return ['RequestHeader unset X-Forwarded-Prefix'];
  const outside = `(?!/|${mount.slice(1)}(?:/|$))`;
  return [
    `RequestHeader set X-Forwarded-Prefix "${mount}"`,
    `Header edit Location "^/${outside}" "${mount}/"`,
    // Only our own public host: a redirect to a login elsewhere stays as it is.
    `Header edit Location "^https?://[^/]+/${outside}" "${mount}/" "expr=%{resp:Location} -strmatch 'http*://%{HTTP_HOST}/*'"`,
  ];
}
