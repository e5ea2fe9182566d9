import type {Fact} from './fact.ts';
import {judgeHeads} from './judge-head.ts';
import {judgePages} from './judge-page.ts';
import {judgeCertificate, judgeReached} from './judge-reach.ts';
import {judgePace} from './judge-pace.ts';
import type {Observations} from './observe.ts';
import type {Subject} from './subject.ts';

/**
 * What holds of the way to an app and what does not, one fact after the other, the most important first.
 *
 * Of an app that was not reached, no more is said than that, and whatever its certificate tells. Pure.
 */
export function judge(subject: Subject, seen: Observations): readonly Fact[] {
  const certificate = judgeCertificate(subject, seen);
  const reached = [judgeReached(subject, seen), ...(certificate === undefined ? [] : [certificate])];
  if (seen.plain.id === 'unproven') return reached;
  const heads = judgeHeads(subject, seen, seen.plain);
  const asExpected = heads.find(({id}) => id === 'prefix')?.verdict === 'ok';
  return [...reached, ...heads, ...judgePages(subject, seen, asExpected), ...judgePace(subject, seen)];
}
