/** Environment variable that everything we start carries; readable in `/proc/PID/environ`. */
export const MARK = 'APPSUP_MARK';

/** Whose process it is. */
export interface Mark {
  /** The state directory of the supervisor, so that two supervisors of one user never meet. */
  readonly state: string;
  readonly app: string;
  readonly process: string;
  readonly generation: number;
}

/** `/home/alice/.local/state/appsup/eco|tasks:web|1763600000000` */
export function formatMark({state, app, process, generation}: Mark): string {
  return `${state}|${app}:${process}|${generation}`;
}

/** The reverse of {@link formatMark}; `undefined` for anything else. */
export function parseMark(text: string): Mark | undefined {
  const match = /^(?<state>.*)\|(?<app>[\w-]+):(?<process>[\w-]+)\|(?<generation>\d+)$/s.exec(text)?.groups;
  if (match === undefined) return undefined;
  const {state = '', app = '', process = '', generation = ''} = match;
  return {state, app, process, generation: Number(generation)};
}
