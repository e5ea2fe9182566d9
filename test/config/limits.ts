import test from 'ava';

import type {Limits} from '../../src/core/program-spec.ts';
import {GUNICORN, advice, findings, programOf, web} from '../helpers/read-app.ts';

const NONE: Limits = {
  memoryBytes: undefined,
  nofile: undefined,
  nproc: undefined,
  coreBytes: undefined,
  nice: undefined,
  lifetimeMs: undefined,
  lifetimeJitterMs: 0,
};

for (const [text, expected] of [
  ['{}', {}],
  ['{ memory = "500MB" }', {memoryBytes: 500_000_000}],
  ['{ memory = "0.5GiB" }', {memoryBytes: 536_870_912}],
  ['{ nofile = 1024, nproc = 100, nice = 5 }', {nofile: 1024, nproc: 100, nice: 5}],
  ['{ core = "0" }', {coreBytes: 0}],
  ['{ core = "0B" }', {coreBytes: 0}],
  ['{ lifetime = "24h" }', {lifetimeMs: 86_400_000, lifetimeJitterMs: 8_640_000}],
  ['{ lifetime = "24h", lifetime_jitter = "1h" }', {lifetimeMs: 86_400_000, lifetimeJitterMs: 3_600_000}],
  ['{ lifetime = "24h", lifetime_jitter = "0s" }', {lifetimeMs: 86_400_000, lifetimeJitterMs: 0}],
] as const) {
  test(`readLimits() reads ${text}`, (t) => {
    t.deepEqual(findings(web(GUNICORN, `limits = ${text}`)), []);
    t.deepEqual(programOf(web(GUNICORN, `limits = ${text}`)).limits, {...NONE, ...expected});
  });
}

const UNIT = 'a size in quotes with its unit (KB, MB, GB, KiB, MiB, GiB)';

for (const [text, expected] of [
  ['{ memory = 500 }', `4:21 Expected "memory" to be ${UNIT}, as "500MB": got 500 | `],
  ['{ memory = "500" }', `4:21 Expected "memory" to be ${UNIT}, as "500MB": got "500" | `],
  ['{ memory = 524288000 }', `4:21 Expected "memory" to be ${UNIT}, as "500MiB": got 524288000 | `],
  ['{ memory = "512m" }', `4:21 Expected "memory" to be ${UNIT}, as "512MB": got "512m" | `],
  ['{ memory = "lots" }', `4:21 Expected "memory" to be ${UNIT}, as "500MB": got "lots" | `],
  ['{ memory = "10KB" }', '4:21 Expected "memory" to be at least "1MB": got "10KB" | '],
  ['{ memory = "9999999GB" }', '4:21 Expected "memory" to be at most "1000000GB": got "9999999GB" | '],
  ['{ core = 0 }', `4:19 Expected "core" to be ${UNIT}, as "0": got 0 | `],
  ['{ nofile = "1024" }', '4:21 Expected "nofile" to be a whole number from 16 to 1048576: got "1024" | '],
  ['{ nproc = 0 }', '4:20 Expected "nproc" to be a whole number from 1 to 4194304: got 0 | '],
  [
    '{ nice = -5 }',
    '4:19 Expected "nice" to be a whole number from 0 to 19: got -5 | below 0 is ahead of others: only root may do that',
  ],
  ['{ lifetime = "10s" }', '4:23 Expected "lifetime" to be at least "1m": got "10s" | '],
  [
    '{ lifetime_jitter = "1h" }',
    '4:12 warning: "lifetime_jitter" has no effect without lifetime | add: lifetime = "24h"',
  ],
  ['{ memroy = "1GB" }', '4:12 Unknown key "memroy": did you mean "memory"? | '],
] as const) {
  test(`readLimits() says of ${text}: ${expected}`, (t) => {
    t.deepEqual(advice(web(GUNICORN, `limits = ${text}`)), [expected]);
  });
}
