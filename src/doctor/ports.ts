import {isAppsupError} from '../errors.ts';
import {leases} from '../ports/leases.ts';
import {ownRange} from '../ports/own-range.ts';
import {formatRange, within} from '../ports/range.ts';
import type {RangeAnswer} from '../ports/range.ts';
import {describeHolder, foreignLoopback6, portHolder} from '../ports/taken.ts';
import {listeners} from '../system/proc-net.ts';
import type {Listener} from '../system/proc-net.ts';
import {broken, ok, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look} from './world.ts';

export interface PortFacts {
  readonly range: RangeAnswer;
  /** Leased to apps that are still there. */
  readonly leased: readonly {readonly app: string; readonly port: number; readonly fixed: boolean}[];
  readonly listeners: readonly Listener[];
  readonly uid: number;
}

export const lookAtPorts: Look = ({paths, config, account: {uid, username}}) => {
  try {
    const range = ownRange({site: config.site.ports, user: config.global.ports, uid, login: username});
    const leased = leases(paths).filter(({app}) => config.apps.get(app)?.spec?.transport !== 'unix');
    return judgePorts({range, leased, listeners: listeners(), uid});
  } catch (error) {
    if (!isAppsupError(error)) throw error;
    const who = error.details['source'] === 'site' ? 'administrators' : 'user';
    return [broken('ports-range', error.message, error.hint ?? 'appsup ports', who)];
  }
};

/** Pure. */
export function judgePorts({range, leased, listeners: table, uid}: PortFacts): readonly Answer[] {
  const mine = new Set(leased.map(({port}) => port));
  const strangers = table.filter(
    ({port, uid: theirs}) => theirs !== uid && within(port, range.range) && !mine.has(port),
  );
  const answers = [
    ...leased.flatMap(({app, port, fixed}) => judgeLease({app, port, fixed}, table, uid)),
    ...range.warnings.map((text) =>
      warning(
        'ports-ephemeral',
        text.split(': ask ')[0] ?? text,
        `net.ipv4.ip_local_reserved_ports = ${formatRange(range.range)}, in /etc/sysctl.d`,
        'administrators',
      ),
    ),
    ...(strangers.length === 0 ? [] : [judgeStrangers(strangers, range, table, uid)]),
  ];
  return answers.length > 0
    ? answers
    : [ok('ports', `the ports ${formatRange(range.range)} are yours, and nobody else listens there`)];
}

function judgeLease(
  {app, port, fixed}: PortFacts['leased'][number],
  table: readonly Listener[],
  uid: number,
): readonly Answer[] {
  const holder = portHolder(
    port,
    uid,
    table.filter(({address}) => address !== '::1'),
  );
  if (holder !== undefined && !holder.ours) {
    const text = `port ${port} of ${app} is taken by ${describeHolder(holder)}: visitors of ${app} reach that`;
    const other = fixed ? `change port = ${port} (appsup edit ${app})` : `appsup ports move ${app}`;
    // Of a named socket no front end knows.
    const then = app.includes(':') ? '' : `, then appsup request ${app}`;
    return [broken('port-taken', text, `ask ${holder.user}; or: ${other}${then}`)];
  }
  const squatter = foreignLoopback6(port, uid, table);
  if (squatter === undefined) return [];
  const text = `${describeHolder(squatter)} port ${port}, as ${app} does on 127.0.0.1: a front end that was told "localhost" sends ${app}'s visitors there`;
  return [
    warning(
      'port-squatter',
      text,
      `ask ${squatter.user}; the front end has to say 127.0.0.1: appsup request ${app}`,
    ),
  ];
}

function judgeStrangers(
  strangers: readonly Listener[],
  {range}: RangeAnswer,
  table: readonly Listener[],
  uid: number,
): Answer {
  const ports = [...new Set(strangers.map(({port}) => port))];
  const who = ports
    .flatMap((port) => portHolder(port, uid, table) ?? [])
    .map((holder) => `${holder.port} by ${describeHolder(holder)}`);
  const text = `ports of your range ${formatRange(range)} are taken: ${who.join('; ')}`;
  return warning(
    'ports-foreign',
    text,
    'they are left out as long as that lasts; ask whose ports these are',
    'administrators',
  );
}
