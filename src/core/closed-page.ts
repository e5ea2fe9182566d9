/**
 * What visitors see while nothing serves an app. Says nothing about why: that is the owner's business.
 *
 * @param words - The owner's; `undefined`: ours.
 */
export function closedPage(
  app: string,
  {starting = false, words}: {readonly starting?: boolean; readonly words?: string | undefined} = {},
): string {
  const ours = starting ? 'is starting; please try again in a moment' : 'is not running at the moment';
  const text = words === undefined ? `The application <b>${app}</b> ${ours}.` : escapeHtml(words);
  return `<!doctype html>\n<meta charset="utf-8">\n<title>${app}</title>\n<p>${text}</p>\n`;
}

function escapeHtml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
