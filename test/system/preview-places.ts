import {mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import path from 'node:path';

import test from 'ava';

import {makePreviewPlace, sweepPreviews} from '../../src/system/preview-places.ts';
import {systemProc} from '../../src/system/proc.ts';

test('sweepPreviews() removes what is left of previews that were killed, and nothing of one that lives', (t) => {
  const state = mkdtempSync(path.join(tmpdir(), 'as-'));
  t.teardown(() => rmSync(state, {recursive: true}));
  const mine = path.basename(makePreviewPlace({state}, systemProc));
  const [, pid = '', start = ''] = mine.split('-');
  // Of a process that was before ours, of one that is gone, and what is no preview's.
  for (const name of [`preview-${pid}-${Number(start) - 1}`, 'preview-4194304-1', 'preview-notes', 'run']) {
    mkdirSync(path.join(state, name));
    writeFileSync(path.join(state, name, 'routes.json'), '');
  }
  sweepPreviews({state}, systemProc);
  t.deepEqual(readdirSync(state).toSorted(), [mine, 'preview-notes', 'run'].toSorted());
});
