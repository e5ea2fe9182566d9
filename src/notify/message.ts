import type {StateName} from '../control/api.ts';
import type {Notice} from '../core/spec.ts';
import {mask} from '../launch/mask.ts';
import type {BootNews, ProcessNews} from './news.ts';
import {cut, plain, plainLine} from './plain.ts';
import type {Portion} from './ration.ts';

/** What is sent, by whatever way. Nothing in it is secret, and nothing in it is obeyed by a terminal or a mailer. */
export interface Message {
  /** One line: `appsup eco: spectral:queue is given up: exit 1: no such table`. */
  readonly subject: string;
  /** For people; ends with a line feed. */
  readonly text: string;
  readonly facts: Facts;
}

/** What a mail is made of. */
export type Mailable = Pick<Message, 'subject' | 'text'> & {readonly facts: Pick<Facts, 'at'>};

/** The same for programs: the JSON of a webhook, the variables of a command. */
export interface Facts {
  readonly event: Notice;
  /** ISO 8601, UTC. */
  readonly at: string;
  readonly host: string;
  readonly app: string | undefined;
  readonly process: string | undefined;
  readonly state: StateName | undefined;
  readonly reason: string | undefined;
  /** What the process printed last. */
  readonly lines: readonly string[];
  /** Messages that were held back since the last one. */
  readonly held: number;
  /** `app:process`, after a boot. */
  readonly running: readonly string[] | undefined;
  readonly missing: readonly string[] | undefined;
}

/** What may be said of a process beside its event. */
export interface Words {
  readonly reason: string | undefined;
  readonly lines: readonly string[];
  /** Texts to be hidden, the longest first. */
  readonly secrets: readonly string[];
}

const SUBJECT = 180;
const REASON = 500;
const LINE = 300;

/** What to say about one process. Pure but for the time zone. */
export function messageAbout({news, held}: Portion, words: Words, host: string): Message {
  const hide = (text: string) => mask(text, words.secrets);
  const said = news.reason ?? (news.notice === 'recovered' ? undefined : words.reason);
  const reason = said === undefined ? undefined : plainLine(hide(said), REASON);
  const lines =
    news.notice === 'recovered'
      ? []
      : words.lines.map((line) => cut(plain(hide(line)).replaceAll('\n', ' '), LINE));
  const headline = headlineOf(news, reason);
  return {
    subject: plainLine(`appsup ${host}: ${headline}`, SUBJECT),
    text: paragraphs([
      [headline, `${localTime(news.at)} on ${host}`],
      lines.length === 0 ? [] : ['Its last lines:', ...lines.map((line) => `  ${line}`)],
      held === undefined ? [] : [`Held back since ${localTime(held.since)}: ${listOf(held.counts)}`],
      nextSteps(news),
    ]),
    facts: {
      event: news.notice,
      at: new Date(news.at).toISOString(),
      host,
      app: news.app,
      process: news.process,
      state: news.state,
      reason,
      lines,
      held: held === undefined ? 0 : sum(held.counts),
      running: undefined,
      missing: undefined,
    },
  };
}

/** What to say after a boot. @param wordsOf - About what is missing, by `app:process`. */
export function bootMessage(news: BootNews, wordsOf: (name: string) => Words, host: string): Message {
  const {running, missing, at} = news;
  const total = running.length + missing.length;
  const headline = `after the boot, ${bootWords(missing.length, total)} up`;
  const reasons = missing.map((name) => {
    const {reason, secrets} = wordsOf(name);
    return reason === undefined ? `  ${name}` : `  ${name}  ${plainLine(mask(reason, secrets), REASON)}`;
  });
  return {
    subject: plainLine(
      `appsup ${host}: ${headline}${missing.length === 0 ? '' : `: ${missing.join(', ')}`}`,
      SUBJECT,
    ),
    text: paragraphs([
      [headline, `${localTime(at)} on ${host}`],
      missing.length === 0 ? [] : ['Not up:', ...reasons],
      running.length === 0 ? [] : ['Up:', ...running.map((name) => `  ${name}`)],
      missing.length === 0
        ? ['Next: appsup status']
        : [`Next: appsup status`, `      appsup logs ${missing[0]}`],
    ]),
    facts: {
      event: 'boot',
      at: new Date(at).toISOString(),
      host,
      app: undefined,
      process: undefined,
      state: undefined,
      reason: undefined,
      lines: [],
      held: 0,
      running,
      missing,
    },
  };
}

function bootWords(missing: number, total: number): string {
  if (total === 1) return `the program is${missing === 0 ? '' : ' not'}`;
  if (missing === 0) return `all ${total} programs are`;
  return `${missing} of ${total} programs ${missing === 1 ? 'is' : 'are'} not`;
}

function headlineOf(
  {notice, app, process, state, at, since}: ProcessNews,
  reason: string | undefined,
): string {
  const name = `${app}:${process}`;
  const why = reason === undefined ? '' : `: ${reason}`;
  switch (notice) {
    case 'fatal':
      return state === 'fatal' ? `${name} is given up${why}` : `${name} keeps failing${why}`;
    case 'unhealthy':
      return `${name} fails its health checks${why}`;
    case 'failed':
      return `${name} has failed${why}`;
    case 'recovered': {
      const again = state === undefined ? 'went well again' : 'runs again';
      return since === undefined ? `${name} ${again}` : `${name} ${again}, after ${spanOf(at - since)}`;
    }
  }
}

/** What to type. */
function nextSteps({notice, app, process, state}: ProcessNews): readonly string[] {
  const name = `${app}:${process}`;
  switch (notice) {
    case 'fatal':
      return state === 'fatal'
        ? [
            `Next: appsup logs ${name}`,
            `      appsup restart ${name}    when it is mended: it is not tried any more`,
          ]
        : [`Next: appsup logs ${name}`, `      it is tried again; to end that: appsup stop ${name}`];
    case 'unhealthy':
      return [`Next: appsup status ${app}`, `      appsup logs ${name}`];
    case 'failed':
      return [`Next: appsup logs ${name}`, `      appsup run ${app} ${process}    when it is mended`];
    case 'recovered':
      return [`Next: nothing. What happened: appsup events ${app}`];
  }
}

function paragraphs(parts: readonly (readonly string[])[]): string {
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join('\n')}\n`)
    .join('\n');
}

/** `2 x fatal, 1 x recovered`. */
function listOf(counts: Readonly<Partial<Record<Notice, number>>>): string {
  return Object.entries(counts)
    .map(([notice, count]) => `${count} x ${notice}`)
    .join(', ');
}

function sum(counts: Readonly<Partial<Record<Notice, number>>>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

/** `2026-11-20 14:02:11`, in the supervisor's time zone. */
function localTime(at: number): string {
  const moment = new Date(at);
  const two = (figure: number) => String(figure).padStart(2, '0');
  const date = [moment.getFullYear(), two(moment.getMonth() + 1), two(moment.getDate())].join('-');
  return `${date} ${[moment.getHours(), moment.getMinutes(), moment.getSeconds()].map(two).join(':')}`;
}

function spanOf(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 2 * 3600 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
