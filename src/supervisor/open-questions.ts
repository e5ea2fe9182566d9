/** A question that only this app's supervisor can answer: it proves where a public address leads. */
export interface Question {
  /** Stands in the target of the request that asks it. */
  readonly question: string;
  /** The body of the answer to it. */
  readonly answer: string;
  /** Fields of the answer's head, besides those that it always has. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** How long to wait for visitors. */
  readonly timeoutMs: number;
  /** Until the second half of the answer, which is a stream of events then. @defaultValue all of it at once */
  readonly pauseMs?: number | undefined;
}

export interface ChallengeOutcome {
  readonly answered: boolean;
  /** Head of the request that asked the question, as it came; see `readHead`. */
  readonly head: string | undefined;
  /** Visitors with something else to ask, who were handed on to the app. */
  readonly passedOn: number;
}

interface Open {
  readonly question: Question;
  readonly settle: (outcome: ChallengeOutcome) => void;
}

/** Nobody asked in time. */
const UNASKED: ChallengeOutcome = {answered: false, head: undefined, passedOn: 0};

/** The questions that an app's visitors may ask now: all at the same time, so that two who verify it do not disturb each other. */
export class OpenQuestions {
  readonly #open = new Set<Open>();
  #hearing: Promise<unknown> = Promise.resolve();
  readonly #waiting: (() => void)[] = [];

  get any(): boolean {
    return this.#open.size > 0;
  }

  /** Resolves when none is left. */
  async idle(): Promise<void> {
    if (this.any) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** Wait for who asks; resolves with nobody having asked when time is up. */
  async put(question: Question): Promise<ChallengeOutcome> {
    return await new Promise((resolve) => {
      // A visitor who came in time is heard out.
      const late = setTimeout(() => void this.#hearing.then(() => open.settle(UNASKED)), question.timeoutMs);
      const open: Open = {
        question,
        settle: (outcome) => {
          clearTimeout(late);
          this.#open.delete(open);
          if (!this.any) for (const wake of this.#waiting.splice(0)) wake();
          resolve(outcome);
        },
      };
      this.#open.add(open);
    });
  }

  /** The question that a request asks with its target. */
  askedBy(target: string): Question | undefined {
    return this.#find(target)?.question;
  }

  /** A request with this target was answered. */
  answered(target: string, head: string): void {
    this.#find(target)?.settle({answered: true, head, passedOn: 0});
  }

  /** A visitor who wanted something else was handed on: each of those who wait has to begin anew. */
  passedOn(): void {
    for (const {settle} of this.#open) settle({...UNASKED, passedOn: 1});
  }

  /** What takes its time with a visitor. */
  async hear<Result>(hearing: Promise<Result>): Promise<Result> {
    this.#hearing = hearing.catch(() => undefined);
    return await hearing;
  }

  #find(target: string): Open | undefined {
    for (const open of this.#open) if (target.includes(open.question.question)) return open;
    return undefined;
  }
}
