import * as v from 'valibot';

import {below, duration, filePath, flag, key, sentence, size} from './keys.ts';

const SINCE = {since: '0.1.0'} as const;

/** `static` of an app. */
export const staticSchema = v.record(v.string(), filePath);

/** `[front]` of an app. */
export const frontSchema = v.object({
  body_limit: key(size('100MB', 1000), {
    description: 'The largest request body (uploads).',
    unit: 'size',
    default: '100MB',
    example: '"1GB"',
    ...SINCE,
  }),
  timeout: key(duration('300s', 1000), {
    description: 'How long the front end waits for an answer.',
    unit: 'duration',
    default: '300s',
    example: '"10m"',
    ...SINCE,
  }),
  streaming: key(flag, {
    description: 'Pass each piece of an answer on at once, for server-sent events and long downloads.',
    default: false,
    example: 'true',
    ...SINCE,
  }),
  maintenance: key(sentence, {
    description: 'What visitors read while nobody answers at the address of the app.',
    defaultNote: 'the name of the app, and that it is not running',
    example: '"Down for maintenance until Monday."',
    ...SINCE,
  }),
  fallback: key(below, {
    description:
      'With static = { "/" = ... }: the file that is served where no file is, for pages that do their own routing.',
    defaultNote: 'none: 404',
    example: '"index.html"',
    ...SINCE,
  }),
  pass: key(v.array(below, 'a list of paths: ["/api"]'), {
    description: 'With static = { "/" = ... }: the paths below the mount that go to the app all the same.',
    defaultNote: 'none',
    example: '["/api"]',
    ...SINCE,
  }),
});

export type StaticFile = v.InferOutput<typeof staticSchema>;
export type FrontFile = v.InferOutput<typeof frontSchema>;
