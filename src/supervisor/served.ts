import type {AppSpec} from '../core/spec.ts';
import type {HostedApp} from './hosted-app.ts';
import {servingPort} from './report.ts';

/** An app as front ends reach it: what runs counts, also after its file has changed. */
export interface ServedApp {
  readonly app: AppSpec;
  /** Of 127.0.0.1. */
  readonly port: number;
}

/** The apps that have an address, by name. */
export function servedOf(apps: Iterable<HostedApp>): readonly ServedApp[] {
  const served = [...apps].flatMap((hosted) => {
    const app = hosted.webUnits().find(({main}) => main !== undefined)?.main?.app ?? hosted.spec;
    const port = servingPort(hosted);
    return app === undefined || port === undefined ? [] : [{app, port}];
  });
  return served.toSorted((a, b) => (a.app.name < b.app.name ? -1 : 1));
}
