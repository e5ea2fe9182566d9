import {get} from '../lib/client.mjs';
import {kill, until} from '../lib/processes.mjs';

/**
 * SIGKILL of gunicorn's master while nobody visits: until a worker of a new master has loaded the app.
 * Nobody asks meanwhile, because the workers of the old master would answer, and notice by that that they are orphans.
 */
export async function measure({web, supervisor}) {
  const ownStart = await web.ownStart();
  const master = await supervisor.mainPid(web.name);
  const begun = Date.now();
  kill(master, 'SIGKILL');
  const at = await until(() => web.loaded().find(({ms, master: of}) => ms > begun && of !== master)?.ms, {
    timeoutMs: 40_000,
  });
  const {ok} = await get(web.port, web.path);
  const tookMs = at === undefined ? Infinity : at - begun;
  return {
    'new worker after, ms': tookMs,
    "times gunicorn's own start": tookMs / ownStart,
    'then answers': ok ? 'yes' : 'no',
  };
}

export const needs = 'web';
