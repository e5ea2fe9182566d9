import {sleep} from '../lib/processes.mjs';

/** A program that exits 1 at once: how often it is started in thirty seconds, and what the status says then. */
export async function measure({quits, supervisor}) {
  // Its start fails, and is meant to.
  supervisor.up().catch(() => {});
  await sleep(30_000);
  const starts = quits.starts();
  return {'starts in 30 s': starts, 'state says': await supervisor.state(quits.name)};
}

export const needs = 'quits';
