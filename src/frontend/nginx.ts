import {checkValues, frame} from './snippet.ts';
import type {SnippetInput, SnippetValues} from './snippet.ts';
import type {Upstream} from './upstream.ts';

/**
 * The lines for a `server {}` of nginx.
 *
 * nginx drops headers with underscores by itself, so that nobody can send SCRIPT_NAME.
 *
 * @throws AppsupError `BAD_NAME` for a value that may not stand in a configuration file.
 */
export function nginxSnippet(input: SnippetInput): string {
  const values = checkValues(input);
  const {mount, path, strip, upstream, bodyLimitMb, timeoutS} = values;
  return frame(values, 'nginx', [
    ...(mount === '' ? [] : [`location = ${mount} { return 308 ${path}$is_args$args; }`]),
    // ^~: without it, a regex location of the site (\.css$) would take the app's files.
    mount === '' ? 'location / {' : `location ^~ ${path} {`,
    // With a path in it, nginx replaces the mount; without, the request goes through as it came.
    `    proxy_pass ${backOf(upstream)}${strip ? '/' : ''};`,
    '    proxy_http_version 1.1;',
    '    proxy_set_header Host              $http_host;',
    '    proxy_set_header X-Forwarded-For   $proxy_add_x_forwarded_for;',
    '    proxy_set_header X-Forwarded-Proto $scheme;',
    '    proxy_set_header X-Forwarded-Host  $http_host;',
    '    proxy_set_header X-Forwarded-Protocol "";',
    '    proxy_set_header X-Forwarded-Ssl   "";',
    `    proxy_set_header X-Forwarded-Prefix "${strip ? mount : ''}";`,
    '    proxy_set_header Remote-User       "";',
    '    proxy_set_header Upgrade           $http_upgrade;',
    '    proxy_set_header Connection        $http_connection;',
    ...(mount === '' ? [] : [`    proxy_cookie_path ~^/$ ${path};`]),
    ...redirects(values),
    `    proxy_read_timeout ${timeoutS}s;`,
    `    client_max_body_size ${bodyLimitMb}m;`,
    '}',
  ]);
}

/** The colon ends a socket's path and begins the path of the request. */
function backOf(upstream: Upstream): string {
  return upstream.kind === 'tcp' ? `http://127.0.0.1:${upstream.port}` : `http://unix:${upstream.path}:`;
}

/** An app that knows nothing of its mount redirects out of it; the first line that matches counts. */
function redirects({mount, path, strip}: SnippetValues): readonly string[] {
  if (!strip) return [];
  return [
    `    proxy_redirect ~^((?:https?://[^/]+)?${mount}(?:/.*)?)$ $1;`,
    // Only our own public host: a redirect to a login elsewhere stays as it is.
    `    proxy_redirect http://$http_host/ ${path};`,
    `    proxy_redirect https://$http_host/ ${path};`,
    `    proxy_redirect ~^/(?!/)(.*)$ ${path}$1;`,
  ];
}
