import {spawn} from 'node:child_process';

import {hasErrors, renderDiagnostic} from '../../config/diagnostic.ts';
import type {LoadedApp} from '../../config/app.ts';
import {AppsupError} from '../../errors.ts';
import {appNamed, configOf, namesOf, tellSupervisor} from '../apps.ts';
import type {Command, Context} from '../context.ts';
import {forEachApp} from '../each.ts';
import {EXIT} from '../exit-codes.ts';
import type {Result} from '../output.ts';

/** `appsup edit APP...`: edit, look for mistakes, and again if wished. What is saved stays saved; a broken file is not taken. */
export const edit: Command = async (context, {words}) => {
  return await forEachApp(namesOf(configOf(context), 'edit', words), async (name) => editOne(context, name));
};

async function editOne(context: Context, name: string): Promise<Result> {
  const before = appNamed(configOf(context), 'edit', name);
  let after = before;
  do {
    await runEditor(context, before.file);
    after = appNamed(configOf(context), 'edit', name);
  } while (hasErrors(after.diagnostics) && (await again(context, after)));
  const broken = hasErrors(after.diagnostics);
  const changed = after.hash !== before.hash;
  if (changed) await tellSupervisor(context, name);
  return {
    text: broken ? '' : changed ? `${name}: fine` : `${name}: unchanged`,
    json: [{app: name, ok: !broken, changed, diagnostics: after.diagnostics}],
    failures: after.diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, after.text)),
    hints: broken
      ? [`saved, but not taken: what runs goes on as before. appsup edit ${name}`]
      : changed
        ? [`it counts from the next start on: appsup restart ${name}`]
        : [],
    exitCode: broken ? EXIT.failed : EXIT.ok,
  };
}

async function again({terminal, ask}: Context, {diagnostics, text}: LoadedApp): Promise<boolean> {
  if (!terminal.interactive) return false;
  for (const diagnostic of diagnostics) terminal.err(`${renderDiagnostic(diagnostic, text)}\n`);
  const answer = await ask('Edit again? [Y/n] ');
  return answer !== undefined && /^(y|yes)?$/i.test(answer.trim());
}

/** Through a shell, as git and crontab do: `EDITOR="code --wait"` is a command line. The file is not part of it. */
async function runEditor({env}: Context, file: string): Promise<void> {
  const editor = env['VISUAL'] || env['EDITOR'] || 'vi';
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('/bin/sh', ['-c', `${editor} "$1"`, 'editor', file], {stdio: 'inherit'});
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code === 0) return;
  throw new AppsupError(
    'CANCELLED',
    `Cannot edit ${file}: the editor "${editor}" ended with ${code ?? 'a signal'}`,
    {
      hint: code === 127 ? 'it was not found: export EDITOR=nano' : 'the file is as the editor left it',
    },
  );
}
