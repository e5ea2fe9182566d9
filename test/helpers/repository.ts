import {execFileSync} from 'node:child_process';

import {toolPath} from './tools.ts';

/**
 * A directory as a repository with one commit on `main`, of all that lies in it.
 *
 * @returns git in that directory, as Alice whose home this is
 */
export function makeRepository(
  directory: string,
  home: string,
  message: string,
): (...args: readonly string[]) => void {
  const author = ['-c', 'user.name=Alice', '-c', 'user.email=alice@example.org'];
  const env = {PATH: '/usr/bin:/bin', HOME: home};
  const git = (...args: readonly string[]): void => {
    execFileSync(toolPath('git'), [...author, ...args], {cwd: directory, env});
  };
  git('init', '--quiet', '--initial-branch=main');
  git('add', '--all');
  git('commit', '--quiet', '--message', message);
  return git;
}
