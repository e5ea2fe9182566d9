import path from 'node:path';

import {usage} from '../args.ts';
import {bashScript} from '../completion/bash.ts';
import {fishScript} from '../completion/fish.ts';
import {installScript, placeFor, uninstallScript} from '../completion/install.ts';
import {completedVerbs} from '../completion/model.ts';
import type {CompletedVerb} from '../completion/model.ts';
import {SHELLS, isShell} from '../completion/words.ts';
import type {Shell} from '../completion/words.ts';
import {zshScript} from '../completion/zsh.ts';
import type {Command, Context} from '../context.ts';
import {tilde} from '../format.ts';

const SCRIPTS: Readonly<Record<Shell, (verbs: readonly CompletedVerb[], version: string) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** `appsup completion bash | zsh | fish | install [SHELL] | uninstall [SHELL]` */
export const completion: Command = async (context, {words: [first = '', second]}) => {
  const {paths, env} = context;
  if (isShell(first)) {
    if (second !== undefined) throw usage(`Cannot understand "${second}": one word too many`);
    const script = scriptFor(first, context);
    return {text: script.trimEnd(), json: [{shell: first, script}]};
  }
  if (first === 'install') {
    const shell = shellNamed(second ?? loginShell(context));
    const place = placeFor(shell, env, paths.home);
    installScript(place.file, scriptFor(shell, context));
    return {
      text: `Installed for ${shell}: ${tilde(place.file, paths.home)}`,
      json: [{shell, file: place.file, installed: true}],
      hints: place.hints.map((hint) => hint.replaceAll(`${paths.home}/`, '~/')),
    };
  }
  const places = (second === undefined ? SHELLS : [shellNamed(second)]).map((shell) => ({
    shell,
    file: placeFor(shell, env, paths.home).file,
  }));
  const gone = places.filter(({file}) => uninstallScript(file));
  return {
    text:
      gone.length === 0
        ? 'There is none of appsup'
        : gone.map(({shell, file}) => `Removed for ${shell}: ${tilde(file, paths.home)}`).join('\n'),
    json: places.map((place) => ({...place, installed: false})),
  };
};

function scriptFor(shell: Shell, {version}: Context): string {
  return SCRIPTS[shell](completedVerbs(), version);
}

function shellNamed(word: string): Shell {
  if (isShell(word)) return word;
  throw usage(`Cannot complete for ${JSON.stringify(word)}: expected ${SHELLS.join(', ')}`, {
    hint: `appsup completion install ${SHELLS[0]}`,
  });
}

/** What is typed into, as far as the environment says it; else that of the password database. */
function loginShell({env, account}: Context): string {
  return path.basename(env['SHELL'] || (account().shell ?? ''));
}
