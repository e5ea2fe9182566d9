import type {Subject} from './subject.ts';

/** One thing that holds of the way to an app, or does not. */
export interface Fact {
  /** Stable, for scripts: `cookies`. */
  readonly id: string;
  readonly title: string;
  /** `none`: does not apply, or could not be seen. */
  readonly verdict: 'ok' | 'not-ok' | 'none';
  /** What was seen; one line. */
  readonly detail: string;
  /** With `not-ok`: what to change, and who has to. */
  readonly remedy?: Remedy;
}

export interface Remedy {
  readonly who: 'you' | 'administrators';
  readonly what: string;
  /** True when the lines of `appsup request` put it right. */
  readonly inBlock?: true;
}

type Words = readonly [id: string, title: string];

export function ok([id, title]: Words, detail = ''): Fact {
  return {id, title, verdict: 'ok', detail};
}

export function none([id, title]: Words, detail: string): Fact {
  return {id, title, verdict: 'none', detail};
}

export function notOk([id, title]: Words, detail: string, remedy: Remedy): Fact {
  return {id, title, verdict: 'not-ok', detail, remedy};
}

/** For the user to do. */
export function you(what: string): Remedy {
  return {who: 'you', what};
}

/** For the administrators to do; the block that appsup writes has it right. */
export function administrators(what: string): Remedy {
  return {who: 'administrators', what, inBlock: true};
}

/** For the administrators, and nothing that lines for an app could mend. */
export function host(what: string): Remedy {
  return {who: 'administrators', what};
}

/** How the administrators get the lines that have everything right. */
export function blockAdvice({requestedAt, app}: Subject): string {
  return requestedAt === undefined
    ? `the whole block for the administrators: appsup request ${app}`
    : `ask the administrators to use the whole block, as sent on ${requestedAt} (appsup request ${app})`;
}

/** `http://127.0.0.1:20140/alice_tasks/`: what the front end has to pass requests to. */
export function targetOf({upstream, prefix, mount}: Subject): string {
  const path = prefix === 'strip' ? '/' : `${mount}/`;
  return upstream.kind === 'tcp'
    ? `${upstream.protocol}://127.0.0.1:${upstream.port}${path}`
    : `the socket ${upstream.path}`;
}
