/** Place of an archive in the order of its log: by stamp, then by number. */
export interface Rank {
  /** `20261121T023005Z`, UTC. */
  readonly stamp: string;
  /** Tells archives of one second apart; 0 is not written. */
  readonly serial: number;
}

/** A rotation on its way; all that recovery has to know is in the file's name. */
export interface Move {
  /** `copying`: the archive may be incomplete unless the log carries the token. `moving`: it is complete. */
  readonly stage: 'copying' | 'moving';
  readonly rank: Rank;
  /** Bytes to collapse at the head of the log; `stop`: its writers have to be stopped instead. */
  readonly cut: number | 'stop';
  /** Bytes at the head of the log that are a note of ours, and so are not in the archive. */
  readonly skip: number;
  /** 32 random hex digits, written over the head of the log between copying and cutting. */
  readonly token: string;
}

/** What lies beside a log and belongs to it. */
export type Beside =
  | {readonly kind: 'archive'; readonly rank: Rank; readonly gzip: boolean}
  /** An archive that is being compressed; the plain one is still there. */
  | {readonly kind: 'draft'; readonly rank: Rank}
  | ({readonly kind: 'move'} & Move)
  /** Processes that are stopped for the last bytes. */
  | {readonly kind: 'stopped'};

const RANK = String.raw`(?<stamp>\d{8}T\d{6}Z)(?:-(?<serial>[1-9]\d{0,8}))?`;
const ARCHIVE = new RegExp(String.raw`^${RANK}(?<end>\.gz|\.gz\.part)?$`);
const MOVE = new RegExp(
  String.raw`^(?<stage>copying|moving)\.${RANK}\.(?<cut>stop|\d{1,15})\.(?<skip>\d{1,15})\.(?<token>[0-9a-f]{32})$`,
);

/**
 * The name of something beside a log.
 *
 * `web.log.20261121T023005Z-1.gz`, `web.log.moving.20261121T023005Z.4096.0.<token>`, `web.log.stopped`
 */
export function formatBeside(log: string, beside: Beside): string {
  switch (beside.kind) {
    case 'archive':
      return `${log}.${formatRank(beside.rank)}${beside.gzip ? '.gz' : ''}`;
    case 'draft':
      return `${log}.${formatRank(beside.rank)}.gz.part`;
    case 'move':
      return [log, beside.stage, formatRank(beside.rank), beside.cut, beside.skip, beside.token].join('.');
    case 'stopped':
      return `${log}.stopped`;
  }
}

/** The reverse of {@link formatBeside}; `undefined` for the log itself and for anybody else's file. */
export function parseBeside(log: string, name: string): Beside | undefined {
  if (!name.startsWith(`${log}.`)) return undefined;
  const rest = name.slice(log.length + 1);
  if (rest === 'stopped') return {kind: 'stopped'};
  const archive = ARCHIVE.exec(rest)?.groups;
  if (archive !== undefined) {
    const rank = rankFrom(archive);
    return archive['end'] === '.gz.part'
      ? {kind: 'draft', rank}
      : {kind: 'archive', rank, gzip: archive['end'] === '.gz'};
  }
  const move = MOVE.exec(rest)?.groups;
  if (move === undefined) return undefined;
  const {stage, cut, skip, token = ''} = move;
  return {
    kind: 'move',
    stage: stage === 'copying' ? 'copying' : 'moving',
    rank: rankFrom(move),
    cut: cut === 'stop' ? cut : Number(cut),
    skip: Number(skip),
    token,
  };
}

function rankFrom({stamp = '', serial = '0'}: Readonly<Record<string, string | undefined>>): Rank {
  return {stamp, serial: Number(serial)};
}

/** `20261121T023005Z`, `20261121T023005Z-1` */
export function formatRank({stamp, serial}: Rank): string {
  return serial === 0 ? stamp : `${stamp}-${serial}`;
}

/** Negative when `a` is older. */
export function compareRanks(a: Rank, b: Rank): number {
  if (a.stamp !== b.stamp) return a.stamp < b.stamp ? -1 : 1;
  return a.serial - b.serial;
}

/** A rank above all that are taken: the order of the lines holds also when the clock was set back. */
export function nextRank(taken: readonly Rank[], wallMs: number): Rank {
  const newest = taken.toSorted(compareRanks).at(-1);
  const stamp = stampOf(wallMs);
  if (newest === undefined || newest.stamp < stamp) return {stamp, serial: 0};
  return {stamp: newest.stamp, serial: newest.serial + 1};
}

/** Milliseconds since 1970 → `20261121T023005Z`. */
export function stampOf(wallMs: number): string {
  return new Date(wallMs).toISOString().replaceAll(/\.\d+|[:-]/g, '');
}

/** `20261121T023005Z` → milliseconds since 1970; `NaN` when there is no such time. */
export function momentOfStamp(stamp: string): number {
  return Date.parse(stamp.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}
