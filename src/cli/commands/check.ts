import type {LoadedApp} from '../../config/app.ts';
import {hasErrors, renderDiagnostic} from '../../config/diagnostic.ts';
import type {Diagnostic} from '../../config/diagnostic.ts';
import {adviceFor} from '../advice.ts';
import {appNamed, configOf} from '../apps.ts';
import type {Command} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {counted} from '../format.ts';
import {checkedTargets} from '../targets.ts';

/** `appsup check [APP...]`: every mistake at once, each with its place; then advice on settings. Asks no supervisor, runs nothing. */
export const check: Command = async (context, {words}) => {
  const config = configOf(context);
  const names = checkedTargets('check', words).filter((word) => word !== 'all');
  const apps =
    names.length === 0 ? [...config.apps.values()] : names.map((name) => appNamed(config, 'check', name));
  const general = names.length === 0 ? config.diagnostics : [];
  const pictures = [
    ...general.map((diagnostic) => renderDiagnostic(diagnostic, config.texts.get(diagnostic.file) ?? '')),
    ...apps.flatMap(({diagnostics, text}) =>
      diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text)),
    ),
  ];
  const advice = new Map(
    apps.map(({name, spec}) => [name, spec === undefined ? [] : adviceFor(spec, context.paths.home)]),
  );
  const broken = hasErrors(general) || apps.some(({diagnostics}) => hasErrors(diagnostics));
  return {
    text: [...pictures, summary(apps, general)].join('\n'),
    json: [
      ...(general.length === 0 ? [] : [{ok: !hasErrors(general), diagnostics: general}]),
      ...apps.map(({name, file, diagnostics}) => ({
        app: name,
        file,
        ok: !hasErrors(diagnostics),
        diagnostics,
        advice: advice.get(name) ?? [],
      })),
    ],
    hints: [...advice].flatMap(([name, lines]) => lines.map((line) => `${name}: ${line}`)),
    exitCode: broken ? EXIT.failed : EXIT.ok,
  };
};

/** `2 problems in spectral; flasktasks, reading: fine. Running programs are not touched by a broken file.` Pure. */
function summary(
  apps: readonly Pick<LoadedApp, 'name' | 'diagnostics'>[],
  general: readonly Diagnostic[],
): string {
  const found = apps.filter(({diagnostics}) => diagnostics.length > 0);
  const fine = apps.filter(({diagnostics}) => diagnostics.length === 0).map(({name}) => name);
  const parts = [
    ...(general.length === 0 ? [] : [`${counted(general.length, 'problem')} in the settings for all apps`]),
    ...found.map(({name, diagnostics}) => `${counted(diagnostics.length, 'problem')} in ${name}`),
    ...(fine.length === 0 ? [] : [`${fine.join(', ')}: fine`]),
  ];
  if (parts.length === 0) return 'No apps yet: appsup add DIRECTORY';
  const broken = apps.some(({diagnostics}) => hasErrors(diagnostics));
  return `${parts.join('; ')}.${broken ? ' Running programs are not touched by a broken file.' : ''}`;
}
