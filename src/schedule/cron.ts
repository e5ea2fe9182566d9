import {CronExpressionParser} from 'cron-parser';

import {parseCron} from '../core/cron.ts';
import {nextChange, zoneNamed} from './zone.ts';
import type {Zone} from './zone.ts';

/** The next moment of a schedule. */
export interface Timetable {
  /** Strictly after `after`; both milliseconds since 1970. */
  readonly next: (after: number) => number;
}

/**
 * The moments of a schedule in a time zone.
 *
 * cron-parser finds the times that match, on a clock that is never set (UTC); what they are in the zone is decided here. Its
 * own way through zones throws or leaves days out where clocks are set by half an hour (Australia/Lord_Howe).
 *
 * When clocks are set forward, a time that does not exist comes as much later as they were set: 02:30 is at 03:30. When they
 * are set back, an hour comes twice: a job of certain times runs at the first one only, one of every hour or with `*` for the
 * minutes runs in both.
 *
 * @param schedule - As `parseCron` reads it.
 * @param zone - IANA name; `undefined`: the host's.
 * @throws Error for a schedule that config would not let pass.
 */
export function timetable(schedule: string, zone: string | undefined): Timetable {
  const cron = parseCron(schedule);
  if (!cron.ok) throw new Error(`${schedule}: ${cron.problem}`);
  const {fields, text} = cron;
  const anyMinute = text.split(' ').at(-5)?.startsWith('*') === true;
  const everyHour = fields.hours.size === 24;
  const rules: Rules = {
    following: (wall) => followingWall(text, wall),
    repeats: everyHour || anyMinute,
    putsOff: !(everyHour && anyMinute),
  };
  const place = zoneNamed(zone);
  return {next: (after) => nextIn(place, rules, after)};
}

/** A local time as if it were UTC. */
type Wall = number;

interface Rules {
  /** The first matching local time after another one. */
  readonly following: (after: Wall) => Wall;
  /** It runs also when a local time comes for the second time. */
  readonly repeats: boolean;
  /** It runs later when its local time is left out. */
  readonly putsOff: boolean;
}

function followingWall(text: string, after: Wall): Wall {
  return CronExpressionParser.parse(text, {tz: 'UTC', currentDate: new Date(after)})
    .next()
    .getTime();
}

/** No zone is set by more. */
const LARGEST_SHIFT_MS = 3 * 3_600_000;

/** From one change of the clocks to the next, local time is UTC with an offset: go through these pieces. */
function nextIn(zone: Zone, rules: Rules, after: number): number {
  const late = changeBefore(zone, after);
  let earliest = late === undefined ? Infinity : firstPutOff(rules, late, after);
  let repeated = late === undefined ? -Infinity : endOfRepeated(rules, late);
  let [from, wall] = [after, after + zone.offsetAt(after)];
  for (;;) {
    const before = zone.offsetAt(from);
    const moment = Math.min(earliest, rules.following(Math.max(wall, repeated)) - before);
    const at = nextChange(zone, from, moment);
    if (at === undefined) return moment;
    const change = {at, before, now: zone.offsetAt(at)};
    earliest = Math.min(earliest, firstPutOff(rules, change, after));
    repeated = endOfRepeated(rules, change);
    // One less: the moment of the change itself counts.
    [from, wall] = [at, at + change.now - 1];
  }
}

/** The clocks are set. */
interface Change {
  readonly at: number;
  /** Offsets. */
  readonly before: number;
  readonly now: number;
}

/** One whose effects may still be felt. */
function changeBefore(zone: Zone, moment: number): Change | undefined {
  const at = nextChange(zone, moment - LARGEST_SHIFT_MS, moment);
  return at === undefined ? undefined : {at, before: zone.offsetAt(at - 1), now: zone.offsetAt(at)};
}

/** The first of the local times that were left out, by the clock as it went before; `Infinity` when none is after `after`. */
function firstPutOff({following, putsOff}: Rules, {at, before, now}: Change, after: number): number {
  if (!putsOff || now <= before) return Infinity;
  const wall = following(Math.max(at - 1, after) + before);
  return wall < at + now ? wall - before : Infinity;
}

/** Local times up to this one come for the second time. */
function endOfRepeated({repeats}: Rules, {at, before, now}: Change): Wall {
  return repeats || now >= before ? -Infinity : at + before - 1;
}
