import {cpSync, existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync} from 'node:fs';
import {setTimeout as sleep} from 'node:timers/promises';

import test from 'ava';

import {unsettled, weigh} from '../helpers/chaos/calm.ts';
import type {Weight} from '../helpers/chaos/calm.ts';
import {Lines} from '../helpers/chaos/lines.ts';
import {SUBJECTS, nameOf, writeApps} from '../helpers/chaos/programs.ts';
import {Random} from '../helpers/chaos/random.ts';
import {step} from '../helpers/chaos/steps.ts';
import {Storm} from '../helpers/chaos/storm.ts';
import {Watch} from '../helpers/chaos/watch.ts';
import {freeRange} from '../helpers/ports.ts';
import {Rig} from '../helpers/rig.ts';

/**
 * How long things happen; the calms between are not counted. Two minutes in CI, and by hand as long as one likes:
 * `APPSUP_CHAOS_SECONDS=3600 npm run chaos` for an hour. Other runs leave it out (ava.config.js).
 */
const SECONDS = Number(process.env['APPSUP_CHAOS_SECONDS'] ?? 120);
/** Another one each time. The same seed draws the same steps; what they meet is up to the machine. */
const SEED = Number(process.env['APPSUP_CHAOS_SEED'] ?? Date.now() % 1_000_000);
/** A directory for the whole home, logs and all, as it was when something was wrong. */
const KEEP = process.env['APPSUP_CHAOS_KEEP'];

const STEPS_BETWEEN_CALMS = 12;
/** From the last disturbance to everything as it was wished. */
const CALM_MS = 60_000;
/** Of six processes each, at the end. */
const ROUNDS = 8;
/** One supervisor, from its first calm to its last. */
const MOST_NEW_DESCRIPTORS = 12;
const MOST_NEW_MEGABYTES = 40;

test('ten programs come through random faults and commands: no copy, no orphan, no lost line, and what was wished is done', async (t) => {
  t.timeout(SECONDS * 1000 * 6 + 600_000);
  t.log(`APPSUP_CHAOS_SEED=${SEED} APPSUP_CHAOS_SECONDS=${SECONDS}`);
  const rig = Rig.create();
  t.teardown(async () => {
    const left = await rig.clean();
    if (left.length > 0) throw new Error(`left over after the end: ${left.join(', ')}`);
  });
  mkdirSync(rig.paths.config, {recursive: true, mode: 0o700});
  const {first, last} = freeRange(8);
  writeFileSync(rig.paths.globalConfig, `ports = "${first}-${last}"\n`, {mode: 0o600});
  writeApps(rig);
  await rig.ok('check');
  // One of them may end before it counts as started.
  await rig.appsup('start', 'all');

  const watch: Watch = new Watch(rig, () => storm.note('  VIOLATION'));
  const storm = new Storm({rig, random: new Random(SEED), watch});
  for (const subject of SUBJECTS) storm.wishes.settle(nameOf(subject), 'running');
  const weights = new Map<number, Weight>();
  const printed = new Lines(rig);
  watch.start();
  try {
    let lines = 0;
    for (let seconds = 0, calms = 0; seconds < SECONDS && watch.violations.length === 0; calms++) {
      const began = performance.now();
      for (let left = STEPS_BETWEEN_CALMS; left > 0 && watch.violations.length === 0; left--) {
        await step(storm);
        await sleep(storm.random.between(0, 700));
      }
      seconds += (performance.now() - began) / 1000;
      await settle(storm, weights);
      const {lines: found, faults} = await printed.check();
      for (const fault of faults) watch.violation(fault);
      lines = found;
      storm.note(`calm ${calms}: ${lines} lines, ${watch.looks} looks`);
    }
    if (watch.violations.length === 0) await stayLight(storm, weights);
    t.log(`${storm.steps.length} steps, ${lines} lines, ${watch.looks} looks`);
  } finally {
    watch.stop();
    if (KEEP !== undefined && watch.violations.length > 0) keep(rig.home, KEEP);
  }
  if (watch.violations.length > 0) t.fail(report(storm));
  else t.pass();
});

/** A supervisor that nobody kills, and that has much to start: what it would leak is seen here. */
async function stayLight(storm: Storm, weights: Map<number, Weight>): Promise<void> {
  storm.note('restarts under one supervisor');
  for (let round = 0; round <= ROUNDS; round++) {
    await storm.order('restart', ['count', 'once', 'shell', 'stubborn', 'wiki']);
    // The first one is for warming up: it replaces what was adopted.
    if (round > 0) continue;
    weights.clear();
    await settle(storm, weights);
  }
  await settle(storm, weights);
}

/** Wait until everything is as it was wished, and look at the supervisor's weight. */
async function settle(storm: Storm, weights: Map<number, Weight>): Promise<void> {
  const {rig, watch, wishes} = storm;
  await storm.calm();
  const end = performance.now() + CALM_MS;
  for (;;) {
    const left = await unsettled(rig, wishes);
    if (left.length === 0) break;
    if (performance.now() > end || watch.violations.length > 0)
      return watch.violation(`not settled after ${CALM_MS / 1000} s: ${left.join('; ')}`);
    await sleep(500);
  }
  for (const {app, processes} of (await rig.status()).apps) {
    for (const {process, desired} of processes) wishes.settle(`${app}:${process}`, desired);
  }
  const pid = rig.supervisorPid();
  if (pid === undefined) return watch.violation('there is no supervisor after a calm');
  const now = weigh(pid);
  const before = weights.get(pid) ?? now;
  weights.set(pid, before);
  storm.note(`  supervisor ${pid}: ${now.descriptors} descriptors, ${now.megabytes} MB`);
  if (now.descriptors > before.descriptors + MOST_NEW_DESCRIPTORS)
    watch.violation(`descriptors of the supervisor: ${before.descriptors}, later ${now.descriptors}`);
  if (now.megabytes > before.megabytes + MOST_NEW_MEGABYTES)
    watch.violation(`MB of the supervisor: ${before.megabytes}, later ${now.megabytes}`);
}

function keep(home: string, directory: string): void {
  // A socket cannot be copied.
  cpSync(home, directory, {recursive: true, filter: (file) => !lstatSync(file).isSocket()});
}

function report({rig, steps, watch}: Storm): string {
  return [
    `again: APPSUP_CHAOS_SEED=${SEED} APPSUP_CHAOS_SECONDS=${SECONDS} npm run chaos`,
    ...watch.violations,
    '--- the last steps',
    ...steps.slice(-50),
    '--- the supervisor',
    ...(existsSync(rig.paths.log)
      ? readFileSync(rig.paths.log, 'utf8').trimEnd().split('\n').slice(-150)
      : []),
    ...rig.diary().split('boot.log\n').slice(-1),
  ].join('\n');
}
