import path from 'node:path';

import {summarizeDiagnostic} from '../config/diagnostic.ts';
import {broken, ok, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import type {Look, World} from './world.ts';

/** The user's config.toml, the host's site file, the directory of the apps: what config/ found in them. */
export const lookAtSettings: Look = ({config, paths}) => judgeSettings(config.diagnostics, paths);

/** Pure. */
export function judgeSettings(
  diagnostics: World['config']['diagnostics'],
  {globalConfig, apps}: Pick<World['paths'], 'globalConfig' | 'apps'>,
): readonly Answer[] {
  const found = diagnostics.map((diagnostic): Answer => {
    const {file, message, hint, severity} = diagnostic;
    const text = summarizeDiagnostic({...diagnostic, severity: 'error'});
    if (file === apps) return broken('apps-unlisted', message, hint ?? `see ls -ld ${apps}`);
    if (file !== globalConfig)
      return warning(
        'site-file',
        `${path.dirname(file)}/${text}`,
        hint ?? 'appsup admin check',
        'administrators',
      );
    return severity === 'error'
      ? broken('config-file', text, hint ?? 'appsup check')
      : warning('config-file', text, hint ?? 'appsup check');
  });
  return found.length > 0
    ? found
    : [ok('settings', 'the settings for all apps can be read, those of the host too')];
}
