import type {ProgramChoice} from '../../config/write.ts';
import type {StopSignal} from '../../core/program-spec.ts';
import {signalOf} from '../values.ts';
import {splitCommand} from './command-line.ts';
import type {Directive} from './unit-file.ts';
import type {Unit} from './unit.ts';

/** How a service is stopped, and how it loads its code anew. */
export function readSignals(unit: Unit): Pick<ProgramChoice, 'stopSignal' | 'reloadSignal'> {
  const kill = unit.text('Service', 'KillSignal');
  const said = kill === undefined ? undefined : signalOf(kill.value);
  if (kill !== undefined) {
    if (said === undefined) unit.say(kill.at, 'refused', `not understood: ${JSON.stringify(kill.value)}`);
    else unit.say(kill.at, 'taken', `stop_signal = "${said}"`);
  }
  const mode = unit.text('Service', 'KillMode');
  if (mode !== undefined) {
    const whole = ['control-group', 'mixed'].includes(mode.value);
    unit.say(mode.at, whole ? 'dropped' : 'changed', 'always: everything that it started goes with it');
  }
  const stop = byKill(unit, 'ExecStop', 'stop_signal');
  const reload = byKill(unit, 'ExecReload', 'reload_signal');
  const stopSignal = stop ?? said;
  return {
    ...(stopSignal === undefined || stopSignal === 'TERM' ? {} : {stopSignal}),
    ...(reload === undefined ? {} : {reloadSignal: reload}),
  };
}

/** The signal of `/bin/kill -s HUP $MAINPID`. */
function byKill(unit: Unit, key: 'ExecStop' | 'ExecReload', ours: string): StopSignal | undefined {
  const at = unit.all('Service', key).at(-1);
  if (at === undefined) return undefined;
  const signal = signalIn(at);
  if (signal !== undefined) unit.say(at, 'taken', `${ours} = "${signal}"`);
  else if (key === 'ExecReload')
    unit.say(at, 'dropped', 'appsup reload restarts it, and no visitor is refused');
  return signal;
}

function signalIn(at: Directive): StopSignal | undefined {
  const line = splitCommand(at.value);
  if (!line.ok || !/(^|\/)kill$/.test(line.words[0] ?? '')) return undefined;
  const said = line.words.slice(1).join(' ');
  const [, name] = /^(?:-s |-|--signal[ =])?([A-Z0-9]+)? ?\$\{?MAINPID\}?$/.exec(said) ?? [];
  if (!said.includes('MAINPID')) return undefined;
  return name === undefined ? (said.startsWith('$') ? 'TERM' : undefined) : signalOf(name);
}
