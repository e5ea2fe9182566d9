/**
 * Who was not there, by the last line of a program that could not connect: `tcp://127.0.0.1:6379`, as `after` takes
 * it. The sentences are those of redis, kombu, psycopg and Node. Pure.
 */
export function refusedBy(reason: string): string | undefined {
  if (!/refused|\b111\b/i.test(reason)) return undefined;
  const [, host, port] =
    /\b(?:connecting to|ECONNREFUSED) ([a-z0-9.-]+):(\d{1,5})\b/i.exec(reason) ??
    /\bserver at "([a-z0-9.-]+)"[^,]*, port (\d{1,5})\b/i.exec(reason) ??
    [];
  return host === undefined ? undefined : `tcp://${host === 'localhost' ? '127.0.0.1' : host}:${port}`;
}
