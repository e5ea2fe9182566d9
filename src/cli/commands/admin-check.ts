import {lstatSync} from 'node:fs';
import path from 'node:path';

import {checkSite} from '../../admin/site-check.ts';
import type {HostFacts} from '../../admin/site-check.ts';
import {readSiteFile} from '../../admin/site-file.ts';
import {hasErrors, renderDiagnostic} from '../../config/diagnostic.ts';
import {SITE_FILE} from '../../config/load.ts';
import {systemCode} from '../../errors.ts';
import {accountNamed, allAccounts, firstPersonUid, isPerson} from '../../system/accounts.ts';
import {ephemeralRange, listeners, loginOf, reservedPorts} from '../../system/proc-net.ts';
import type {Context} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {counted} from '../format.ts';
import type {Result} from '../output.ts';

/** `appsup admin check [FILE]`: every mistake of the host's file at once, with its place and the way out. Changes nothing. */
export function checkSiteFile({env, cwd}: Pick<Context, 'env' | 'cwd'>, [word]: readonly string[]): Result {
  const inForce = env['APPSUP_SITE_FILE'] || SITE_FILE;
  const file = path.resolve(cwd, word ?? inForce);
  const {text, diagnostics: lies} = readSiteFile(file, file === path.resolve(cwd, inForce));
  const diagnostics = [...lies, ...checkSite(text, file, hostFacts())];
  const broken = hasErrors(diagnostics);
  const warnings = diagnostics.filter(({severity}) => severity === 'warning').length;
  const parts = [
    ...(broken ? [counted(diagnostics.length - warnings, 'mistake')] : []),
    ...(warnings > 0 ? [counted(warnings, 'warning')] : []),
  ];
  return {
    text: [
      ...diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, lies.includes(diagnostic) ? '' : text)),
      `${file}: ${parts.length === 0 ? 'fine' : parts.join(', ')}`,
    ].join('\n'),
    json: [{file, ok: !broken, diagnostics}],
    exitCode: broken ? EXIT.failed : EXIT.ok,
  };
}

function hostFacts(): HostFacts {
  const first = firstPersonUid();
  return {
    people: allAccounts().filter((account) => isPerson(account, first)),
    accountNamed,
    loginOf,
    listeners: listeners(),
    ephemeral: ephemeralRange(),
    reserved: reservedPorts(),
    stat,
  };
}

function stat(file: string): {readonly uid: number; readonly mode: number} | undefined {
  try {
    return lstatSync(file);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return undefined;
  }
}
