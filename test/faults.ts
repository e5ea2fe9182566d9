import {readFileSync} from 'node:fs';

import test from 'ava';

/** An end-to-end test, by its file in test/e2e and the beginning of its title. */
type Where = readonly [file: string, title: string];

/** The faults that must not hurt, each with the tests that inject it: none of them is renamed or dropped unnoticed. */
const FAULTS: Readonly<Record<string, readonly Where[]>> = {
  'SIGKILL of a worker': [['faults', 'C2 a SIGKILLed worker']],
  'SIGKILL of a master': [
    ['faults', 'C1 a SIGKILLed master'],
    ['faults', 'a master that dies while no supervisor is there'],
  ],
  'SIGKILL of a whole group': [['faults', 'a SIGKILLed group comes back']],
  'SIGKILL of the supervisor': [
    ['faults', 'C3 a SIGKILLed supervisor hurts no app'],
    ['faults', 'an adopted process that dies'],
    ['faults-supervisor', 'where the first process of the host leaves zombies'],
  ],
  'SIGKILL of the supervisor while it starts or stops something': [
    ['faults', 'a supervisor that is SIGKILLed in the middle'],
    ['faults', 'garbled and truncated state files'],
  ],
  'SIGKILL of the supervisor while it rotates': [['logs', 'C9 logs shows every line once']],
  'SIGKILL of a command in the middle': [['faults', 'a command that is SIGKILLed']],
  'SIGSTOP of the supervisor': [
    ['faults', 'a supervisor that is stopped in its tracks'],
    ['bad-input', 'a supervisor that is stopped in its tracks'],
  ],
  'a reboot': [
    ['boot', 'C4 after everything of the account was killed'],
    ['boot', 'the real supervisor brings back what ran where writable code is forbidden'],
  ],
  'two supervisors at once': [['faults-supervisor', 'of supervisors that are started at once']],
  'twenty commands at once': [['faults', 'twenty commands at once']],
  'a full disk': [['faults-disk', 'C14 a full disk stops nothing']],
  'a read-only home': [['faults-disk', 'C14 a home that can no longer be written']],
  'a quota': [['faults-disk', 'a quota that is used up']],
  'a missing log directory': [['faults-disk', 'C14 a log directory that is gone']],
  'a deleted log file': [['faults-disk', 'a log file that is deleted']],
  'a deleted socket': [['faults', 'a deleted control socket']],
  'a truncated or garbled state file': [
    ['faults', 'garbled and truncated state files'],
    ['fuzz', 'whatever becomes of its state files'],
  ],
  'garbage on the control socket': [
    ['fuzz', 'no bytes on the control socket'],
    ['bad-input', 'garbage on the control socket'],
  ],
  'a client that never reads': [
    ['fuzz', 'clients that stay half-way, or never read'],
    ['bad-input', 'a client that asks for events and never reads them'],
    ['faults-supervisor', 'followers of the events that never read'],
  ],
  'a clock set back and forth': [['faults-disk', 'a clock that is set forward and back']],
  'a port taken between check and bind': [['faults-disk', 'a port that another user takes']],
  'a program that exits at once': [['faults', 'a program that exits at once']],
  'a program that never gets ready': [['faults-disk', 'a server that never gets ready']],
  'a program that ignores TERM, or forks into another session': [
    ['faults', 'C13 stop takes what ignores TERM'],
  ],
  'a program that writes 200 MB': [['faults-disk', '200 MB of output']],
  'a program that closes stdout, or leaves zombies': [['faults-disk', 'programs that close their output']],
  'a database that is late': [
    ['faults-disk', 'C5 a program that comes after a database'],
    ['faults-disk', 'C5 after a boot an app that fails without its database'],
  ],
  'a config edited to nonsense while its app runs': [['faults', 'a broken file of one app']],
  'a node that is upgraded or gone': [
    ['faults-supervisor', 'a supervisor whose Node was removed'],
    ['nodes', 'sockets, processes, the supervisor and every fault hold on Node'],
  ],
  'many restarts': [['faults-supervisor', 'three hundred restarts later']],
  'all of it at random': [['chaos', 'ten programs come through']],
};

for (const [fault, where] of Object.entries(FAULTS)) {
  test(`an end-to-end test injects ${fault}`, (t) => {
    for (const [file, title] of where) {
      const text = readFileSync(`test/e2e/${file}.ts`, 'utf8');
      t.true(
        ["'", '"', '`'].some((quote) => text.includes(`${quote}${title}`)),
        `no test in test/e2e/${file}.ts is called "${title} ..."`,
      );
    }
  });
}
