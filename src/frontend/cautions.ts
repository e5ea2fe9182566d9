import {protocolOf} from '../core/spec.ts';
import type {AppSpec} from '../core/spec.ts';
import type {FrontEnd} from './snippet.ts';

/** What a front end cannot do for an app, and what the app has to do itself; one line each. Pure. */
export function cautions(app: AppSpec, front: FrontEnd): readonly string[] {
  const {name, prefix, mount, transport} = app;
  const isUwsgi = protocolOf(app) === 'uwsgi';
  return [
    // No front end can mend a link inside of a page.
    ...(prefix === 'strip' && !isUwsgi
      ? [
          `${name} is told of ${mount} by X-Forwarded-Prefix only: a page with a link such as "/static/x.css" leads out of it; such an app needs a host of its own (mount = "/")`,
        ]
      : []),
    ...(front === 'htaccess' && transport === 'tcp'
      ? [
          `${name} sees the public host in X-Forwarded-Host only. Django: USE_X_FORWARDED_HOST = True and SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https"); Flask: ProxyFix(app, x_for=1, x_proto=1, x_host=1)`,
        ]
      : []),
    ...(isUwsgi && front === 'nginx' && mount !== ''
      ? [
          `nginx sets no cookie paths over the uwsgi protocol: let ${name} do it (SESSION_COOKIE_PATH = "${mount}/"), or take protocol = "http"`,
        ]
      : []),
    ...(isUwsgi ? [`${name} has no WebSockets over the uwsgi protocol: they need protocol = "http"`] : []),
  ];
}
