import {processNames} from '../../core/spec.ts';
import {describeEnvironment} from '../../launch/describe.ts';
import {prepare} from '../../launch/prepare.ts';
import {configOf, portOf, programNamed, specNamed} from '../apps.ts';
import type {Command} from '../context.ts';
import {printable} from '../printable.ts';
import {checkedTargets} from '../targets.ts';

/** `appsup env APP[:PROGRAM]`: built as at a start, with secret values hidden. Starts nothing. */
export const env: Command = async (context, {words}) => {
  const [target = ''] = checkedTargets('show the environment of', words);
  const [name = '', programName] = target.split(':', 2);
  const config = configOf(context);
  const app = specNamed(config, 'show the environment of', name);
  const program = programNamed(app, programName);
  const {username, homedir, shell} = context.account();
  const prepared = await prepare(app, program, {
    user: {login: username, home: context.paths.home || homedir, shell: shell ?? '/bin/sh'},
    port: app.programs.some(({listen}) => listen !== 'none') ? await portOf(context, config, app) : undefined,
    base: config.settings.baseUrl === undefined ? {} : {publicUrl: config.settings.baseUrl},
    paths: context.paths,
    process: processNames(program)[0] ?? program.name,
    index: 0,
    generation: 1,
  });
  const variables = describeEnvironment(prepared);
  return {
    text: variables.map(({name: key, value}) => `${key}=${printable(value)}`).join('\n'),
    json: [{app: name, program: program.name, variables}],
    hints: prepared.warnings,
  };
};
