import path from 'node:path';

import {ensurePrivateDirectory, readIfReadable, writeAtomically} from '../../system/files.ts';
import type {Paths} from '../../system/paths.ts';
import type {Wanted} from '../kept.ts';

/** The last result for an app, in short. */
interface Verified {
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** What visitors type. */
  readonly url: string;
  /** Facts that hold, and that do not. */
  readonly ok: number;
  readonly notOk: number;
  /** What the app needed of a front end then, as JSON: with another need, the result says nothing any more. */
  readonly wanted: string;
}

/** What is kept of it. */
type Result = Omit<Verified, 'version' | 'wanted'>;
type Place = Pick<Paths, 'verified'>;

/** @throws AppsupError `DISK` */
export function keepVerified(paths: Place, app: string, result: Result, wanted: Wanted): void {
  ensurePrivateDirectory(paths.verified);
  const verified: Verified = {version: 1, ...result, wanted: JSON.stringify(wanted)};
  writeAtomically(fileOf(paths, app), JSON.stringify(verified));
}

/** `undefined`: it was never verified, or needed something else of the front end then. */
export function keptVerified(paths: Place, app: string, wanted: Wanted): Result | undefined {
  const text = readIfReadable(fileOf(paths, app));
  const kept = text === undefined ? undefined : parse(text);
  return kept?.wanted === JSON.stringify(wanted) ? kept : undefined;
}

function parse(text: string): Verified | undefined {
  try {
    const value = JSON.parse(text) as Partial<Record<keyof Verified, unknown>> | null;
    const {version, at, url, ok, notOk, wanted} = value ?? {};
    return version === 1 &&
      typeof at === 'number' &&
      typeof url === 'string' &&
      typeof ok === 'number' &&
      typeof notOk === 'number' &&
      typeof wanted === 'string'
      ? {version, at, url, ok, notOk, wanted}
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function fileOf({verified}: Place, app: string): string {
  return path.join(verified, `${app}.json`);
}
