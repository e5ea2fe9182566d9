import path from 'node:path';

import {median, must, run} from '../lib/processes.mjs';

const RUNS = 9;
const SECONDS = 20;
/** In the last line that is drawn; without its blank, which is not sent where there are no colours. */
const MARKER = 'quit';

/** The dashboard with fifty programs: how soon it is there, and what it burns while nothing happens. */
export async function measure({supervisor: {topCommand, env}}) {
  if (topCommand === undefined) return {};
  const paints = [];
  const nothing = [];
  for (let turn = 0; turn < RUNS; turn++) {
    paints.push((await onScreen(topCommand, env, 0)).paintMs);
    nothing.push((await run(process.execPath, ['-e', '0'], {env})).ms);
  }
  const {usedMs} = await onScreen(topCommand, env, SECONDS);
  return {
    'first picture, ms': median(paints),
    'node -e 0, ms': median(nothing),
    'percent of a core afterwards': usedMs / SECONDS / 10,
  };
}

async function onScreen(command, env, seconds) {
  const script = path.resolve(import.meta.dirname, '../lib/on-screen.py');
  const {stdout} = await must('/usr/bin/python3', [script, MARKER, String(seconds), ...command], {env});
  return JSON.parse(stdout);
}

export const needs = 'many sleepers';
