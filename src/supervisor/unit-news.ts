import type {UnitState} from '../core/state.ts';
import type {News} from './announcer.ts';
import type {Verdict} from './health.ts';
import type {HostedApp} from './hosted-app.ts';
import {reasonOf, stateName} from './report.ts';
import type {Unit} from './unit.ts';

/**
 * What is told of a unit that is not any more as it was: its state has another name, or its overlapping restart another
 * phase. `undefined`: nothing that anybody would want to know.
 *
 * @param at - Wall clock.
 */
export function changeNews(app: HostedApp, unit: Unit, from: UnitState, at: number): News | undefined {
  const {id, state} = unit;
  const facts = {at, app: id.app, process: id.process, pid: unit.main?.process.pid};
  const names = {from: stateName(from), state: stateName(state)};
  if (names.from !== names.state) {
    const reason = 'why' in state ? state.why : state.id === 'dormant' ? reasonOf(app, unit) : undefined;
    const level = state.id === 'fatal' ? 'error' : 'info';
    const message = `${names.from} -> ${names.state}`;
    return {level, message, event: {type: 'state', ...facts, ...names, reason}};
  }
  if (from.id !== 'running' || state.id !== 'running' || from.change?.phase === state.change?.phase)
    return undefined;
  if (state.change?.phase === 'abandoning') return undefined;
  const failed = unit.lastChangeFailed?.reason;
  const phase = state.change !== undefined ? 'proving' : failed === undefined ? 'replaced' : 'gave-up';
  const reason = phase === 'gave-up' ? failed : undefined;
  return {level: 'info', message: `change: ${phase}`, event: {type: 'change', ...facts, phase, reason}};
}

/** What is told of an answer about a unit's health that is another one than the last. */
export function healthNews({id}: Unit, verdict: Verdict, at: number): News {
  const health = verdict.healthy ? 'recovered' : 'unhealthy';
  return {
    level: verdict.healthy ? 'info' : 'warn',
    message: `health: ${health}`,
    event: {
      type: 'health',
      at,
      app: id.app,
      process: id.process,
      health,
      detail: verdict.healthy ? undefined : verdict.detail,
    },
  };
}
