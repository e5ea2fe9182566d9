import type {Desired, DesiredStates} from './desired.ts';
import type {UnitIdentity} from './generation.ts';

/** What the user wishes of one app's processes. A wish is on the disk before it counts. */
export class Wishes {
  readonly #app: string;
  readonly #desired: DesiredStates;
  readonly #wishes: Map<string, Desired>;

  constructor(app: string, desired: DesiredStates) {
    this.#app = app;
    this.#desired = desired;
    this.#wishes = new Map(desired.read(app));
  }

  /** Names of all processes that anything was wished of, also of those that there are no more. */
  get processes(): readonly string[] {
    return [...this.#wishes.keys()];
  }

  /** A process that came with a higher `numprocs` is wished for as its siblings are. `undefined`: nobody has said anything. */
  of({program, process}: UnitIdentity): Desired | undefined {
    const sibling = [...this.#wishes.keys()].find(
      (name) => name === program || name.replace(/_\d+$/, '') === program,
    );
    return this.#wishes.get(process) ?? this.#wishes.get(sibling ?? '');
  }

  /** @throws AppsupError `DISK`: then nothing was changed. */
  set(processes: readonly string[], wish: Desired): void {
    const wishes = new Map(this.#wishes);
    for (const process of processes) wishes.set(process, wish);
    this.#desired.write(this.#app, wishes);
    for (const [process, value] of wishes) this.#wishes.set(process, value);
  }

  /**
   * What runs was wished for, whatever became of the file that said so; unless there is another wish.
   *
   * @throws AppsupError `DISK`: then it is remembered for as long as this supervisor lives.
   */
  remember(unit: UnitIdentity): void {
    if (this.of(unit) !== undefined) return;
    this.#wishes.set(unit.process, 'running');
    this.#desired.write(this.#app, this.#wishes);
  }
}
