/** An address that a page has the browser load or send something to, and what for. */
export interface PageLink {
  readonly url: URL;
  readonly kind: 'file' | 'form' | 'link';
}

const ATTRIBUTE =
  /<(a|area|form|frame|iframe|img|link|script|source)\b[^>]*?\s(?:href|src|action)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/gi;
const FILES = new Set(['img', 'link', 'script', 'source']);
const MOST_LINKS = 500;

/**
 * Addresses of a page, resolved as a browser does. Looked for in the text: an approximation that needs no parser, and errs by missing some.
 *
 * Pure.
 */
export function linksOf(html: string, page: URL): readonly PageLink[] {
  const text = html.replaceAll(/<!--[^]*?-->/g, '');
  const base = /<base\b[^>]*?\shref\s*=\s*["']?([^"'\s>]+)/i.exec(text)?.[1] ?? '';
  const root = URL.canParse(base, page.href) ? new URL(base, page) : page;
  return [...text.matchAll(ATTRIBUTE)].slice(0, MOST_LINKS).flatMap(([, tag = '', ...values]) => {
    const address =
      values
        .find((value) => value !== undefined)
        ?.replaceAll('&amp;', '&')
        .trim() ?? '';
    if (!URL.canParse(address, root.href)) return [];
    const url = new URL(address, root);
    if (!/^https?:$/.test(url.protocol)) return [];
    const name = tag.toLowerCase();
    return [{url, kind: FILES.has(name) ? 'file' : name === 'form' ? 'form' : 'link'} as const];
  });
}

/** True for a path of the mount: `/alice_tasks` and what is below it. Pure. */
export function isWithin(pathname: string, mount: string): boolean {
  return pathname === mount || pathname.startsWith(`${mount}/`);
}
