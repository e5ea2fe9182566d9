// Closed-loop visitors: each asks, waits for the answer, asks again, with a new connection every time.
import http from 'node:http';

import {sleep} from './processes.mjs';

/** A visitor that was refused does not come back at once; without this, one core would do nothing but count refusals. */
const PAUSE_AFTER_FAILURE_MS = 5;
const TIMEOUT_MS = 20_000;

/** Ask once. Never rejects: {ok: true, text} or {ok: false, kind: 'ECONNREFUSED' | '502' | 'cut' | 'timeout' | ...}. */
export async function get(port, path, timeoutMs = TIMEOUT_MS) {
  return await new Promise((resolve) => {
    const request = http.get(
      {host: '127.0.0.1', port, path, agent: false, timeout: timeoutMs},
      (response) => {
        let text = '';
        response.on('data', (data) => (text += data));
        response.on('end', () => {
          const ok = response.statusCode === 200;
          resolve(ok ? {ok, text} : {ok, kind: String(response.statusCode)});
        });
        response.on('error', () => resolve({ok: false, kind: 'cut'}));
      },
    );
    request.on('timeout', () => request.destroy(Object.assign(new Error('timeout'), {code: 'timeout'})));
    request.on('error', (error) =>
      resolve({ok: false, kind: error.code === 'ECONNRESET' ? 'cut' : (error.code ?? error.message)}),
    );
  });
}

/** Let visitors come until `stop` is called. `onAnswer` hears every good answer. */
export function load(port, path, {clients = 8, onAnswer = () => {}} = {}) {
  const failures = {};
  let good = 0;
  let slowestMs = 0;
  let longestGapMs = 0;
  let last = performance.now();
  let goes = true;

  async function visitor() {
    while (goes) {
      const begun = performance.now();
      const answer = await get(port, path);
      const now = performance.now();
      if (answer.ok) {
        good++;
        slowestMs = Math.max(slowestMs, now - begun);
        longestGapMs = Math.max(longestGapMs, now - last);
        last = now;
        onAnswer(answer.text, now);
      } else {
        failures[answer.kind] = (failures[answer.kind] ?? 0) + 1;
        await sleep(PAUSE_AFTER_FAILURE_MS);
      }
    }
  }

  const visitors = Array.from({length: clients}, visitor);
  return {
    failed: () => Object.values(failures).reduce((sum, count) => sum + count, 0),
    async stop() {
      goes = false;
      await Promise.all(visitors);
      // A gap that nothing ended counts, too.
      longestGapMs = Math.max(longestGapMs, performance.now() - last);
      const failed = Object.values(failures).reduce((sum, count) => sum + count, 0);
      return {requests: good + failed, good, failed, failures, slowestMs, longestGapMs};
    },
  };
}
