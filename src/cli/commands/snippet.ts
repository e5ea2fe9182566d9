import {cautions} from '../../frontend/cautions.ts';
import {inOrder} from '../../frontend/order.ts';
import {isVersion} from '../../frontend/version-number.ts';
import {configOf} from '../apps.ts';
import {usage} from '../args.ts';
import type {Command} from '../context.ts';
import {appsForFront, checked, frontNamed, linesFor} from '../front-ends.ts';
import type {Lines} from '../front-ends.ts';

const ACTION = 'write a snippet for';

/** `appsup snippet APP... [--front KIND]`: on stdout the lines alone, what the real server says of them on stderr. */
export const snippet: Command = async (context, {words, options}) => {
  const kind = frontNamed(options.value('front') ?? 'apache', ACTION);
  const httpdVersion = versionNamed(options.value('httpd-version'));
  const config = configOf(context);
  const lines: Lines[] = [];
  for (const app of appsForFront(config, ACTION, words)) {
    lines.push(await linesFor(context, config, {app, kind, action: ACTION, httpdVersion}));
  }
  const blocks = inOrder(lines, kind, ({app}) => ({mount: app.mount, statics: app.front.statics}));
  const whole = blocks.map(({text}) => text).join('\n');
  const {check, hint, exitCode} = await checked(context, whole, kind);
  return {
    text: whole.trimEnd(),
    json: blocks.map(({app, port, text}) => ({
      ...{app: app.name, front: kind, port, mount: app.mount, snippet: text, check},
      cautions: cautions(app, kind),
    })),
    hints: [hint, ...blocks.flatMap(({app}) => cautions(app, kind))],
    exitCode,
  };
};

function versionNamed(word: string | undefined): string | undefined {
  if (word === undefined || isVersion(word)) return word;
  throw usage(`Cannot write a snippet for Apache httpd "${word}"`, {
    hint: '--httpd-version 2.4.6, as httpd -v says',
  });
}
