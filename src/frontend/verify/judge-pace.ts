import {administrators, host, none, notOk, ok, you} from './fact.ts';
import type {Fact, Remedy} from './fact.ts';
import {PAUSE_MS} from './observe.ts';
import type {Observations} from './observe.ts';
import type {Subject} from './subject.ts';
import type {Answer} from './visit.ts';

const STREAMING = ['streaming', 'answers come as they are made'] as const;
const PAGE = ['page', 'its start page comes in time'] as const;
const SPEED = ['speed', 'the front end is quick'] as const;

/** A front end that needs longer than this for an answer that is there at once is a finding. */
const SLOW_MS = 2000;
/** A page of the app's that visitors do not wait for. */
const SLOW_PAGE_MS = 5000;

/** How long visitors wait, and for whom. Pure. */
export function judgePace(subject: Subject, seen: Observations): readonly Fact[] {
  return [...judgeStreaming(subject, seen), judgePage(subject, seen), judgeSpeed(subject, seen)];
}

/** Of an app that does not ask for it, nothing is promised. */
function judgeStreaming({streaming}: Subject, {stream}: Observations): readonly Fact[] {
  if (!streaming || stream === undefined) return [];
  if (stream.id === 'unproven') return [none(STREAMING, 'not seen')];
  if (stream.reply.bodyMs > PAUSE_MS / 2)
    return [ok(STREAMING, 'the first half of one came before the second')];
  return [
    notOk(
      STREAMING,
      'the front end holds them back until they are whole: no events, no progress',
      administrators('proxy_buffering off is missing (Apache: flushpackets=on at ProxyPass)'),
    ),
  ];
}

/** What the app needs by itself, and what becomes of it. */
function judgePage(subject: Subject, {page, direct}: Observations): Fact {
  const own =
    direct?.id === 'answer' ? `the app itself takes ${seconds(direct.ms)}` : 'the app itself neither';
  if (page.id === 'failure')
    return page.why === 'silent'
      ? notOk(PAGE, `${page.detail}${direct === undefined ? '' : `; ${own}`}`, ownTime(subject))
      : none(PAGE, page.detail);
  if (page.status === 504)
    return notOk(PAGE, `the front end gives up after ${seconds(page.ms)} (504)`, waitingTime(subject, page));
  if (page.ms < SLOW_PAGE_MS) return ok(PAGE, seconds(page.ms));
  const detail = `after ${seconds(page.ms)}${direct === undefined ? '' : `; ${own}`}`;
  const quick = direct?.id === 'answer' && direct.ms < page.ms / 2;
  return notOk(PAGE, detail, quick ? busy(subject) : ownTime(subject));
}

function ownTime({app}: Subject): Remedy {
  return you(
    `the time is the app's own: appsup logs ${app}; more workers or threads where visitors wait for each other`,
  );
}

/** A front end that waits for less than it was asked to, or an app that needs more than it asked for. */
function waitingTime({app, timeoutMs}: Subject, {ms}: Answer): Remedy {
  if (ms < timeoutMs * 0.9)
    return administrators(
      `the time for an answer is to be ${seconds(timeoutMs)} (timeout= at ProxyPass; nginx: proxy_read_timeout)`,
    );
  return you(
    `the app needs longer than it asked for: appsup logs ${app}; or front = { timeout = "..." } in its file, and appsup request ${app}`,
  );
}

/** What the front end adds to the time of the app itself. */
function judgeSpeed(subject: Subject, {plain, direct}: Observations): Fact {
  if (plain.id === 'unproven') return none(SPEED, 'not seen');
  const own = direct?.id === 'answer' ? `; the app's start page ${Math.round(direct.ms)} ms` : '';
  const detail = `token ${Math.round(plain.reply.ms)} ms${own}`;
  return plain.reply.ms < SLOW_MS ? ok(SPEED, detail) : notOk(SPEED, detail, busy(subject));
}

function busy({app}: Subject): Remedy {
  return host(
    `the time is spent before ${app} is asked: names that are looked up, a module, or a busy server`,
  );
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1).replace('.0', '')} s`;
}
