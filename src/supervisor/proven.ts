import {isAppsupError, systemCode} from '../errors.ts';
import type {Clock} from '../system/clock.ts';
import type {Outcome, Runner, Started} from './generation.ts';

/** Why a process cannot be asked at all; a bug is none, and is thrown. */
export function unaskable(error: unknown): Outcome {
  if (!isAppsupError(error) && (!(error instanceof Error) || systemCode(error) === undefined)) throw error;
  return {reason: `it cannot be asked: ${error.message}`, output: [], error};
}

/** Ask a process until it answers, ends, or its time to get ready is up; `undefined` when it answered as it should. */
export async function proven(
  started: Started,
  {runner, clock, beside}: {readonly runner: Runner; readonly clock: Clock; readonly beside: boolean},
): Promise<Outcome | undefined> {
  const abort = new AbortController();
  let last: string | undefined;
  const late = clock.after(started.program.readyMs, () => abort.abort());
  void started.process.gone.then(() => abort.abort());
  try {
    const onRefusal = (detail: string) => (last = detail);
    await runner.ready(started, {signal: abort.signal, beside, onRefusal});
    return undefined;
  } catch (error) {
    if (!abort.signal.aborted) return unaskable(error);
    const {reason, lines} = runner.lastWords(started.process);
    return {reason: reason ?? last ?? 'it did not become ready', output: lines, error: undefined};
  } finally {
    late.cancel();
  }
}
