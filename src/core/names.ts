/**
 * Names that reach a shell, a crontab, an Apache file or a file name.
 *
 * They are checked here, once, at the door; behind it they are trusted.
 */

const NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$/;
const BELOW = /^(?:\/[A-Za-z0-9_-][A-Za-z0-9_.-]{0,62}){1,8}$/;
const PLAIN_PATH = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9_.@+-]+)+$/;
const MOUNT = /^(\/(~?[A-Za-z0-9_-]+)){1,8}$/;

/** True for a name of an app or program: `[A-Za-z0-9_-]`, at most 63, no leading `-` or `_`. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** What {@link isName} wants, to tell a person. */
export const NAME_HINT = 'letters, digits, _ and -; at most 63, a letter or digit first';

/** True for a login name as it may stand in a comment of a snippet. */
export function isUserName(text: string): boolean {
  return USER.test(text);
}

/**
 * True for a URL path prefix that every front end reads alike: `/alice_tasks`, `/~alice/tasks`.
 *
 * Segments of `[A-Za-z0-9_-]`, each optionally with a leading `~`; no dot (a regex character in Apache), no trailing slash.
 */
export function isMount(text: string): boolean {
  return text.length <= 200 && MOUNT.test(text);
}

/** True for a URL path below a mount: `/static`, `/assets/v1.2`; no segment begins with a dot, so none is `..`. */
export function isBelow(text: string): boolean {
  return BELOW.test(text);
}

/**
 * True for an absolute path that no shell, server configuration or regular expression reads as anything but itself.
 *
 * Segments of `[A-Za-z0-9_.@+-]`; no `.`, `..` or doubled slash in it, no slash at its end, at most 1,000 characters.
 */
export function isPlainPath(text: string): boolean {
  return text.length <= 1000 && PLAIN_PATH.test(text);
}

/** An app's name out of free text such as a directory's name: `Flask Tasks!` → `flask-tasks`. `undefined` if nothing is left. */
export function nameFrom(text: string): string | undefined {
  const name = text
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^[-_]+|[-_]+$/g, '')
    .slice(0, 63);
  return isName(name) ? name.toLowerCase() : undefined;
}

const SOCKET_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,31}$/;

/**
 * True for a name of a further socket: no colon, which parts them in `LISTEN_FDNAMES` (sd_listen_fds_with_names(3)).
 *
 * A letter first: a name of digits alone would change places in an object of JavaScript.
 */
export function isSocketName(text: string): boolean {
  return SOCKET_NAME.test(text);
}

/** What a named socket is known by among the leases: `eco:metrics`. No name of an app has a colon. */
export function socketKey(app: string, name: string): string {
  return `${app}:${name}`;
}

/** True for what {@link socketKey} makes. */
export function isSocketKey(text: string): boolean {
  const [app = '', name = '', ...rest] = text.split(':');
  return isName(app) && isSocketName(name) && rest.length === 0;
}

/** The variable that says where a named socket is: `APPSUP_SOCKET_METRICS`. */
export function socketVariable(name: string): string {
  return `APPSUP_SOCKET_${name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`;
}
