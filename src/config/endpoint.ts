import {isIP, isIPv6} from 'node:net';

import type {Endpoint} from '../core/program-spec.ts';

/** A TCP endpoint out of `after`, or why it is none. */
export type ReadEndpoint =
  | {readonly ok: true; readonly endpoint: Endpoint}
  | {readonly ok: false; readonly message: string; readonly hint: string};

const EXAMPLE = 'as "tcp://db.example.ac.uk:5432" or "tcp://[::1]:5432"';

/** True for what cannot be the name of a program, but was meant to be an endpoint: `tcp://db:5432`, `localhost:5432`. */
export function looksLikeEndpoint(text: string): boolean {
  return /[:/]/.test(text);
}

/** `tcp://HOST:PORT`. The host is a name, an IPv4 address, or an IPv6 address in brackets, which the result has without. */
export function parseEndpoint(text: string): ReadEndpoint {
  const [, scheme, authority = '', rest] = /^(?:([^:/]*):\/\/)?([^/]*)(.*)$/s.exec(text) ?? [];
  const [, host = authority, port] = /^(.*):([^:\]]*)$/s.exec(authority) ?? [];
  const shown = JSON.stringify(text);
  const bare = [authority, host].find(isIPv6);
  if (bare !== undefined) {
    // `::1:5432` is an address as a whole, too: the likelier reading is that of an address and a port.
    const meant = isIPv6(host) && isPort(port) ? `tcp://[${host}]:${port}` : `tcp://[${bare}]:5432`;
    return refuse(`Expected the IPv6 address in ${shown} to stand in brackets`, `as "${meant}"`);
  }
  const good = isHost(host);
  if (scheme !== 'tcp' || rest !== '') {
    const meant = good && isPort(port) ? `did you mean "tcp://${authority}"?` : EXAMPLE;
    return refuse(`Cannot wait for ${shown}: expected a program of this app, or "tcp://host:port"`, meant);
  }
  if (!good)
    return refuse(`Expected a host name or an IP address in ${shown}: got ${JSON.stringify(host)}`, EXAMPLE);
  if (port === undefined) return refuse(`The port is missing in ${shown}`, `as "tcp://${host}:5432"`);
  if (!isPort(port)) {
    return refuse(
      `Expected a port from 1 to 65535 in ${shown}: got ${JSON.stringify(port)}`,
      `as "tcp://${host}:5432"`,
    );
  }
  return {ok: true, endpoint: {host: host.replace(/^\[|\]$/g, ''), port: Number(port)}};
}

function refuse(message: string, hint: string): ReadEndpoint {
  return {ok: false, message, hint};
}

function isPort(text: string | undefined): boolean {
  return /^[1-9]\d{0,4}$/.test(text ?? '') && Number(text) <= 65_535;
}

const LABEL = /^[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?$/;

/** A name whose last label is a number is an IPv4 address or nothing: no top-level domain is a number (RFC 3696, section 2). */
function isHost(text: string): boolean {
  const [, bracketed] = /^\[(.*)\]$/s.exec(text) ?? [];
  if (bracketed !== undefined) return isIPv6(bracketed);
  if (isIP(text) === 4) return true;
  const labels = text.split('.');
  return (
    text.length <= 253 && labels.every((label) => LABEL.test(label)) && !/^\d+$/.test(labels.at(-1) ?? '')
  );
}
