/** What decides whether a file is sent, and which part of it. */
export interface Conditions {
  readonly ifNoneMatch: string | undefined;
  readonly ifModifiedSince: string | undefined;
  readonly ifRange: string | undefined;
  readonly range: string | undefined;
}

export interface FileFacts {
  readonly size: number;
  /** Milliseconds since 1970. */
  readonly modifiedMs: number;
  /** In its quotes. */
  readonly etag: string;
}

/** What is sent of a file: all of it, bytes `first` to `last`, nothing as it is known, or nothing as there is no such part. */
export type Part =
  | {readonly kind: 'whole'}
  | {readonly kind: 'part'; readonly first: number; readonly last: number}
  | {readonly kind: 'unchanged'}
  | {readonly kind: 'unsatisfiable'};

/** RFC 9110, 13.2.2 and 14.2. Several ranges at once are answered with the whole file, as the RFC allows. */
export function partOf(conditions: Conditions, file: FileFacts): Part {
  if (isUnchanged(conditions, file)) return {kind: 'unchanged'};
  const {range} = conditions;
  if (range === undefined || !rangeHolds(conditions.ifRange, file)) return {kind: 'whole'};
  const [, from = '', to = ''] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(range.trim()) ?? [];
  if (from === '' && to === '') return {kind: 'whole'};
  if (from === '') {
    const count = Number(to);
    if (count === 0 || file.size === 0) return {kind: 'unsatisfiable'};
    return {kind: 'part', first: Math.max(0, file.size - count), last: file.size - 1};
  }
  const first = Number(from);
  const last = to === '' ? file.size - 1 : Math.min(Number(to), file.size - 1);
  // A last byte in front of the first one makes it no range at all.
  if (to !== '' && Number(to) < first) return {kind: 'whole'};
  return first >= file.size ? {kind: 'unsatisfiable'} : {kind: 'part', first, last};
}

function isUnchanged({ifNoneMatch, ifModifiedSince}: Conditions, {etag, modifiedMs}: FileFacts): boolean {
  if (ifNoneMatch !== undefined) {
    const tags = ifNoneMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
    return tags.includes('*') || tags.includes(etag);
  }
  const since = ifModifiedSince === undefined ? Number.NaN : Date.parse(ifModifiedSince);
  // The header has whole seconds.
  return Math.floor(modifiedMs / 1000) * 1000 <= since;
}

/** A range of an older version is of no use. */
function rangeHolds(ifRange: string | undefined, {etag, modifiedMs}: FileFacts): boolean {
  if (ifRange === undefined) return true;
  if (ifRange.startsWith('"')) return ifRange === etag;
  return Math.floor(modifiedMs / 1000) * 1000 === Date.parse(ifRange);
}
