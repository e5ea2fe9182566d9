import type {Subject} from './programs.ts';
import {SUBJECTS, nameOf} from './programs.ts';

export type Wish = 'running' | 'stopped';

/** A command that is under way. */
export interface Order {
  readonly units: readonly string[];
  readonly wish: Wish;
  /** Another order meddled with one of the same units. */
  crossed: boolean;
}

/** What may be wished of each process, as far as the one who gives the orders can know. */
export class Wishes {
  readonly #possible = new Map<string, ReadonlySet<Wish>>(
    SUBJECTS.map((subject) => [nameOf(subject), new Set(['stopped'])]),
  );
  readonly #orders = new Set<Order>();

  /** An order goes out: from now on it may have been heard. */
  begin(targets: readonly string[], wish: Wish): Order {
    const units = SUBJECTS.filter((subject) => targets.some((target) => isMeant(subject, target))).map(
      nameOf,
    );
    const order: Order = {units, wish, crossed: false};
    for (const other of this.#orders) {
      if (!other.units.some((unit) => units.includes(unit))) continue;
      other.crossed = true;
      order.crossed = true;
    }
    this.#orders.add(order);
    for (const unit of units) this.#possible.set(unit, new Set([...this.possible(unit), wish]));
    return order;
  }

  /** @param heard - It was said that it was done. */
  end(order: Order, heard: boolean): void {
    this.#orders.delete(order);
    if (!heard || order.crossed) return;
    for (const unit of order.units) this.#possible.set(unit, new Set([order.wish]));
  }

  /** The file that remembers the wishes of an app was damaged. */
  forget(app: string): void {
    for (const unit of this.#possible.keys())
      if (unit.startsWith(`${app}:`)) this.#possible.set(unit, new Set(['running', 'stopped']));
    for (const order of this.#orders) order.crossed = true;
  }

  possible(unit: string): ReadonlySet<Wish> {
    return this.#possible.get(unit) ?? new Set();
  }

  /** What it turned out to be, while no order is under way. */
  settle(unit: string, wish: Wish): void {
    this.#possible.set(unit, new Set([wish]));
  }
}

function isMeant({app, process}: Subject, target: string): boolean {
  const [name, program] = target.split(':');
  return (
    target === 'all' ||
    (name === app &&
      (program === undefined || process === program || process.replace(/_\d+$/, '') === program))
  );
}
