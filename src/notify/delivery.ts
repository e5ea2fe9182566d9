/** What came of one attempt to deliver. A failure is an outcome: nothing of supervision hangs on it. */
export type Delivery =
  | {readonly ok: true}
  | {
      readonly ok: false;
      /** One line, without secrets. */
      readonly why: string;
      /** Trying again later may help, and cannot have it done twice. */
      readonly again: boolean;
    };

export const DELIVERED: Delivery = {ok: true};

export function undelivered(why: string, again = false): Delivery {
  return {ok: false, why, again};
}
