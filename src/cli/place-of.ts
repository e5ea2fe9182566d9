import {processNames} from '../core/program-spec.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {AppSpec} from '../core/spec.ts';
import type {LaunchContext} from '../launch/prepare.ts';
import {namedLeases} from '../ports/leases.ts';
import {configOf, portOf, programNamed, specNamed} from './apps.ts';
import type {Context} from './context.ts';
import {checkedTargets} from './targets.ts';

/** A program, and what a start of it would be told: its first process, by no supervisor. */
export interface Place {
  readonly app: AppSpec;
  readonly program: ProgramSpec;
  readonly launch: LaunchContext;
}

/**
 * The program behind `app` or `app:program`.
 *
 * @param action - For messages: `run a command for`.
 * @throws AppsupError `BAD_NAME`, `NO_SUCH_APP`, `NO_SUCH_PROGRAM`, `CONFIG`
 */
export async function placeOf(context: Context, action: string, word: string): Promise<Place> {
  const [target = ''] = checkedTargets(action, [word]);
  const [name = '', programName] = target.split(':', 2);
  const config = configOf(context);
  const app = specNamed(config, action, name);
  const program = programNamed(app, programName);
  const {username, homedir, shell} = context.account();
  const launch = {
    user: {login: username, home: context.paths.home || homedir, shell: shell ?? '/bin/sh'},
    port: app.programs.some(({listen}) => listen !== 'none') ? await portOf(context, config, app) : undefined,
    namedPorts: namedLeases(context.paths, app.name),
    base: config.settings.baseUrl === undefined ? {} : {publicUrl: config.settings.baseUrl},
    paths: context.paths,
    process: processNames(program)[0] ?? program.name,
    index: 0,
    generation: 1,
  };
  return {app, program, launch};
}
