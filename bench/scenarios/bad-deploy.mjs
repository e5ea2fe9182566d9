import {load} from '../lib/client.mjs';
import {sleep} from '../lib/processes.mjs';
import {kinds} from './restart-under-load.mjs';

/** A restart onto code that fails at import, under load; five seconds later it is mended and restarted again. */
export async function measure({web, supervisor}) {
  const visitors = load(web.port, web.path);
  await sleep(1000);
  web.breakCode();
  const bad = await supervisor.restart(web.name);
  await sleep(5000);
  web.mendCode();
  const good = await supervisor.restart(web.name);
  await sleep(1000);
  const {failed, failures, longestGapMs} = await visitors.stop();
  return {
    failed,
    'longest gap, ms': longestGapMs,
    'exit code of the bad restart': String(bad.code),
    'shows the traceback': bad.output.includes('this deploy is broken') ? 'yes' : 'no',
    'exit code of the good restart': String(good.code),
    how: kinds(failures),
  };
}

export const needs = 'web';
