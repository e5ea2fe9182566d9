import {protocolOf} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';
import {publicSocketPath} from '../system/paths.ts';
import type {Paths} from '../system/paths.ts';
import type {Wanted} from './kept.ts';

/** What an app needs of a front end, as it is configured now. Pure. */
export function wantedOf(app: AppSpec, port: number, paths: Pick<Paths, 'front'>): Wanted {
  const {mount, prefix, front, transport} = app;
  const protocol = protocolOf(app);
  return {
    mount,
    prefix,
    upstream:
      transport === 'unix'
        ? {protocol, kind: 'unix', path: publicSocketPath(paths, app.name)}
        : {protocol, kind: 'tcp', port},
    statics: front.statics,
    ...(front.fallback === undefined ? {} : {fallback: front.fallback}),
    ...(front.passes.length === 0 ? {} : {passes: front.passes}),
    ...(front.maintenance === undefined ? {} : {maintenance: front.maintenance}),
    ...(front.streaming ? {streaming: true} : {}),
    // A megabyte of theirs may be 1,000,000 or 1,048,576 bytes: the app's limit fits in both.
    bodyLimitMb: Math.ceil(front.bodyLimitBytes / 1_000_000),
    timeoutS: Math.ceil(front.timeoutMs / 1000),
  };
}
