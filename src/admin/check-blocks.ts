import {checkSnippet} from '../frontend/check.ts';
import type {CheckResult} from '../frontend/check.ts';
import {blockAt, includeFile} from './include-file.ts';
import type {Block, ServerKind} from './include-file.ts';

type Good = Extract<Block, {ok: true}>;

export interface Checked {
  readonly text: string;
  readonly blocks: readonly Good[];
  /** Blocks that the server refuses by itself, with its words. */
  readonly dropped: readonly Extract<Block, {ok: false}>[];
  readonly check: CheckResult;
}

/** The file that the host's own server takes, without the blocks that it refuses: one of them must not hold up the others. */
export async function checkBlocks(
  blocks: readonly Good[],
  {host, server, env}: {readonly host: string; readonly server: ServerKind; readonly env: NodeJS.ProcessEnv},
): Promise<Checked> {
  const dropped: Extract<Block, {ok: false}>[] = [];
  for (let left = blocks; ;) {
    const text = includeFile(left, host);
    const check = await checkSnippet(text, server, {env});
    const culprit =
      !check.checked || check.ok || check.line === undefined ? undefined : blockAt(left, text, check.line);
    if (culprit === undefined || !check.checked) return {text, blocks: left, dropped, check};
    dropped.push({
      request: culprit.request,
      ok: false,
      problem: `${check.version} refuses it: ${check.message}`,
    });
    left = left.filter((block) => block !== culprit);
  }
}
