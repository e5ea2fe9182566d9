import type {StaticSpec} from '../core/spec.ts';
import {checkValues, frame} from './snippet.ts';
import type {Area, SnippetInput, SnippetValues} from './snippet.ts';

/**
 * The lines for a `server {}` of nginx.
 *
 * nginx drops headers with underscores by itself, so that nobody can send SCRIPT_NAME.
 *
 * @throws AppsupError `BAD_NAME` for a value that may not stand in a configuration file.
 */
export function nginxSnippet(input: SnippetInput): string {
  const values = checkValues(input);
  const {mount, path, areas, statics} = values;
  return frame(values, 'nginx', [
    ...(mount === ''
      ? []
      : [`location = ${mount} { absolute_redirect off; return 308 ${path}$is_args$args; }`]),
    ...areas.flatMap((area) => places(area).flatMap((place) => locationLines(values, place))),
    ...(areas.length === 0 ? [] : closedLines(values)),
    ...statics.flatMap((each) => fileLines(values, each)),
  ]);
}

interface Place extends Area {
  /** `^~ /name/`: without `^~`, a regex location of the site (\.css$) would take the app's files. */
  readonly match: string;
}

/** A path without a slash at its end is two locations: as a prefix alone it would take `/apifoo` for `/api`. */
function places({path, target}: Area): readonly Place[] {
  if (path === '/') return [{path, target, match: '/'}];
  if (path.endsWith('/')) return [{path, target, match: `^~ ${path}`}];
  return [
    {path, target, match: `= ${path}`},
    {path: `${path}/`, target: `${target}/`, match: `^~ ${path}/`},
  ];
}

function locationLines(values: SnippetValues, place: Place): readonly string[] {
  const {upstream, bodyLimitMb} = values;
  const isUwsgi = upstream.protocol === 'uwsgi';
  const lines = isUwsgi ? uwsgiLines(values, place) : httpLines(values, place);
  return [
    `location ${place.match} {`,
    ...lines.map((line) => `    ${line}`),
    ...patience(values).map((line) => `    ${isUwsgi ? 'uwsgi' : 'proxy'}_${line}`),
    // Else it adds its own idea of scheme and port, which is wrong where TLS ends before it.
    ...(values.strip ? ['    absolute_redirect off;'] : []),
    `    client_max_body_size ${bodyLimitMb}m;`,
    `    error_page 502 = ${closedName(values)};`,
    '}',
  ];
}

function httpLines(values: SnippetValues, {target}: Place): readonly string[] {
  const {mount, path, strip, upstream} = values;
  // With a path in it, nginx replaces the mount; without, the request goes through as it came.
  const back = upstream.kind === 'tcp' ? `127.0.0.1:${upstream.port}` : `unix:${upstream.path}`;
  const replaced = upstream.kind === 'tcp' ? target : `:${target}`;
  return [
    `proxy_pass http://${back}${strip ? replaced : ''};`,
    'proxy_http_version 1.1;',
    'proxy_set_header Host              $http_host;',
    'proxy_set_header X-Forwarded-For   $proxy_add_x_forwarded_for;',
    'proxy_set_header X-Forwarded-Proto $scheme;',
    'proxy_set_header X-Forwarded-Host  $http_host;',
    'proxy_set_header X-Forwarded-Protocol "";',
    'proxy_set_header X-Forwarded-Ssl   "";',
    `proxy_set_header X-Forwarded-Prefix "${strip ? mount : ''}";`,
    'proxy_set_header Remote-User       "";',
    'proxy_set_header Upgrade           $http_upgrade;',
    'proxy_set_header Connection        $http_connection;',
    ...(mount === '' ? [] : [`proxy_cookie_path ~^/$ ${path};`]),
    ...redirects(values),
  ];
}

/**
 * Those of nginx's own file `uwsgi_params`, which a host may have changed; a header that stands here is not the visitor's.
 *
 * nginx mends no redirects and cookies here; a stripped mount is told by SCRIPT_NAME, as WSGI has it.
 */
function uwsgiLines({mount, strip, upstream}: SnippetValues, {path, target}: Place): readonly string[] {
  const back = upstream.kind === 'tcp' ? `127.0.0.1:${upstream.port}` : `unix:${upstream.path}`;
  const param = (name: string, value: string) => `uwsgi_param ${name.padEnd(25)} ${value};`;
  return [
    // uWSGI reads PATH_INFO, which is the rewritten path.
    ...(strip ? [`rewrite "^${path}(.*)$" "${target}$1" break;`] : []),
    `uwsgi_pass ${back};`,
    param('QUERY_STRING', '$query_string'),
    param('REQUEST_METHOD', '$request_method'),
    param('CONTENT_TYPE', '$content_type'),
    param('CONTENT_LENGTH', '$content_length'),
    param('REQUEST_URI', '$request_uri'),
    param('PATH_INFO', '$document_uri'),
    ...(strip ? [param('SCRIPT_NAME', mount)] : []),
    param('DOCUMENT_ROOT', '$document_root'),
    param('SERVER_PROTOCOL', '$server_protocol'),
    param('REQUEST_SCHEME', '$scheme'),
    param('HTTPS', '$https if_not_empty'),
    param('REMOTE_ADDR', '$remote_addr'),
    param('REMOTE_PORT', '$remote_port'),
    param('SERVER_PORT', '$server_port'),
    param('SERVER_NAME', '$server_name'),
    param('HTTP_X_FORWARDED_FOR', '$proxy_add_x_forwarded_for'),
    param('HTTP_X_FORWARDED_PROTO', '$scheme'),
    param('HTTP_X_FORWARDED_HOST', '$http_host'),
    param('HTTP_X_FORWARDED_PROTOCOL', '"" if_not_empty'),
    param('HTTP_X_FORWARDED_SSL', '"" if_not_empty'),
    param('HTTP_X_FORWARDED_PREFIX', strip ? `"${mount}"` : '"" if_not_empty'),
    param('HTTP_REMOTE_USER', '"" if_not_empty'),
  ];
}

/** Directives that both protocols have, each after its own prefix. */
function patience({timeoutS, streaming}: SnippetValues): readonly string[] {
  return [`read_timeout ${timeoutS}s;`, ...(streaming ? ['buffering off;', 'request_buffering off;'] : [])];
}

/** An app that knows nothing of its mount redirects out of it; the first line that matches counts. */
function redirects({mount, path, strip}: SnippetValues): readonly string[] {
  if (!strip) return [];
  return [
    `proxy_redirect ~^((?:https?://[^/]+)?${mount}(?:/.*)?)$ $1;`,
    // Only our own public host: a redirect to a login elsewhere stays as it is.
    `proxy_redirect http://$http_host/ ${path};`,
    `proxy_redirect https://$http_host/ ${path};`,
    `proxy_redirect ~^/(?!/)(.*)$ ${path}$1;`,
  ];
}

/** What visitors read while nobody answers: nginx says 502, and its own words, to that. */
function closedLines(values: SnippetValues): readonly string[] {
  return [
    `location ${closedName(values)} {`,
    '    default_type text/html;',
    `    return 503 "${values.maintenance}";`,
    '}',
  ];
}

function closedName({user, app}: SnippetValues): string {
  return `@appsup_${app}.${user}`;
}

/** With a slash on both sides: without, `/static../secret` would be a file beside the directory. */
function fileLines(
  {path, fallback, home}: SnippetValues,
  {path: below, directory}: StaticSpec,
): readonly string[] {
  const from = home !== undefined && directory.startsWith(`${home}/`) ? ` from=${home}` : '';
  const isWhole = below === path;
  return [
    `location ${below === '/' ? '/' : `^~ ${below}`} {`,
    `    alias ${directory}/;`,
    // Links count only while their owner is that of the file: nginx may read what others of the host may not.
    `    disable_symlinks if_not_owner${from};`,
    ...(isWhole ? ['    index index.html;', `    try_files $uri $uri/ ${fallback ?? '=404'};`] : []),
    '}',
  ];
}
