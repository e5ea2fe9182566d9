import type {StepSpec, TaskSpec} from '../../core/task-spec.ts';

/** What every script may use: a line for the one who looks, and the room that the steps of a run share. */
const HEAD = `set -eu
note() { printf '%s\\n' "$*" > "$APPSUP_NOTE"; }
kept() { cat "$APPSUP_SCRATCH/$1" 2>/dev/null || :; }
`;

export interface Script {
  /** As it is shown. */
  readonly name: string;
  /** sh; the arguments are `$1`, `$2`, … */
  readonly text: string;
  readonly args?: readonly string[];
  /** Left out while none of these has changed. */
  readonly ifChanged?: readonly string[];
  /** It needs no Python of the app: that may be what is broken. */
  readonly withoutPython?: boolean;
}

/** A step of a recipe. */
export function scriptStep({directory, timeoutMs}: TaskSpec, script: Script): StepSpec {
  const {name, text, args = [], ifChanged = [], withoutPython = false} = script;
  return {
    name,
    action: {
      kind: 'command',
      argv: ['/bin/sh', '-c', HEAD + text, 'appsup', ...args],
      directory,
      timeoutMs,
      unless: undefined,
      ifChanged,
      withoutPython,
    },
  };
}
