import {configOf, specNamed} from '../apps.ts';
import type {Command} from '../context.ts';
import {checked, frontNamed, linesFor} from '../front-ends.ts';
import {checkedTargets} from '../targets.ts';

const ACTION = 'write a snippet for';

/** `appsup snippet APP [--front KIND]`: on stdout the lines alone, what the real server says of them on stderr. */
export const snippet: Command = async (context, {words, options}) => {
  const [name = ''] = checkedTargets(ACTION, words);
  const kind = frontNamed(options.value('front') ?? 'apache', ACTION);
  const config = configOf(context);
  const {app, port, text} = await linesFor(context, config, {
    app: specNamed(config, ACTION, name),
    kind,
    action: ACTION,
  });
  const {check, hint, exitCode} = await checked(context, text, kind);
  return {
    text: text.trimEnd(),
    json: [{app: name, front: kind, port, mount: app.mount, snippet: text, check}],
    hints: [hint],
    exitCode,
  };
};
