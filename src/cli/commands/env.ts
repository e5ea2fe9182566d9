import {describeEnvironment} from '../../launch/describe.ts';
import type {ShownVariable} from '../../launch/describe.ts';
import {prepare} from '../../launch/prepare.ts';
import type {Command, Context} from '../context.ts';
import {placeOf} from '../place-of.ts';
import {printable} from '../printable.ts';

/** `appsup env APP[:PROGRAM]`: built as at a start, with secret values hidden. Starts nothing. */
export const env: Command = async (context, {words: [word = '']}) => {
  const {app, program, variables, warnings} = await environmentOf(context, word);
  return {
    text: variables.map(({name, value}) => `${name}=${printable(value)}`).join('\n'),
    json: [{app, program, variables}],
    hints: warnings,
  };
};

/** What a program is started with, for eyes. @throws AppsupError `NO_SUCH_APP`, `NO_SUCH_PROGRAM`, `CONFIG` */
export async function environmentOf(
  context: Context,
  word: string,
): Promise<{
  readonly app: string;
  readonly program: string;
  readonly variables: readonly ShownVariable[];
  readonly warnings: readonly string[];
}> {
  const {app, program, launch} = await placeOf(context, 'show the environment of', word);
  const prepared = await prepare(app, program, launch);
  return {
    app: app.name,
    program: program.name,
    variables: describeEnvironment(prepared),
    warnings: prepared.warnings,
  };
}
