import {execFileSync} from 'node:child_process';
import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import {startCertifiedApache} from '../helpers/certbot.ts';
import {PUBLIC_HOST, visit} from '../helpers/front-end.ts';
import {testWith, toolPath} from '../helpers/tools.ts';
import {startVerifier} from '../helpers/verifier.ts';

const BLOCK = /^ *# >>> appsup \S+ tasks \([^]*?^ *# <<< appsup \S+ tasks <<<\n/gm;

testWith(
  ['apache2', 'certbot'],
  'certbot takes the block over whole: http leads to https, verify finds nothing wrong, and the marks tell what to delete',
  async (t) => {
    const it = await startVerifier(t, 'node');
    const lines = await it.snippet('apache');
    const front = await startCertifiedApache(lines);
    t.teardown(async () => {
      if (!t.passed) t.log(front.log());
      await front.stop();
    });
    t.deepEqual(front.files.map((file) => path.basename(file)).toSorted(), ['site-le-ssl.conf', 'site.conf']);
    for (const file of front.files) {
      const found = readFileSync(file, 'utf8').match(BLOCK) ?? [];
      t.deepEqual(
        found.map((block) => block.replaceAll(/^ {4}/gm, '')),
        [lines],
        file,
      );
    }
    const plain = await visit(front, {path: '/tasks/?a=1'});
    t.deepEqual([plain.status, plain.headers.location], [301, `https://${PUBLIC_HOST}/tasks/?a=1`]);
    const finding = await it.verify(front);
    t.deepEqual(
      finding.facts.filter(({verdict}) => verdict === 'not-ok'),
      [],
    );

    // As the block says how to be rid of it.
    for (const file of front.files) writeFileSync(file, readFileSync(file, 'utf8').replaceAll(BLOCK, ''));
    const config = path.join(front.directory, 'apache2.conf');
    t.notThrows(() => execFileSync(toolPath('apache2'), ['-f', config, '-t'], {stdio: 'pipe'}));
  },
);
