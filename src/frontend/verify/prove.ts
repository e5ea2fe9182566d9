import {randomBytes} from 'node:crypto';

import type {Clock} from '../../system/clock.ts';
import {parseHead} from './head.ts';
import type {Head} from './head.ts';
import type {Answer, Reply, Visit} from './visit.ts';

/** What the supervisor does with a question; see `SupervisorApi.challenge`. */
export type Challenge = (request: {
  readonly question: string;
  readonly answer: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly timeoutMs: number;
  readonly pauseMs?: number;
}) => Promise<{readonly answered: boolean; readonly head: string | undefined; readonly passedOn: number}>;

export interface ProofWorld {
  readonly challenge: Challenge;
  readonly visit: (visit: Visit) => Promise<Reply>;
  readonly clock: Pick<Clock, 'after' | 'monotonic'>;
}

export interface ProofRequest {
  /** The visit that asks; the question stands in its target. */
  readonly visit: (question: string) => Visit;
  /** A visit that is not expected to reach the app. It is made some times before the other, which then shows that it could have been answered. */
  readonly before?: (question: string) => Visit;
  /** Fields of the answer. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** How long an answer may take to arrive at the app. */
  readonly timeoutMs: number;
  /** Between the halves of the answer. @defaultValue 0: all of it at once */
  readonly pauseMs?: number;
}

/** What came of asking a question: it was answered by this very app's supervisor, or something else answered. */
export type Proof =
  | {readonly id: 'proven'; readonly visit: Visit; readonly reply: Answer; readonly head: Head}
  | {readonly id: 'unproven'; readonly reply: Reply};

/** How many visitors at once, and for how long to wait before them. More and more: a front end may keep connections to the app, which it uses first. */
const TURNS: readonly (readonly [waitMs: number, visitors: number])[] = [
  [80, 1],
  [30, 1],
  [30, 1],
  [40, 1],
  [60, 2],
  [80, 2],
  [120, 4],
  [160, 6],
  [200, 8],
  // On a busy host the supervisor is late.
  ...Array.from({length: 8}, () => [250, 1] as const),
];
const TURNS_BEFORE = Array.from({length: 8}, (_, at) => [at === 0 ? 120 : 40, 1] as const);
/** Others visit the app as well, and each of them ends a round. */
const MOST_MS = 20_000;
/** Rounds in which nobody came at all, before it is believed. */
const EMPTY_ROUNDS = 2;

/**
 * Ask until the app's supervisor answers.
 *
 * The app's own processes accept visitors on the same socket, so a question may reach them instead; then it is asked again.
 *
 * @throws AppsupError as the challenge does: nothing of the app listens, no supervisor.
 */
export async function prove(world: ProofWorld, request: ProofRequest): Promise<Proof> {
  const end = world.clock.monotonic() + MOST_MS;
  let empty = 0;
  for (;;) {
    const round = await ask(world, request);
    if (round.proof.id === 'proven') return round.proof;
    if (!round.taken) empty++;
    if (empty >= EMPTY_ROUNDS || world.clock.monotonic() > end) return round.proof;
  }
}

async function ask(
  {challenge, visit, clock}: ProofWorld,
  {visit: asking, before, headers = [], timeoutMs, pauseMs = 0}: ProofRequest,
): Promise<{readonly proof: Proof; readonly taken: boolean}> {
  const question = `appsup-${randomBytes(12).toString('hex')}`;
  const answer = randomBytes(12).toString('hex');
  let over = false;
  const outcome = challenge({question, answer, headers, timeoutMs, pauseMs}).finally(() => (over = true));
  // Its failure is awaited below, after the visits.
  outcome.catch(() => undefined);
  const plan = [
    ...(before === undefined ? [] : TURNS_BEFORE.map((turn) => ({turn, made: before(question)}))),
    ...TURNS.map((turn) => ({turn, made: asking(question)})),
  ];
  const seen: {readonly visit: Visit; readonly reply: Reply}[] = [];
  for (const {turn, made} of plan) {
    const [waitMs, visitors] = turn;
    await new Promise<void>((resolve) => clock.after(waitMs, resolve));
    if (over) break;
    const replies = await Promise.all(
      Array.from({length: visitors}, async () => await visit({...made, timeoutMs: timeoutMs + pauseMs})),
    );
    seen.push(...replies.map((reply) => ({visit: made, reply})));
    // A front end that is down will not be up in a moment.
    if (replies.every(({id}) => id === 'failure')) break;
  }
  const {answered, head, passedOn} = await outcome;
  const hit = seen.find(
    ({reply}) => reply.id === 'answer' && (reply.status === 101 || reply.body.toString('latin1') === answer),
  );
  if (answered && head !== undefined && hit?.reply.id === 'answer')
    return {proof: {id: 'proven', visit: hit.visit, reply: hit.reply, head: parseHead(head)}, taken: true};
  const last = seen.at(-1)?.reply ?? {id: 'failure', why: 'silent', detail: 'nobody could be asked'};
  return {proof: {id: 'unproven', reply: last}, taken: passedOn > 0};
}
