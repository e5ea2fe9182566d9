import type {Door} from './visit.ts';

/** Where visitors find an app, and where to connect for it. */
export interface Place {
  readonly url: URL;
  readonly door: Door;
}

/** What is known of the place; addresses as typed or configured. */
export interface PlaceQuestion {
  readonly mount: string;
  /** `https://eco.example.ac.uk`, or with the mount at its end. */
  readonly url: string | undefined;
  readonly baseUrl: string | undefined;
  /** A front end to connect to instead of the public one; it is sent the public host. */
  readonly front: string | undefined;
}

/**
 * The place of an app; a text says what is missing or wrong, as a clause after "Cannot verify ...: ".
 *
 * With `front`, visitors come by its scheme. Pure.
 */
export function placeOf({mount, url, baseUrl, front}: PlaceQuestion): Place | string {
  const site = url ?? baseUrl ?? front;
  if (site === undefined) return 'its public address is not known';
  const parsed = parse(site);
  if (parsed === undefined) return `${JSON.stringify(site)} is no address as https://eco.example.ac.uk`;
  const path = parsed.pathname.replace(/\/+$/, '');
  const below = mount !== '' && path.endsWith(mount) ? path : `${path}${mount}`;
  if (url !== undefined && path !== '' && mount !== '' && !path.endsWith(mount))
    return `its mount is ${mount}, and not ${path}`;
  const shown = new URL(`${below}/`, parsed);
  if (front === undefined) return {url: shown, door: doorOf(parsed)};
  const way = parse(front);
  if (way === undefined) return `${JSON.stringify(front)} is no address as http://127.0.0.1:8080`;
  // The port of another scheme would be none that visitors name.
  const host = way.protocol === shown.protocol ? shown.host : shown.hostname;
  return {url: new URL(`${way.protocol}//${host}${shown.pathname}`), door: doorOf(way)};
}

function parse(text: string): URL | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const plain = url.username + url.password + url.search + url.hash === '' && url.hostname !== '';
  return /^https?:$/.test(url.protocol) && plain ? url : undefined;
}

function doorOf({protocol, hostname, port}: URL): Door {
  const scheme = protocol === 'https:' ? 'https' : 'http';
  return {
    scheme,
    host: hostname.replace(/^\[|\]$/g, ''),
    port: port === '' ? (scheme === 'https' ? 443 : 80) : Number(port),
  };
}
