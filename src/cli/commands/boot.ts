import {bootStatus, installBoot, removeBoot} from '../../boot/install.ts';
import type {BootInstalled, BootOptions} from '../../boot/install.ts';
import {AppsupError} from '../../errors.ts';
import type {Command, Context} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {tilde} from '../format.ts';
import {errorText} from '../output.ts';
import type {Result} from '../output.ts';

type OptionsOf = (context: Context) => BootOptions;

/** `appsup boot install|remove|status` */
export function boot(optionsOf: OptionsOf): Command {
  return async (context, {words: [verb = 'status']}) => {
    switch (verb) {
      case 'install':
        return await install(optionsOf(context), context);
      case 'remove':
        return await remove(optionsOf(context));
      default:
        return await status(optionsOf(context), context);
    }
  };
}

/** One line about what was installed; for `start`, which offers it. */
export function installedText({change}: Pick<BootInstalled, 'change'>): string {
  return change === 'unchanged'
    ? 'It is in your crontab already: at reboot, and a look every minute.'
    : 'Installed in your crontab: at reboot, and a look every minute.';
}

async function install(options: BootOptions, {paths}: Context): Promise<Result> {
  const installed = await installBoot(options);
  return {
    text: installedText(installed),
    json: [{ok: true, ...installed}],
    hints:
      installed.daemon === 'running'
        ? []
        : [
            `no cron is seen running on this host: if none does, nothing starts. The script: ${tilde(installed.script, paths.home)}`,
          ],
  };
}

async function remove(options: BootOptions): Promise<Result> {
  const {change} = await removeBoot(options);
  return {
    text:
      change === 'removed' ? 'Removed from your crontab; what runs goes on.' : 'It was not in your crontab.',
    json: [{ok: true, change}],
  };
}

async function status(options: BootOptions, {paths}: Context): Promise<Result> {
  const found = await bootStatus(options);
  const {installed, problem, daemon, script} = found;
  const text = installed
    ? `in your crontab: at reboot, and a look every minute  ${tilde(script, paths.home)}`
    : 'not installed';
  return {
    text,
    json: [found],
    failures: problem === undefined ? [] : [errorText(AppsupError.fromRecord(problem))],
    hints: [
      ...(installed || problem !== undefined ? [] : ['nothing starts after a reboot: appsup boot install']),
      ...(daemon === 'running' || !installed ? [] : ['no cron is seen running on this host']),
    ],
    exitCode: installed && problem === undefined ? EXIT.ok : EXIT.failed,
  };
}
