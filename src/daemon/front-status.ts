import type {FrontStatus} from '../control/api.ts';
import type {AppSpec} from '../core/spec.ts';
import {changesSince, keptRequest} from '../frontend/kept.ts';
import {wantedOf} from '../frontend/wanted.ts';
import {keptVerified} from '../frontend/verify/verified.ts';
import type {Paths} from '../system/paths.ts';

/** What the administrators were asked for, whether that is still what the app needs, and what was found of it. */
export function frontStatus(
  paths: Pick<Paths, 'requests' | 'verified' | 'front'>,
  app: AppSpec,
  port: number | undefined,
): FrontStatus {
  const request = keptRequest(paths, app.name);
  // Without a port there is nothing to compare, and a problem of its own to tell.
  const wanted = port === undefined ? undefined : wantedOf(app, port, paths);
  const verified = wanted === undefined ? undefined : keptVerified(paths, app.name, wanted);
  return {
    requestedAt: request?.date,
    stale: request === undefined || wanted === undefined ? undefined : changesSince(request, wanted),
    verified:
      verified === undefined
        ? undefined
        : {at: verified.at, url: verified.url, ok: verified.ok, notOk: verified.notOk},
  };
}
