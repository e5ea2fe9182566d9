import type {Prepared} from './contract.ts';
import {MASK, mask} from './mask.ts';

/** One variable as it may be shown. */
export interface ShownVariable {
  readonly name: string;
  /** `***` when hidden. */
  readonly value: string;
  readonly hidden: boolean;
}

/** The environment for eyes, by name: values of env files and of names that look secret are hidden. */
export function describeEnvironment(
  prepared: Pick<Prepared, 'env' | 'hidden' | 'secrets'>,
): readonly ShownVariable[] {
  const hidden = new Set(prepared.hidden);
  return Object.entries(prepared.env)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) =>
      hidden.has(name)
        ? {name, value: MASK, hidden: true}
        : {name, value: mask(value, prepared.secrets), hidden: false},
    );
}
