import {readFileSync, writeFileSync} from 'node:fs';
import {hostname} from 'node:os';
import path from 'node:path';

import {startApache} from '../helpers/apache.ts';
import {visit} from '../helpers/front-end.ts';
import {freePort} from '../helpers/free-port.ts';
import {Rig} from '../helpers/rig.ts';
import {testWith} from '../helpers/tools.ts';

testWith(
  ['gunicorn', 'apache2'],
  'E8: administrators who do what the letter says serve the app, and are rid of it again; a change of the app makes it stale',
  async (t) => {
    const rig = Rig.create();
    t.teardown(async () => void (await rig.clean()));
    const {port} = await rig.defineGunicorn('tasks');
    const letter = await rig.ok('request', 'tasks', '--front', 'apache');
    const today = new Date();
    const facts = [
      hostname(),
      `127.0.0.1:${port}`,
      '/tasks/',
      String(today.getFullYear()),
      'Undo:',
      'apachectl -t',
    ];
    for (const fact of facts) t.true(letter.includes(fact), fact);

    const started = await rig.appsup('start', 'tasks');
    t.notRegex(started.stderr, /no front end/);
    const answered = async (config: string) => {
      const apache = await startApache(config);
      try {
        return await visit(apache, {path: '/tasks/deep'});
      } finally {
        await apache.stop();
      }
    };
    const config = `# another's line\n${/^# >>> [^]*^# <<< .*\n/m.exec(letter)?.[0]}# another's line\n`;
    t.like(await answered(config), {status: 200});
    t.like(await answered(config.replace(/^# >>> appsup [^]*^# <<< appsup .*\n/m, '')), {status: 404});

    t.deepEqual((await rig.app('tasks')).front?.stale, undefined);
    const file = path.join(rig.paths.apps, 'tasks.toml');
    const other = await freePort();
    writeFileSync(file, readFileSync(file, 'utf8').replace(`port = ${port}`, `port = ${other}`));
    await rig.ok('restart', 'tasks');
    const {stderr} = await rig.appsup('status');
    t.regex(
      stderr,
      new RegExp(`^! tasks: .* out of date \\(port ${port} -> ${other}\\): .*appsup request tasks$`, 'm'),
    );
    await rig.ok('request', 'tasks');
    t.notRegex((await rig.appsup('status')).stderr, /out of date/);
  },
);
