import type {Limits} from '../core/program-spec.ts';
import type {LimitsFile} from './schema-limits.ts';
import type {Problem} from './validate.ts';

/** A program's limits; what is not said is not limited. */
export function readLimits(
  file: LimitsFile,
  path: readonly string[],
  report: (problem: Problem) => void,
): Limits {
  const {lifetime: lifetimeMs, lifetime_jitter: jitterMs} = file;
  if (jitterMs !== undefined && lifetimeMs === undefined) {
    report({
      path: [...path, 'lifetime_jitter'],
      at: 'key',
      severity: 'warning',
      message: '"lifetime_jitter" has no effect without lifetime',
      hint: 'add: lifetime = "24h"',
    });
  }
  return {
    memoryBytes: file.memory,
    nofile: file.nofile,
    nproc: file.nproc,
    coreBytes: file.core,
    nice: file.nice,
    lifetimeMs,
    lifetimeJitterMs: lifetimeMs === undefined ? 0 : (jitterMs ?? Math.round(lifetimeMs / 10)),
  };
}
