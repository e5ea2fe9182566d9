import {listeners, userName} from '../system/proc-net.ts';
import type {Listener} from '../system/proc-net.ts';

/** Who listens on a port. */
export interface Holder {
  readonly port: number;
  readonly uid: number;
  /** Login name, or `uid 1007`. */
  readonly user: string;
  /** `127.0.0.1`, `0.0.0.0`, `::1`, `::`, ... */
  readonly address: string;
  /** True when the account that asks made the socket. */
  readonly ours: boolean;
}

/**
 * Who listens on a port, on any address of either family; `undefined`: nobody.
 *
 * Of several, somebody else comes before ourselves, and an address that the front end connects to before another.
 */
export function portHolder(
  port: number,
  uid = ownUid(),
  table: readonly Listener[] = listeners(),
): Holder | undefined {
  const [first] = table
    .filter((listener) => listener.port === port)
    .toSorted((a, b) => Number(a.uid === uid) - Number(b.uid === uid) || rankOf(a) - rankOf(b));
  return first === undefined ? undefined : holderOf(first, uid);
}

/**
 * Another user's listener that takes what is sent to `localhost:port`, although 127.0.0.1:port is ours.
 *
 * A holder of 127.0.0.1 or 0.0.0.0 does not keep others from `[::1]`, and a front end that was told `localhost`
 * tries that one first (with the /etc/hosts of Debian and Red Hat).
 */
export function foreignLoopback6(
  port: number,
  uid = ownUid(),
  table: readonly Listener[] = listeners(),
): Holder | undefined {
  const found = table.find(
    (listener) =>
      listener.port === port &&
      listener.uid !== uid &&
      (listener.address === '::1' || listener.address === '::'),
  );
  return found === undefined ? undefined : holderOf(found, uid);
}

/** `bob (uid 1007), listening on 127.0.0.1`; `you, listening on ::1`. */
export function describeHolder({ours, user, uid, address}: Holder): string {
  const who = ours ? 'you' : user === `uid ${uid}` ? user : `${user} (uid ${uid})`;
  return `${who}, listening on ${address}`;
}

function holderOf({port, uid, address}: Listener, own: number): Holder {
  return {port, uid, user: userName(uid), address, ours: uid === own};
}

/** Snippets name 127.0.0.1; `::` is mostly a socket of both families. */
function rankOf({address}: Listener): number {
  const rank = ['127.0.0.1', '0.0.0.0', '::', '::ffff:127.0.0.1', '::1'].indexOf(address);
  return rank === -1 ? 5 : rank;
}

function ownUid(): number {
  return process.getuid?.() ?? -1;
}
