import {constants} from 'node:os';

import type {SignalResult} from '../../control/api.ts';
import {nearest} from '../../core/nearest.ts';
import {SIGNALS, isSignal, usualEffect} from '../../core/signals.ts';
import type {SignalName} from '../../core/signals.ts';
import {AppsupError} from '../../errors.ts';
import {usage} from '../args.ts';
import type {Command} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {errorText} from '../output.ts';
import {checkedTargets} from '../targets.ts';

/** `appsup signal SIGNAL APP[:PROGRAM]... [--group]` → `POST /v1/signal` */
export const signal: Command = async ({connect}, {words: [first = '', ...rest], options}) => {
  const name = signalNamed(first, rest);
  const targets = checkedTargets(`send ${name} to`, rest);
  const group = options.has('group');
  const {results} = await connect().signal({signal: name, targets, group});
  if (results.length === 0) {
    throw new AppsupError('NOT_RUNNING', `Cannot send ${name}: nothing of ${targets.join(', ')} runs`, {
      hint: 'appsup status',
      exitCode: EXIT.notRunning,
    });
  }
  const to = group ? 'to the whole group of' : 'to';
  const failed = results.findLast(({ok}) => !ok);
  return {
    text: results
      .filter(({ok}) => ok)
      .map(({app, process, pid}) => `${app}:${process}  ${name} sent ${to} pid ${pid ?? '-'}`)
      .join('\n'),
    json: results.map(({app, process, ok, state, pid = null, error}) => ({
      app,
      process,
      ok,
      signal: name,
      group,
      state,
      pid,
      ...(error === undefined ? {} : {error}),
    })),
    failures: results.flatMap(({error}) => (error === undefined ? [] : [errorText(error)])),
    hints: results.flatMap((result) => (result.ok ? hintsFor(name, group, result) : [])),
    exitCode:
      failed === undefined ? EXIT.ok : failed.error?.code === 'NOT_RUNNING' ? EXIT.notRunning : EXIT.failed,
  };
};

/**
 * A signal as people write it: `TERM`, `sigterm`, `15`.
 *
 * @param rest - What stands behind it, to see a mixed-up order.
 * @throws AppsupError `USAGE`
 */
export function signalNamed(text: string, rest: readonly string[] = []): SignalName {
  const name = isNumber(text) ? byNumber(Number(text)) : bare(text);
  if (name !== undefined && isSignal(name)) return name;
  const [other, ...more] = rest;
  const mixed = other !== undefined && isSignal(bare(other));
  const meant = nearest(bare(text), SIGNALS);
  const hint = mixed
    ? `the signal comes first: appsup signal ${[other, text, ...more].join(' ')}`
    : meant === undefined || isNumber(text)
      ? `signals: ${SIGNALS.slice(0, 15).join(', ')}, ...: man 7 signal`
      : `did you mean "${meant}"?`;
  throw usage(`Cannot send ${JSON.stringify(text)}: there is no such signal`, {hint});
}

function isNumber(text: string): boolean {
  return /^\d{1,3}$/.test(text);
}

function bare(text: string): string {
  return text.toUpperCase().replace(/^SIG/, '');
}

/** Numbers differ between machines; 0, which only asks, is no signal. */
function byNumber(number: number): string | undefined {
  return SIGNALS.find((name) => constants.signals[`SIG${name}`] === number);
}

/** What a signal is not, for whoever means something else by it. Pure. */
export function hintsFor(
  name: SignalName,
  group: boolean,
  {app, process, restart, shell}: SignalResult,
): readonly string[] {
  const target = `${app}:${process}`;
  const unheard =
    shell && !group
      ? [
          `${target}: its main process is a shell, which passes no signal on: appsup signal --group ${name} ${target}`,
        ]
      : [];
  return [...unheard, ...meaning(name, target, restart)];
}

function meaning(name: SignalName, target: string, restart: SignalResult['restart']): readonly string[] {
  const stop = `to stop it and keep it stopped: appsup stop ${target}`;
  switch (usualEffect(name)) {
    case 'halts':
      return [`${target} does nothing until: appsup signal CONT ${target}`];
    case 'ends':
      if (restart === 'never') return [`if it ends by ${name}, it counts as ended by itself; ${stop}`];
      return restart === 'always'
        ? [`if ${target} ends by ${name}, it is started again; ${stop}`]
        : [`if ${target} ends by ${name} and not with exit code 0, it is started again; ${stop}`];
    case 'order':
      return name === 'HUP'
        ? [`new code is not proven first by a bare HUP; that does: appsup reload ${target}`]
        : [];
  }
}
