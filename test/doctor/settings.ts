import test from 'ava';

import {judgeSettings} from '../../src/doctor/settings.ts';
import {troubles} from '../helpers/findings.ts';

const PATHS = {globalConfig: '/h/.config/appsup/config.toml', apps: '/h/.config/appsup/apps'};
const about = (file: string, severity: 'error' | 'warning') => ({
  ...{file, severity, line: 3, column: 1, length: 1},
  message: 'Unknown key "prots"',
});

const TABLE: readonly (readonly [string, Parameters<typeof judgeSettings>[0], readonly string[]])[] = [
  ['all is well', [], []],
  ['the own file has a mistake', [about(PATHS.globalConfig, 'error')], ['broken config-file']],
  ['the own file has an oddity', [about(PATHS.globalConfig, 'warning')], ['warning config-file']],
  ['the apps cannot be listed', [about(PATHS.apps, 'error')], ['broken apps-unlisted']],
  ["the host's file has a mistake", [about('/etc/appsup/site.toml', 'error')], ['warning site-file']],
];

for (const [title, diagnostics, expected] of TABLE) {
  test(`judgeSettings() when ${title}: ${expected.join(', ') || 'nothing'}`, (t) => {
    t.deepEqual(troubles(judgeSettings(diagnostics, PATHS)), expected);
  });
}

test('judgeSettings() says which file and line, and that the host’s are the administrators’ to mend', (t) => {
  const [finding] = judgeSettings([about('/etc/appsup/site.toml', 'error')], PATHS);
  t.like(finding, {text: '/etc/appsup/site.toml:3:1 Unknown key "prots"', who: 'administrators'});
});
