import * as v from 'valibot';

import {duration, key, size, wholeNumber} from './keys.ts';

const SINCE = {since: '0.1.0'} as const;

/** `limits` of a program. */
export const limitsSchema = v.object({
  memory: key(size('500MB', 1_000_000), {
    description:
      'A process that with all that it started takes more is restarted. Shared memory is counted once (PSS).',
    unit: 'size',
    defaultNote: 'none',
    example: '"500MB"',
    ...SINCE,
  }),
  nofile: key(wholeNumber(16, 1_048_576), {
    description:
      'Open files of each process (RLIMIT_NOFILE). Above the hard limit of your account it cannot go.',
    unit: 'files',
    defaultNote: 'as your account',
    example: '4096',
    ...SINCE,
  }),
  nproc: key(wholeNumber(1, 4_194_304), {
    description:
      'Above this many processes of your whole account, not of this program alone, it can start no more (RLIMIT_NPROC).',
    unit: 'processes',
    defaultNote: 'as your account',
    example: '200',
    ...SINCE,
  }),
  core: key(size('100MB', 0), {
    description: 'The largest core dump (RLIMIT_CORE); "0" writes none.',
    unit: 'size',
    defaultNote: 'as your account',
    example: '"0"',
    ...SINCE,
  }),
  nice: key(wholeNumber(0, 19), {
    description: 'How far it stands back for other processes when the CPU is busy: 0 not at all, 19 most.',
    defaultNote: 'as your account, usually 0',
    example: '5',
    hint: 'below 0 is ahead of others: only root may do that',
    ...SINCE,
  }),
  lifetime: key(duration('24h', 60_000), {
    description: 'A process this old is replaced, for programs that leak.',
    unit: 'duration',
    defaultNote: 'none',
    example: '"24h"',
    ...SINCE,
  }),
  lifetime_jitter: key(duration('1h'), {
    description: 'Up to so much is added to the lifetime at random, so that not all are replaced at once.',
    unit: 'duration',
    defaultNote: 'a tenth of the lifetime',
    example: '"1h"',
    ...SINCE,
  }),
});

export type LimitsFile = v.InferOutput<typeof limitsSchema>;
