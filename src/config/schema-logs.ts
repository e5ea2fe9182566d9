import * as v from 'valibot';

import {duration, flag, key, size, wholeNumber} from './keys.ts';

const SINCE = {since: '0.1.0'} as const;

/** `[logs]` of an app, and of the defaults. */
export const logsSchema = v.object({
  max_size: key(size('10MB', 1000), {
    description: 'A log that grows above this is archived.',
    unit: 'size',
    default: '10MiB',
    example: '"20MB"',
    ...SINCE,
  }),
  max_age: key(duration('7d', 60_000), {
    description: 'A log older than this is archived, too.',
    unit: 'duration',
    defaultNote: 'none',
    example: '"7d"',
    ...SINCE,
  }),
  keep: key(wholeNumber(1, 1000), {
    description: 'Archives of each process; the oldest go first.',
    unit: 'files',
    default: 10,
    example: '30',
    ...SINCE,
  }),
  total: key(size('100MB', 1000), {
    description: 'What all logs and archives of the app may take together; the oldest archives go first.',
    unit: 'size',
    default: '100MiB',
    example: '"1GB"',
    ...SINCE,
  }),
  compress: key(flag, {
    description: 'Compress archives (gzip).',
    default: true,
    example: 'false',
    ...SINCE,
  }),
});

export type LogsFile = v.InferOutput<typeof logsSchema>;
