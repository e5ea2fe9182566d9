import {median, run} from '../lib/processes.mjs';

const RUNS = 15;

/** The command that is typed most, in turn with the cheapest thing that Node can do. */
export async function measure({supervisor: {statusCommand, env}}) {
  const [file, ...args] = statusCommand;
  const status = [];
  const nothing = [];
  for (let turn = 0; turn < RUNS; turn++) {
    status.push((await run(file, args, {env})).ms);
    nothing.push((await run(process.execPath, ['-e', '0'], {env})).ms);
  }
  return {
    'median, ms': median(status),
    'node -e 0, ms': median(nothing),
    'times node -e 0': median(status) / median(nothing),
  };
}

export const needs = 'web';
