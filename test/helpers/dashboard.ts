import type {StatusReport} from '../../src/control/api.ts';
import type {Cell} from '../../src/dashboard/line.ts';
import {initialModel} from '../../src/dashboard/model.ts';
import type {Effect, Message, Model, Step} from '../../src/dashboard/model.ts';
import type {Charset} from '../../src/dashboard/text.ts';
import {update} from '../../src/dashboard/update.ts';
import {view} from '../../src/dashboard/view.ts';
import {NOW, appOf, infoOf, processOf} from './fake-supervisor.ts';

/** Two apps: one in order with two programs, one that crashes. */
export const REPORT: StatusReport = {
  supervisor: infoOf(),
  apps: [
    appOf({
      app: 'flasktasks',
      processes: [
        processOf({app: 'flasktasks'}),
        processOf({app: 'flasktasks', program: 'queue', pid: 41_880}),
      ],
    }),
    appOf({
      app: 'spectral',
      processes: [
        processOf({
          app: 'spectral',
          state: 'backoff',
          pid: undefined,
          restarts: 6,
          reason: 'exit 1: ConnectionError',
          nextTryAt: NOW + 8000,
        }),
      ],
    }),
  ],
};

/** A dashboard that has heard of {@link REPORT}, or of another one. */
export function dashboard(
  size: Model['size'] = {columns: 80, rows: 24},
  report: StatusReport = REPORT,
): Model {
  const empty = initialModel({size, now: NOW, version: '0.1.0'});
  return update(empty, {type: 'status', report, at: NOW}).model;
}

/** What comes of several messages, with all their effects. */
export function after(model: Model, ...messages: readonly Message[]): Step {
  let step: Step = {model, effects: []};
  for (const message of messages) {
    const next = update(step.model, message);
    step = {model: next.model, effects: [...step.effects, ...next.effects]};
  }
  return step;
}

export function keys(...names: readonly string[]): readonly Message[] {
  return names.map((key) => ({type: 'key', key}));
}

/** Effects besides those that read logs. */
export function deeds(effects: readonly Effect[]): readonly Effect[] {
  return effects.filter(({type}) => type !== 'logs');
}

/** The picture as one reads it. */
export function picture(model: Model, charset: Charset = 'utf8'): readonly string[] {
  return view(model, charset).map(textOf);
}

function textOf(cells: readonly Cell[]): string {
  return cells.map(({character}) => character).join('');
}
