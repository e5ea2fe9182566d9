import type {StaticSpec} from '../core/spec.ts';
import type {FrontEnd} from './snippet.ts';

/** What decides where an app's block has to stand among others. */
export interface Mounted {
  readonly mount: string;
  readonly statics: readonly StaticSpec[];
}

/**
 * Apps in the order in which their blocks have to stand, so that nested mounts all work.
 *
 * Of matching `<Location>`s Apache takes the last one, of flat lines (ProxyPass, Alias) the first; a proxied place wins over an
 * `Alias`, so directories that are served at the mount itself come last, the longest first. nginx takes the longest location,
 * and a `.htaccess` lies in its own directory.
 */
export function inOrder<Item>(
  items: readonly Item[],
  front: FrontEnd,
  of: (item: Item) => Mounted,
): readonly Item[] {
  const rank = (item: Item) => {
    const {mount, statics} = of(item);
    if (front === 'apache-minimal') return -mount.length;
    return statics.some(({path}) => path === '/') ? 1000 - mount.length : mount.length;
  };
  return items.toSorted((a, b) => rank(a) - rank(b));
}
