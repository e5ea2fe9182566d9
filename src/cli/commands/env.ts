import {describeEnvironment} from '../../launch/describe.ts';
import {prepare} from '../../launch/prepare.ts';
import type {Command} from '../context.ts';
import {placeOf} from '../place-of.ts';
import {printable} from '../printable.ts';

/** `appsup env APP[:PROGRAM]`: built as at a start, with secret values hidden. Starts nothing. */
export const env: Command = async (context, {words: [word = '']}) => {
  const {app, program, launch} = await placeOf(context, 'show the environment of', word);
  const prepared = await prepare(app, program, launch);
  const variables = describeEnvironment(prepared);
  return {
    text: variables.map(({name: key, value}) => `${key}=${printable(value)}`).join('\n'),
    json: [{app: app.name, program: program.name, variables}],
    hints: prepared.warnings,
  };
};
