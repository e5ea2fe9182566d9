import {fillMount} from '../config/keys.ts';

/** The part of the URL space that is one user's, by the host's rule. */
export interface MountForm {
  readonly user: string;
  /** `/alice_` and ``, of the rule `/{user}_{app}`. */
  readonly before: string;
  readonly after: string;
  /** `/~alice`, which is alice's on every host, with what is below it. */
  readonly own: string;
  /** The name stands in the mount as it is; `a.b` becomes `a_b`. */
  readonly exact: boolean;
}

export function mountForm(user: string, rule: string): MountForm {
  const plain = fillMount('{user}', user, '');
  const [before = '', after = ''] = fillMount(rule, user, '\0').split('\0');
  return {user, before, after, own: `/~${plain}`, exact: rule.includes('{user}') && plain === user};
}

/** True when a mount is one of the user's: `/alice_tasks` by `/{user}_{app}`, or `/~alice/tasks`. */
export function isMountOf(mount: string, form: MountForm): boolean {
  return weightOf(mount, form) > 0;
}

/**
 * Whose mount it is, of several users whose form it has: alice may not have `/alice_b_shop` where there is a user alice_b.
 *
 * The one with the longest fitting form; of `a.b` and `a_b`, which a mount cannot tell apart, the one whose name stands in it.
 * `undefined`: nobody's, or with a rule without `{user}` anybody's.
 */
export function ownerOfMount(mount: string, forms: readonly MountForm[]): string | undefined {
  let best: {readonly user: string | undefined; readonly weight: number} = {user: undefined, weight: 0};
  for (const form of forms) {
    const weight = weightOf(mount, form);
    if (weight > best.weight) best = {user: form.user, weight};
    else if (weight === best.weight) best = {user: undefined, weight};
  }
  return best.user;
}

/** How many characters of the mount the form fixes, and half a one for an exact name; 0: it does not fit. */
function weightOf(mount: string, {before, after, own, exact}: MountForm): number {
  const bonus = exact ? 0.5 : 0;
  if (mount === own || mount.startsWith(`${own}/`)) return own.length + bonus;
  // `/alice` itself, where the rule is `/{user}/{app}`: one line of the front end for all of alice's apps.
  if (after === '' && before.length > 1 && `${mount}/` === before) return before.length + bonus;
  const fits =
    mount.length > before.length + after.length && mount.startsWith(before) && mount.endsWith(after);
  return fits ? before.length + after.length + bonus : 0;
}
