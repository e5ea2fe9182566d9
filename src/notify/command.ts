import type {Delivery} from './delivery.ts';
import {feed} from './feed.ts';
import type {Facts, Message} from './message.ts';

/** For a command of the user's. */
const COMMAND_MS = 30_000;

export interface CommandOptions {
  readonly argv: readonly string[];
  /** What it starts with; the facts are added. */
  readonly env: Readonly<Record<string, string>>;
  readonly directory: string;
  /** @defaultValue {@link COMMAND_MS} */
  readonly timeoutMs?: number;
}

/** Run the user's command: the message on stdin, its facts in `APPSUP_*`. Not tried again: it may have done half of its work. */
export async function tellCommand(
  {text, subject, facts}: Message,
  options: CommandOptions,
): Promise<Delivery> {
  const {argv, env, directory, timeoutMs = COMMAND_MS} = options;
  const delivery = await feed({
    argv,
    directory,
    timeoutMs,
    text,
    env: {...env, ...variables(facts, subject)},
  });
  return delivery.ok ? delivery : {...delivery, again: false};
}

/** `{APPSUP_EVENT: 'fatal', APPSUP_APP: 'spectral', ...}`. What there is none of is empty, so that a script may use `set -u`. Pure. */
function variables(facts: Facts, subject: string): Readonly<Record<string, string>> {
  return {
    APPSUP_EVENT: facts.event,
    APPSUP_AT: facts.at,
    APPSUP_HOST: facts.host,
    APPSUP_APP: facts.app ?? '',
    APPSUP_PROCESS: facts.process ?? '',
    APPSUP_STATE: facts.state ?? '',
    APPSUP_REASON: facts.reason ?? '',
    APPSUP_SUBJECT: subject,
    APPSUP_HELD: String(facts.held),
    APPSUP_RUNNING: (facts.running ?? []).join(' '),
    APPSUP_MISSING: (facts.missing ?? []).join(' '),
  };
}

/** The command may run appsup, and means the same one. */
const PLACES = /^APPSUP_(CONFIG_DIR|STATE_DIR|SITE_FILE)$/;

/**
 * The environment of the user's command, out of the supervisor's: without what marks processes, and with the user's programs. Pure.
 */
export function commandEnvironment(
  env: Readonly<Record<string, string | undefined>>,
  home: string,
): Readonly<Record<string, string>> {
  const kept = Object.entries(env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (!entry[0].startsWith('APPSUP_') || PLACES.test(entry[0])),
  );
  const search = [
    `${home}/.local/bin`,
    `${home}/bin`,
    env['PATH'] || '/usr/local/bin:/usr/bin:/bin',
    '/usr/sbin:/sbin',
  ];
  return {...Object.fromEntries(kept), HOME: home, PATH: search.join(':')};
}
