import {chmodSync, symlinkSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import test from 'ava';

import {homeWith} from '../helpers/cli.ts';

test('«appsup admin check FILE» shows each mistake with its line and the way out, and ends with 1', async (t) => {
  const home = await homeWith(t);
  const file = path.join(home.directory, 'draft.toml');
  writeFileSync(file, 'base_url = "http://eco.example.ac.uk"\nhelpdsk = "x"\n', {mode: 0o644});
  const {code, stdout} = await home.appsup('admin', 'check', 'draft.toml');
  t.is(code, 1);
  t.regex(
    stdout,
    /^draft\.toml:1:12 .*"base_url" is not https\n {2}1 \| base_url = .*\n +~+\n {2}hint: base_url = "https:/m,
  );
  t.regex(stdout, /^draft\.toml:2:1 Unknown key "helpdsk": did you mean "helpdesk"\?/m);
  t.regex(stdout, /draft\.toml: 2 mistakes/);
  const [said] = (await home.appsup('admin', 'check', file, '--json')).json() as readonly [
    {file: string; ok: boolean; diagnostics: readonly {line: number; severity: string}[]},
  ];
  t.like(said, {file, ok: false});
  t.deepEqual(
    said.diagnostics.filter(({severity}) => severity === 'error').map(({line}) => line),
    [1, 2],
  );
});

test('«appsup admin check» wants the file in force to be root’s and writable by nobody else', async (t) => {
  const home = await homeWith(t);
  const file = path.join(home.directory, 'site.toml');
  writeFileSync(file, '');
  chmodSync(file, 0o622);
  const {code, stdout} = await home.with({APPSUP_SITE_FILE: file}, 'admin', 'check');
  t.is(code, 1);
  t.regex(stdout, /Others can write it\n {2}hint: chmod go-w /);
  t.regex(stdout, /Not everybody can read it\n {2}hint: chmod a\+r /);
  if (process.getuid?.() !== 0) t.regex(stdout, /It belongs to uid \d+, not to root\n {2}hint: chown root: /);
});

test('«appsup admin check» of what is not there, or no plain file, says so', async (t) => {
  const home = await homeWith(t);
  const missing = await home.appsup('admin', 'check');
  t.is(missing.code, 1);
  t.regex(missing.stderr, /^Cannot check .*no-site\.toml: there is none, so the defaults hold\n {2}hint: /);
  symlinkSync('/etc/passwd', path.join(home.directory, 'link.toml'));
  t.regex((await home.appsup('admin', 'check', 'link.toml')).stderr, /it is a symbolic link/);
  t.regex((await home.appsup('admin', 'check', '.')).stderr, /it is no regular file/);
});
