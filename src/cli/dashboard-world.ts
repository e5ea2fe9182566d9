import path from 'node:path';

import type {SupervisorApi, SupervisorEvent} from '../control/api.ts';
import type {LogRow} from '../dashboard/log-pane.ts';
import {KEPT_ROWS} from '../dashboard/log-pane.ts';
import type {OpenScreen, Outcome, World} from '../dashboard/world.ts';
import {isAppsupError} from '../errors.ts';
import {follow} from '../logs/follow.ts';
import {merged, stamped} from '../logs/merge.ts';
import {measureUsage} from '../system/usage.ts';
import {failureText, lineOf, successLine} from './commands/act.ts';
import type {Context} from './context.ts';
import {openProcessLog} from './log-sources.ts';
import type {LogSource} from './log-sources.ts';
import {errorText} from './output.ts';
import {PLAIN} from './terminal.ts';

/** As `appsup env` shows it. */
export type EnvironmentOf = (
  context: Context,
  target: string,
) => Promise<{
  readonly variables: readonly {readonly name: string; readonly value: string}[];
  readonly warnings: readonly string[];
}>;

/** What the dashboard may use, made of what a command may use. */
export function dashboardWorld(
  context: Context,
  {
    api,
    openScreen,
    environmentOf,
  }: {readonly api: SupervisorApi; readonly openScreen: OpenScreen; readonly environmentOf: EnvironmentOf},
): World {
  const {clock, proc, paths} = context;
  return {
    api,
    clock,
    openScreen,
    version: context.version,
    used: (pid) => measureUsage(proc, pid),
    openLogs: (app, processes, onRows) => openLogs(paths.logs, app, processes, onRows),
    async environment(target) {
      const {variables, warnings} = await environmentOf(context, target);
      return [
        ...variables.map(({name, value}) => `${name}=${value}`),
        ...warnings.map((warning) => `! ${warning}`),
      ];
    },
    async act(request, onProgress): Promise<Outcome> {
      const {results} = await api.act(request, (event: SupervisorEvent) => onProgress(lineOf(event)));
      const failed = results.filter(({ok}) => !ok);
      return failed.length === 0
        ? {ok: true, lines: results.map((result) => successLine(request.action, result, PLAIN))}
        : {ok: false, lines: failed.flatMap((result) => failureText(result).split('\n'))};
    },
    explain(error) {
      if (!isAppsupError(error)) throw error;
      return errorText(error).split('\n');
    },
  };
}

/** The end of the logs of these processes, merged by time, and what they print from now on. */
function openLogs(
  directory: string,
  app: string,
  processes: readonly string[],
  onRows: (rows: readonly LogRow[]) => void,
): {readonly rows: readonly LogRow[]; close(): void} {
  const opened = processes.map((process) =>
    openProcessLog(
      {name: `${app}:${process}`, app, process, file: path.join(directory, app, `${process}.log`)},
      (lines) => lines.length >= FIRST_ROWS,
    ),
  );
  const from = ({process}: LogSource): string | undefined => (processes.length > 1 ? process : undefined);
  const all = merged(opened.flatMap(({logs}) => logs.map(({source, lines}) => stamped(source, lines))));
  const end = new AbortController();
  const readers = opened.map((each) =>
    each.follow((source, lines) =>
      onRows(lines.slice(-KEPT_ROWS).map((text) => ({from: from(source), text}))),
    ),
  );
  void follow(readers, end.signal);
  return {
    rows: all.slice(-FIRST_ROWS).map(({source, text}) => ({from: from(source), text})),
    close: () => end.abort(),
  };
}

/** As many as one scrolls back through at first; the rest is `appsup logs`. */
const FIRST_ROWS = 1000;
