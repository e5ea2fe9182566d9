import type {AppSpec} from '../core/spec.ts';
import type {Wanted} from './kept.ts';

/** What an app needs of a front end, as it is configured now. Pure. */
export function wantedOf(app: AppSpec, port: number): Wanted {
  return {
    mount: app.mount,
    prefix: app.prefix,
    upstream: {protocol: 'http', kind: 'tcp', port},
    statics: [],
    bodyLimitMb: 100,
    timeoutS: 300,
  };
}
