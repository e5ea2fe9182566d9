import {addressOf, cookieLines, headerLines} from './apache.ts';
import {AppsupError} from '../errors.ts';
import {checkValues, frame} from './snippet.ts';
import type {SnippetInput, SnippetValues} from './snippet.ts';

/**
 * The lines for a `.htaccess` in the directory that has the mount's URL, where the administrators allow `FileInfo`.
 *
 * The rules look at `THE_REQUEST`, the line that the visitor sent: the path of a RewriteRule is decoded, so `%3F` would be
 * refused, and it names `index.html` for the directory itself. ProxyPassReverse and ProxyPreserveHost are not allowed here:
 * over TCP the app sees the host 127.0.0.1:PORT and has the public one in X-Forwarded-Host. The host of a Unix socket's URL is
 * looked up by nobody, so there it is the public one.
 *
 * @throws AppsupError `BAD_NAME`; `FRONT_END` for what cannot be said in such a file.
 */
export function htaccessSnippet(input: SnippetInput): string {
  const values = checkValues(input);
  const {app, mount, upstream, statics, path, maintenance} = values;
  if (mount === '' || upstream.protocol === 'uwsgi') {
    const why = mount === '' ? 'it needs a mount' : 'it cannot pass on the uwsgi protocol';
    throw new AppsupError('FRONT_END', `Cannot write a .htaccess for "${app}": ${why}`, {
      hint: mount === '' ? 'mount = "/~alice/tasks", the URL of the directory' : 'protocol = "http"',
    });
  }
  return frame(values, 'htaccess', [
    `# For the file .htaccess in the directory that is served as ${path}`,
    ...linkComments(values),
    'RewriteEngine On',
    '<IfModule mod_headers.c>',
    ...[...hostLines(values), ...headerLines(values), ...cookieLines(values)].map((line) => `    ${line}`),
    '</IfModule>',
    ...statics
      .filter((each) => each.path !== path)
      .map((each) => `RewriteRule "^${escapeDots(each.path.slice(path.length))}" "-" [L]`),
    ...rules(values),
    ...fallbackRules(values),
    `ErrorDocument 503 "${maintenance}"`,
  ]);
}

/** `Alias` is not allowed here, so the files have to be where the URL says. */
function linkComments({statics, path}: SnippetValues): readonly string[] {
  return statics.map(({path: below, directory}) =>
    below === path
      ? `# with the files of ${directory}/ beside it.`
      : `# with a link ${below.slice(path.length, -1)} -> ${directory} beside it.`,
  );
}

/** Tells `appsup verify` why the host is not the public one. */
export const HTACCESS_MARK = 'x-appsup-front';

/** What ProxyPassReverse would do; the lines for stripped mounts come after it, and see the path alone. */
function hostLines(values: SnippetValues): readonly string[] {
  if (values.upstream.kind === 'unix') return [];
  const own = addressOf(values, '/').shown?.slice('http'.length) ?? '';
  return [
    `RequestHeader set ${HTACCESS_MARK} "htaccess"`,
    `Header edit Location "^https?${escapeDots(own)}" "/"`,
  ];
}

function rules(values: SnippetValues): readonly string[] {
  const {path, upstream} = values;
  return values.areas.flatMap((area) => {
    const below = area.path.slice(path.length);
    const pattern = below === '' ? '^' : `^${escapeDots(below)}(?:/|$)`;
    const seen = area.target.slice(0, area.target.length - below.length);
    const rule = (scheme: 'http' | 'ws') =>
      upstream.kind === 'tcp'
        ? [
            `RewriteCond %{THE_REQUEST} "^\\S+\\s+${path}([^?\\s]*)"`,
            `RewriteRule "${pattern}" "${addressOf(values, `${seen}%1`, scheme).back}" [P,L,NE]`,
          ]
        : [
            // What is no name of a host is not taken for one.
            `RewriteCond "%{HTTP_HOST} %{THE_REQUEST}" "^([A-Za-z0-9._:\\[\\]-]+) \\S+\\s+${path}([^?\\s]*)"`,
            `RewriteRule "${pattern}" "unix:${upstream.path}|${scheme}://%1${seen}%2" [P,L,NE]`,
          ];
    return [
      '<IfModule mod_proxy_wstunnel.c>',
      ...['RewriteCond %{HTTP:Upgrade} =websocket [NC]', ...rule('ws')].map((line) => `    ${line}`),
      '</IfModule>',
      ...rule('http'),
    ];
  });
}

function fallbackRules({fallback}: SnippetValues): readonly string[] {
  if (fallback === undefined) return [];
  return [
    'RewriteCond %{REQUEST_FILENAME} !-f',
    'RewriteCond %{REQUEST_FILENAME} !-d',
    `RewriteRule "^" "${fallback}" [L]`,
  ];
}

/** The only character of our values that a regular expression reads as another one. */
function escapeDots(text: string): string {
  return text.replaceAll('.', String.raw`\.`);
}
