import type {FrontStatus} from '../control/api.ts';
import type {AppSpec} from '../core/spec.ts';
import {changesSince, keptRequest} from '../frontend/kept.ts';
import {wantedOf} from '../frontend/wanted.ts';
import type {Paths} from '../system/paths.ts';

/** What the administrators were asked for, and whether that is still what the app needs. */
export function frontStatus(
  paths: Pick<Paths, 'requests' | 'front'>,
  app: AppSpec,
  port: number | undefined,
): FrontStatus {
  const request = keptRequest(paths, app.name);
  return {
    requestedAt: request?.date,
    // Without a port there is nothing to compare, and a problem of its own to tell.
    stale:
      request === undefined || port === undefined
        ? undefined
        : changesSince(request, wantedOf(app, port, paths)),
  };
}
