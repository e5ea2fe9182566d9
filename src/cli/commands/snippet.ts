import {hostname} from 'node:os';

import {nearest} from '../../core/nearest.ts';
import {webProgram} from '../../core/spec.ts';
import {AppsupError} from '../../errors.ts';
import {apacheMinimalSnippet, apacheSnippet} from '../../frontend/apache.ts';
import {checkSnippet} from '../../frontend/check.ts';
import type {CheckResult} from '../../frontend/check.ts';
import {nginxSnippet} from '../../frontend/nginx.ts';
import {FRONT_ENDS} from '../../frontend/snippet.ts';
import type {FrontEnd, SnippetInput} from '../../frontend/snippet.ts';
import {configOf, portOf, specNamed} from '../apps.ts';
import {usage} from '../args.ts';
import type {Command} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {checkedTargets} from '../targets.ts';

const WRITERS: Readonly<Record<FrontEnd, (input: SnippetInput) => string>> = {
  apache: apacheSnippet,
  'apache-minimal': apacheMinimalSnippet,
  nginx: nginxSnippet,
};

/** `appsup snippet APP [--front KIND]`: on stdout the lines alone, what the real server says of them on stderr. */
export const snippet: Command = async (context, {words, options}) => {
  const [name = ''] = checkedTargets('write a snippet for', words);
  const kind = frontOf(options.value('front'));
  const config = configOf(context);
  const app = specNamed(config, 'write a snippet for', name);
  if (webProgram(app) === undefined) {
    throw new AppsupError(
      'NOT_AN_APP',
      `Cannot write a snippet for "${name}": none of its programs serves anything`,
      {
        hint: `appsup show ${name}`,
      },
    );
  }
  const port = await portOf(context, config, app);
  const date = dayOf(context.clock.wall());
  const {mount, prefix} = app;
  const text = WRITERS[kind]({
    user: context.account().username,
    host: hostname(),
    app: name,
    mount,
    prefix,
    port,
    date,
  });
  const check = await checkSnippet(text, kind, {env: context.env, directory: context.paths.state});
  return {
    text: text.trimEnd(),
    json: [{app: name, front: kind, port, mount, snippet: text, check}],
    ...verdict(check, kind),
  };
};

function frontOf(word = 'apache'): FrontEnd {
  const kind = FRONT_ENDS.find((known) => known === word);
  if (kind !== undefined) return kind;
  const meant = nearest(word, FRONT_ENDS);
  throw usage(`Cannot write a snippet for the front end "${word}"`, {
    hint: meant === undefined ? `--front ${FRONT_ENDS.join(' | ')}` : `did you mean "--front ${meant}"?`,
  });
}

function verdict(
  check: CheckResult,
  kind: FrontEnd,
): {readonly hints: readonly string[]; readonly exitCode: number} {
  if (!check.checked) return {hints: [`not checked: ${check.reason}`], exitCode: EXIT.ok};
  if (check.ok)
    return {hints: [`checked with ${check.version} on this host: ${check.message}`], exitCode: EXIT.ok};
  const way = kind === 'apache' ? '; --front apache-minimal needs fewer modules' : '';
  return {hints: [`${check.version} on this host refuses it: ${check.message}${way}`], exitCode: EXIT.failed};
}

/** The reader's calendar day. */
function dayOf(wall: number): string {
  const at = new Date(wall);
  return [at.getFullYear(), at.getMonth() + 1, at.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
}
