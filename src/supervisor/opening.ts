/** What the first bytes of a visitor's connection say. `other`: nothing that we can read. */
export type Opening =
  | {readonly id: 'more'}
  | {readonly id: 'request'; readonly target: string}
  | {readonly id: 'other'};

/** Longer openings are no question of ours. A uwsgi packet may have 64 KiB; front ends send a few. */
export const MAX_OPENING_BYTES = 64 * 1024;
const MORE: Opening = {id: 'more'};
const OTHER: Opening = {id: 'other'};

/**
 * The target of a request, as it came: of an HTTP request line, or of a uwsgi packet (its `REQUEST_URI`).
 *
 * Which of both is told by the first byte: `modifier1` of a request for an app is 0, and no method begins so.
 *
 * Source: RFC 9112 section 3; uwsgi-docs, Protocol.rst.
 */
export function readOpening(bytes: Buffer): Opening {
  if (bytes.length === 0) return MORE;
  return bytes[0] === 0 ? readPacket(bytes) : readLine(bytes);
}

function readLine(bytes: Buffer): Opening {
  const end = bytes.indexOf('\n');
  if (end < 0) return bytes.length < MAX_OPENING_BYTES ? MORE : OTHER;
  const [, target] =
    /^[A-Z][A-Z-]* (\S+) HTTP\/1\.[01]\r?$/.exec(bytes.subarray(0, end).toString('latin1')) ?? [];
  return target === undefined ? OTHER : {id: 'request', target};
}

/** Of a packet, what a request line says. */
function readPacket(bytes: Buffer): Opening {
  const variables = packetVariables(bytes);
  if (variables === undefined) return MORE;
  const target = variables.find(([name]) => name === 'REQUEST_URI')?.[1];
  return target === undefined ? OTHER : {id: 'request', target};
}

/**
 * The head of a request as it came, without its last empty line; `undefined` while it is not complete.
 *
 * Of a uwsgi packet: `uwsgi`, then a line `NAME: value` for each variable.
 */
export function readHead(bytes: Buffer): string | undefined {
  if (bytes[0] === 0)
    return packetVariables(bytes)
      ?.map(([name, value]) => `\r\n${name}: ${value}`)
      .reduce((head, line) => head + line, 'uwsgi');
  const [head, ...rest] = bytes.toString('latin1').split(/\r?\n\r?\n/, 2);
  return rest.length === 0 ? undefined : head;
}

/**
 * Names and values; `undefined` while the packet is not complete. What lies about its sizes ends where it does.
 *
 * `modifier1`, size of the rest in two bytes (little-endian), `modifier2`; then sizes and texts in turn.
 */
function packetVariables(bytes: Buffer): readonly (readonly [name: string, value: string])[] | undefined {
  if (bytes.length < 4) return undefined;
  const end = 4 + bytes.readUInt16LE(1);
  if (bytes.length < end) return undefined;
  let at = 4;
  const next = (): string | undefined => {
    if (at + 2 > end) return undefined;
    const from = at + 2;
    at = from + bytes.readUInt16LE(at);
    return at > end ? undefined : bytes.toString('latin1', from, at);
  };
  const variables: [string, string][] = [];
  for (let name = next(); name !== undefined; name = next()) {
    const value = next();
    if (value !== undefined) variables.push([name, value]);
  }
  return variables;
}
