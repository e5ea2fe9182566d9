import type {StatusReport, SupervisorEvent} from '../control/api.ts';
import {remembered} from './history.ts';
import {pressed} from './keys.ts';
import {layoutOf} from './layout.ts';
import {appended, opened} from './log-pane.ts';
import type {Message, Model, Step} from './model.ts';
import {pointed} from './mouse.ts';
import {idOf, rowsOf, selectedRow} from './tree.ts';

/** `Model × Message → Model′, Effects`. Pure: no clock, no screen, no supervisor. */
export function update(model: Model, message: Message): Step {
  switch (message.type) {
    case 'status':
      return settled(model, found({...model, now: message.at}, message.report));
    case 'event':
      return settled(model, happened({...model, now: message.at}, message.event), [{type: 'look'}]);
    case 'usage': {
      const names = model.apps.flatMap(({processes}) => processes.map(idOf));
      return still({...model, now: message.at, usage: remembered(model.usage, names, message.samples)});
    }
    case 'lost':
      return still({...model, now: message.at, lostAt: model.lostAt ?? message.at});
    case 'log':
      // Of a log that was left meanwhile.
      if (message.of !== model.selected) return still(model);
      return still({
        ...model,
        log: message.fresh ? opened(model.log, message.of, message.rows) : appended(model.log, message.rows),
      });
    case 'key':
      return settledStep(model, pressed(model, message.key));
    case 'mouse':
      return settledStep(model, pointed(model, message));
    case 'size':
      return settled(model, {...model, size: message.size});
    case 'note':
      return still({...model, now: message.note.at, note: message.note});
    case 'read':
      return still({...model, mode: {id: 'read', title: message.title, lines: message.lines, top: 0}});
  }
}

function still(model: Model): Step {
  return {model, effects: []};
}

function settledStep(before: Model, {model, effects}: Step): Step {
  return settled(before, model, effects);
}

/** Whatever happened: something that exists is selected, it is in sight, and its log is the one that is read. */
function settled(before: Model, model: Model, effects: Step['effects'] = []): Step {
  const selected = selectedRow(model)?.id;
  const {height} = layoutOf(model).tree;
  const rows = rowsOf(model);
  const at = Math.max(
    0,
    rows.findIndex(({id}) => id === selected),
  );
  const top = Math.max(0, Math.min(Math.max(model.top, at - height + 1), at, rows.length - height));
  return {
    model: {...model, selected, top},
    effects: selected === before.selected ? effects : [...effects, {type: 'logs', of: selected}],
  };
}

/** Somebody answers, perhaps after a while, perhaps another version. */
function found(model: Model, {apps, supervisor}: StatusReport): Model {
  const theirs = supervisor.version;
  const known: Model = {...model, apps, theirs, lostAt: undefined};
  if (theirs !== model.version && theirs !== model.theirs) {
    const text = `the supervisor is appsup ${theirs}, this screen is ${model.version}: quit, and call it again`;
    return {...known, note: {text, tone: 'care', at: model.now}};
  }
  if (model.lostAt === undefined) return known;
  return {...known, note: {text: 'the supervisor is back', tone: 'good', at: model.now}};
}

/** At once, what an event says by itself; all else comes with the look that follows it. */
function happened(model: Model, event: SupervisorEvent): Model {
  if (event.type !== 'state') return model;
  const apps = model.apps.map((app) =>
    app.app === event.app
      ? {
          ...app,
          processes: app.processes.map((process) =>
            process.process === event.process
              ? {...process, state: event.state, since: event.at, pid: event.pid, reason: event.reason}
              : process,
          ),
        }
      : app,
  );
  return {...model, apps};
}
