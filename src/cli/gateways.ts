import type {Config} from '../config/load.ts';
import {isGateway} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';

/** The apps that are gateways to others; as a rule one, or none. */
export function gatewaysOf(config: Config): readonly AppSpec[] {
  return [...config.apps.values()].flatMap(({spec}) => (spec !== undefined && isGateway(spec) ? [spec] : []));
}

/** The mount of a new app behind the gateway; `undefined` when there is none, or when it has the whole host. */
export function mountBehindGateway(config: Config, app: string): string | undefined {
  const [first] = gatewaysOf(config);
  return first === undefined || first.mount === '' ? undefined : `${first.mount}/${app}`;
}
