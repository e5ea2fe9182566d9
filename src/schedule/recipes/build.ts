import path from 'node:path';

import type {Plan, TaskSpec, TaskWork} from '../../core/task-spec.ts';
import {scriptStep} from './script.ts';

/** A link is switched by a rename, so no visitor finds half of it. A directory that stands in its place goes aside once. */
const SWITCH = `
output=$1 link=$2 keep=$3
if [ ! -d "$output" ] || [ -z "$(ls -A "$output")" ]; then
  note "the build has made nothing in $(basename "$output")"
  exit 1
fi
new=$link-$(date -u +%Y%m%dT%H%M%SZ)
mv -T "$output" "$new"
if [ -d "$link" ] && [ ! -L "$link" ]; then mv -T "$link" "$link-before"; fi
ln -sfn "$(basename "$new")" "$link.appsup-link"
mv -T "$link.appsup-link" "$link"
set -- "$link"-[0-9]*T[0-9]*Z
while [ $# -gt "$keep" ]; do
  [ "$1" = "$new" ] || rm -rf "$1"
  shift
done
note "$(basename "$link") -> $(basename "$new")"
`;

/** Build, then switch a link to what was built; what was served before is served until then. */
export function build(task: TaskSpec, work: Extract<TaskWork, {kind: 'build'}>): Plan {
  const {output, link, keep, build: steps} = work;
  const args = [output, link, String(keep)];
  return {
    steps: [...steps, scriptStep(task, {name: `switch ${path.basename(link)}`, text: SWITCH, args})],
    undo: [],
  };
}
