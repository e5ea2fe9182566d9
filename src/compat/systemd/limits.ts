import type {ProgramChoice} from '../../config/write.ts';
import {countOf, maskOf} from '../values.ts';
import type {Unit} from './unit.ts';
import {bytesOf, limitOf, timeOf} from './values.ts';

type Read = <Value>(
  key: string,
  parse: (said: string) => Value | undefined,
  shown: (value: Value) => string,
  section?: string,
) => Value | undefined;

/** A value of its own kind, with its remark. */
function reader(unit: Unit): Read {
  return (key, parse, shown, section = 'Service') => {
    const said = unit.text(section, key);
    if (said === undefined) return undefined;
    const value = parse(said.value);
    if (value === undefined) unit.say(said.at, 'refused', `not understood: ${JSON.stringify(said.value)}`);
    else unit.say(said.at, 'taken', shown(value));
    return value;
  };
}

const RESTARTS: Readonly<Record<string, NonNullable<ProgramChoice['restart']>>> = {
  no: 'never',
  always: 'always',
  'on-success': 'always',
  'on-failure': 'on-failure',
  'on-abnormal': 'on-failure',
  'on-abort': 'on-failure',
  'on-watchdog': 'on-failure',
};

/** When it is started again, and how long it may take to start and to stop. */
export function readTimes(unit: Unit, oneShot: boolean): Partial<ProgramChoice> {
  const read = reader(unit);
  const time = (key: string, ours: string) => {
    const ms = read(key, timeOf, (value) =>
      value === Infinity
        ? `${ours} stays at its default: there is no "for ever"`
        : `${ours} = "${value / 1000}s"`,
    );
    return ms === undefined || ms === Infinity || ms < 1000 ? undefined : ms;
  };
  const said = read(
    'Restart',
    (text) => (Object.hasOwn(RESTARTS, text) ? RESTARTS[text] : undefined),
    (value) => `restart = "${value}"`,
  );
  if (said === undefined && !oneShot && unit.all('Service', 'Restart').length === 0)
    unit.say(
      undefined,
      'changed',
      'no Restart: it is started again after a crash, unless you write restart = "never"',
    );
  const restart = said ?? (oneShot ? 'on-failure' : 'always');
  const backoff = read(
    'RestartSec',
    timeOf,
    (ms) => `backoff = "${ms / 1000}s", which doubles with each failure`,
  );
  read('RestartSteps', countOf, () => 'the wait doubles up to backoff_cap');
  read('RestartMaxDelaySec', timeOf, () => 'the wait doubles up to backoff_cap');
  const burst = (section: string) =>
    read('StartLimitBurst', countOf, (count) => `give_up = ${count}: quick failures in a row`, section);
  const tries = burst('Unit') ?? burst('Service');
  const both = time('TimeoutSec', 'ready_timeout and stop_timeout');
  const readyMs = time('TimeoutStartSec', 'ready_timeout') ?? both;
  const stopMs = time('TimeoutStopSec', 'stop_timeout') ?? both;
  const umask = read('UMask', maskOf, (mask) => `umask = "${mask}"`);
  return {
    ...(restart === 'always' ? {} : {restart}),
    ...(backoff === undefined || backoff < 1000 || backoff === Infinity ? {} : {backoffMs: backoff}),
    ...(tries === undefined || tries === 0 ? {} : {giveUp: tries}),
    ...(readyMs === undefined ? {} : {readyMs}),
    ...(stopMs === undefined ? {} : {stopMs}),
    ...(umask === undefined ? {} : {umask}),
  };
}

/** What its processes may use, as far as that needs no root. */
export function readLimits(unit: Unit): Pick<ProgramChoice, 'limits'> {
  const read = reader(unit);
  const memory = ['MemoryMax', 'MemoryLimit'].map((key) =>
    unit.text('Service', key)?.value.endsWith('%') === true
      ? undefined
      : read(key, bytesOf, () => 'limits.memory: above it, it is restarted'),
  );
  const least = (value: number | undefined, from: number, to: number) =>
    value === undefined || value === Infinity ? undefined : Math.min(to, Math.max(from, value));
  const limits = {
    memoryBytes: least(memory[0] ?? memory[1], 1_000_000, 1000 ** 5),
    nofile: least(
      read('LimitNOFILE', limitOf, () => 'limits.nofile'),
      16,
      1_048_576,
    ),
    nproc: least(
      read('LimitNPROC', limitOf, () => 'limits.nproc'),
      1,
      4_194_304,
    ),
    coreBytes: least(
      read(
        'LimitCORE',
        (text) => bytesOf(text.split(':', 1)[0] ?? ''),
        () => 'limits.core',
      ),
      0,
      1000 ** 5,
    ),
    nice: niceOf(unit),
    lifetimeMs: least(
      read('RuntimeMaxSec', timeOf, () => 'limits.lifetime: then it is replaced'),
      60_000,
      365 * 86_400_000,
    ),
  };
  const said = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return Object.keys(said).length === 0 ? {} : {limits: said};
}

function niceOf(unit: Unit): number | undefined {
  const said = unit.text('Service', 'Nice');
  if (said === undefined) return undefined;
  const value = /^-?\d+$/.test(said.value) ? Number(said.value) : undefined;
  if (value === undefined || value > 19) unit.say(said.at, 'refused', 'expected 0 to 19');
  else if (value < 0) unit.say(said.at, 'dropped', 'only root can make it more urgent');
  else unit.say(said.at, 'taken', 'limits.nice');
  return value === undefined || value < 0 || value > 19 ? undefined : value;
}
