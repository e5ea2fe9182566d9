/** A request as the app gets it from the front end. */
export interface Head {
  readonly protocol: 'http' | 'uwsgi';
  /** The path and query that were sent; of uwsgi, what the app is to take for its own path. */
  readonly target: string;
  /** What uwsgi says of the mount; `undefined` over HTTP. */
  readonly scriptName: string | undefined;
  /** Of uwsgi: `https` when the front end says so in a variable of its own. */
  readonly scheme: string | undefined;
  /** Values of a field, the last line first; names in lower case, `_` and `-` are not the same. */
  readonly field: (name: string) => string | undefined;
}

/** Understand the head that a challenge tells; `uwsgi` and its variables, or a request line and fields. Pure. */
export function parseHead(text: string): Head {
  const [first = '', ...lines] = text.split(/\r?\n/);
  const fields = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
  });
  const find = (wanted: string) => fields.findLast(([name]) => name.toLowerCase() === wanted)?.[1];
  if (first !== 'uwsgi') {
    const [, target = ''] = first.split(' ');
    return {protocol: 'http', target, scriptName: undefined, scheme: undefined, field: find};
  }
  const https = find('https')?.toLowerCase() === 'on';
  return {
    protocol: 'uwsgi',
    target: find('path_info') ?? '',
    scriptName: find('script_name') ?? '',
    scheme: https ? 'https' : find('uwsgi_scheme'),
    // CGI's names: what a visitor called X-Forwarded-For or X_Forwarded_For is one and the same here.
    field: (name) => find(`http_${name.replaceAll('-', '_')}`),
  };
}
