import {existsSync, readdirSync, rmSync} from 'node:fs';
import path from 'node:path';

import type {RunStatus} from '../control/api.ts';
import {stampOf} from '../logs/archive.ts';
import type {Paths} from '../system/paths.ts';
import type {RunRecord} from './run-records.ts';

/** A name for the log of a run that begins at a moment of the wall clock, which no file has yet. */
export function newLogFile({logs}: Pick<Paths, 'logs'>, app: string, name: string, at: number): string {
  const stem = path.join(logs, app, 'runs', `${name}-${stampOf(at)}`);
  for (let serial = 0; ; serial++) {
    const file = `${stem}${serial === 0 ? '' : `-${serial}`}.log`;
    if (!existsSync(file)) return file;
  }
}

/** Remove the logs of runs that are not told of any more. */
export function removeOldLogs({log, name}: RunRecord, past: readonly RunStatus[]): void {
  const directory = path.dirname(log);
  const kept = past.map((run) => path.basename(run.log));
  const ours = new RegExp(String.raw`^${name}-\d{8}T\d{6}Z(-\d+)?\.log`);
  for (const file of readdirSync(directory)) {
    if (ours.test(file) && !kept.some((each) => file.startsWith(each)))
      rmSync(path.join(directory, file), {force: true});
  }
}
