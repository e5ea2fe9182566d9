import {describeEnvironment} from '../../launch/describe.ts';
import type {ShownVariable} from '../../launch/describe.ts';
import {prepare} from '../../launch/prepare.ts';
import {configOf, namesOf} from '../apps.ts';
import type {Command, Context} from '../context.ts';
import {forEachApp} from '../each.ts';
import {placeOf} from '../place-of.ts';
import {printable} from '../printable.ts';

const ACTION = 'show the environment of';

/** `appsup env APP[:PROGRAM]...`: built as at a start, with secret values hidden. Starts nothing. */
export const env: Command = async (context, {words}) => {
  const names = namesOf(configOf(context), ACTION, words);
  return await forEachApp(
    names,
    async (word) => {
      const {app, program, variables, warnings} = await environmentOf(context, word);
      return {
        text: [
          ...(names.length > 1 ? [`# ${app}:${program}`] : []),
          ...variables.map(({name, value}) => `${name}=${printable(value)}`),
        ].join('\n'),
        json: [{app, program, variables}],
        hints: warnings,
      };
    },
    '\n\n',
  );
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
  const {app, program, launch} = await placeOf(context, ACTION, word);
  const prepared = await prepare(app, program, launch);
  return {
    app: app.name,
    program: program.name,
    variables: describeEnvironment(prepared),
    warnings: prepared.warnings,
  };
}
