/** Results as one table: a row per figure, a column per supervisor, and how many times appsup's each of the others is. */
export function table(results, peers) {
  const others = peers.filter((peer) => peer !== 'appsup');
  const hasRatio = peers.includes('appsup');
  const rows = [
    ['scenario', 'figure', ...peers, ...(hasRatio ? others.map((peer) => `${peer} : appsup`) : [])],
  ];
  for (const [scenario, byPeer] of Object.entries(results)) {
    const figures = [...new Set(Object.values(byPeer).flatMap((figure) => Object.keys(figure)))];
    for (const [at, figure] of figures.entries()) {
      const value = (peer) => byPeer[peer]?.[figure];
      const ratios = hasRatio ? others.map((peer) => ratio(value(peer), value('appsup'))) : [];
      rows.push([at === 0 ? scenario : '', figure, ...peers.map((peer) => shown(value(peer))), ...ratios]);
    }
  }
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) =>
    row
      .map((cell, at) => (at < 2 ? cell.padEnd(widths[at]) : cell.padStart(widths[at])))
      .join('  ')
      .trimEnd();
  const rule = '-'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}

function shown(value) {
  if (value === undefined) return '-';
  if (typeof value !== 'number') return String(value);
  if (!Number.isFinite(value)) return 'never';
  if (Number.isInteger(value)) return String(value);
  return value < 10 ? value.toFixed(2) : value.toFixed(0);
}

function ratio(theirs, ours) {
  if (typeof theirs !== 'number' || typeof ours !== 'number') return '-';
  if (theirs === ours) return '1.0';
  if (!Number.isFinite(theirs)) return 'never';
  return ours === 0 ? `${shown(theirs)} : 0` : (theirs / ours).toFixed(1);
}
