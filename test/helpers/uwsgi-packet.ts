/** A request as a front end sends it to a uWSGI: uwsgi-docs, Protocol.rst. */
export function uwsgiPacket(variables: Readonly<Record<string, string>>): Buffer {
  const parts = Object.entries(variables)
    .flat()
    .flatMap((text) => {
      const bytes = Buffer.from(text);
      const size = Buffer.alloc(2);
      size.writeUInt16LE(bytes.length);
      return [size, bytes];
    });
  const body = Buffer.concat(parts);
  const head = Buffer.alloc(4);
  head.writeUInt16LE(body.length, 1);
  return Buffer.concat([head, body]);
}
