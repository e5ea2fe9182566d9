import {readFileSync, writeFileSync} from 'node:fs';
import path from 'node:path';

import type {ExecutionContext} from 'ava';

import {PAINTED, TMUX, TOP, dashboardRig, terminalOf} from '../helpers/dashboard-world.ts';
import type {Rig} from '../helpers/rig.ts';
import type {Tmux} from '../helpers/tmux.ts';
import {testWith} from '../helpers/tools.ts';
import {waitUntil} from '../helpers/wait.ts';

const SIZE = {columns: 80, rows: 24};

/** A dashboard that shows its first picture. */
async function open(
  t: ExecutionContext,
  options: Parameters<typeof terminalOf>[2] = SIZE,
): Promise<{rig: Rig; tmux: Tmux}> {
  const rig = await dashboardRig(t);
  const tmux = terminalOf(t, rig, options);
  await tmux.type(TOP);
  await tmux.shows(PAINTED);
  return {rig, tmux};
}

/** Wait until it can be seen: what is not is told by the wait. */
async function shows(t: ExecutionContext, tmux: Tmux, wanted: RegExp): Promise<void> {
  t.regex((await tmux.shows(wanted)).join('\n'), wanted);
}

/** What stty says, with the terminal's other modes as tmux knows them. */
async function terminalState(tmux: Tmux, rig: Rig): Promise<string> {
  const file = path.join(rig.home, 'stty');
  writeFileSync(file, '');
  await tmux.type(`stty -g > ${file}`);
  const stty = await waitUntil('stty has spoken', () => readFileSync(file, 'utf8').trim() || undefined);
  const flags = ['alternate_on', 'cursor_flag', 'mouse_any_flag', 'keypad_cursor_flag', 'keypad_flag'];
  const values = await Promise.all(flags.map(async (flag) => `${flag} ${await tmux.flag(flag)}`));
  return [stty, ...values].join('\n');
}

/** Ways in which it ends, and what the shell sees of it. */
const ENDS: readonly (readonly [what: string, end: (tmux: Tmux) => Promise<void>, code: number])[] = [
  ['q', async (tmux) => tmux.press('q'), 0],
  ['Ctrl-C', async (tmux) => tmux.press('C-c'), 0],
  ...(['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM'] as const).map(
    (signal) =>
      [
        signal,
        async (tmux: Tmux) => void process.kill(await tmux.pid(), signal),
        128 + {SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15}[signal],
      ] as const,
  ),
  ['a mistake of ours', async (tmux) => void process.kill(await tmux.pid(), 'SIGUSR2'), 1],
];

testWith(TMUX, 'however appsup top ends, the terminal is as it was', async (t) => {
  const rig = await dashboardRig(t);
  const planted = path.join(rig.home, 'planted.cjs');
  writeFileSync(planted, "process.on('SIGUSR2', () => { throw new Error('planted'); });");
  const tmux = terminalOf(t, rig, SIZE);
  const before = await terminalState(tmux, rig);
  for (const [what, end, code] of ENDS) {
    await tmux.type(`clear; NODE_OPTIONS='--require ${planted}' ${TOP}`);
    await tmux.shows(PAINTED);
    await end(tmux);
    await tmux.shows(/^\$$/m);
    // A shell whose program died of SIGINT forgets what stood behind it in the line.
    await tmux.type('echo "ended with $?"');
    const lines = await tmux.shows(/^ended with \d+/m);
    t.true(lines.includes(`ended with ${code}`), `${what}: ${lines.join('\n')}`);
    t.is(await terminalState(tmux, rig), before, what);
    if (code === 1) t.regex(lines.join('\n'), /Error: planted/);
  }
});

testWith(TMUX, 'Ctrl-Z gives the terminal to the shell, and fg brings the picture back', async (t) => {
  const {rig, tmux} = await open(t);
  await tmux.press('Down', 'C-z');
  await tmux.shows(/Stopped|\+ /);
  t.is(await tmux.flag('alternate_on'), '0');
  t.is(await tmux.flag('cursor_flag'), '1');
  await tmux.type('clear; echo in the shell');
  await tmux.shows(/^in the shell/m);
  await rig.ok('stop', 'flasktasks:queue');
  await tmux.type('fg');
  await tmux.shows(/queue +stopped[^]*quit/);
  await tmux.press('q');
  await tmux.shows(/^in the shell/m);
  t.is(await tmux.flag('alternate_on'), '0');
});

testWith(TMUX, 'a window that changes its size has a picture that fits', async (t) => {
  const {tmux} = await open(t);
  await tmux.resize({columns: 200, rows: 60});
  t.is((await tmux.shows(/MEM GRAPH/)).length, 60);
  await tmux.resize({columns: 30, rows: 6});
  await tmux.shows(/needs 40 x 8/);
  await tmux.resize({columns: 45, rows: 10});
  await tmux.shows(/STATE +CPU[^]*quit/);
  await tmux.press('q');
  await tmux.shows(/^\$$/m);
});

testWith(TMUX, 'the mouse selects, folds, scrolls and presses keys', async (t) => {
  const {tmux} = await open(t);
  await tmux.mouse('left', 8, 4);
  await tmux.shows(/log of flasktasks:queue/);
  await tmux.mouse('wheel down', 8, 4);
  await tmux.shows(/log of reading /);
  await tmux.mouse('left', 8, 2);
  await tmux.shows(/log of flasktasks /);
  await tmux.mouse('left', 8, 2);
  await tmux.shows(/▸ flasktasks/);
  const bar = (await tmux.lines())[23] ?? '';
  await tmux.mouse('left', bar.indexOf('stop'), 23);
  await tmux.shows(/stop flasktasks\? y/);
  await tmux.press('n');
  await tmux.mouse('left', bar.indexOf('quit'), 23);
  await shows(t, tmux, /^\$$/m);
});

testWith(TMUX, 'a supervisor that is killed is missed, and the next one is found', async (t) => {
  const {rig, tmux} = await open(t);
  const before = rig.children('flasktasks');
  process.kill(rig.supervisorPid() ?? 0, 'SIGKILL');
  const lost = await tmux.shows(/no supervisor for/);
  t.regex(lost.join('\n'), /flasktasks[^]*web +running/);
  await tmux.press('Down');
  await tmux.shows(/log of flasktasks:web/);
  await rig.ok('daemon', 'start');
  const back = await tmux.shows(/the supervisor is back/);
  t.notRegex(back[0] ?? '', /no supervisor/);
  t.deepEqual(rig.children('flasktasks'), before);
  // And it hears of what happens.
  await rig.ok('stop', 'flasktasks:queue');
  await tmux.shows(/queue +stopped/);
});

testWith(TMUX, 'appsup daemon restart goes by without a key', async (t) => {
  const {rig, tmux} = await open(t);
  const old = rig.supervisorPid();
  await rig.ok('daemon', 'restart');
  t.not(rig.supervisorPid(), old);
  await rig.ok('stop', 'flasktasks:queue');
  await shows(t, tmux, /^ appsup top [^]*queue +stopped/);
});

testWith(TMUX, 'an action without a supervisor says so, and what to type', async (t) => {
  const {rig, tmux} = await open(t);
  process.kill(rig.supervisorPid() ?? 0, 'SIGKILL');
  await tmux.shows(/no supervisor for/);
  await tmux.press('s');
  await shows(t, tmux, /none is running[^]*hint: appsup daemon start/);
});

testWith(TMUX, 'lines appear as a program prints them, with control characters shown', async (t) => {
  const {rig, tmux} = await open(t);
  await rig.define('loud', '[programs.web]\ncommand = "sh web.sh"\nlisten = "none"\n', {
    'web.sh': "while :; do [ -e go ] && { printf 'later \\033[31mred\\n'; rm go; }; sleep 0.1; done\n",
  });
  await rig.ok('start', 'loud');
  await tmux.shows(/▾ loud/);
  await tmux.press('Home', 'Down', 'Down', 'Down');
  await tmux.shows(/log of loud /);
  writeFileSync(path.join(rig.home, 'loud/go'), '');
  await shows(t, tmux, /^later \\x1b\[31mred/m);
});

const TERMINALS = [
  'xterm',
  'xterm-256color',
  'screen',
  'screen-256color',
  'tmux',
  'linux',
  'vt100',
  'no-such-terminal',
];

testWith(TMUX, 'terminals of all kinds show it, and nothing else', async (t) => {
  const rig = await dashboardRig(t);
  const tmux = terminalOf(t, rig, SIZE);
  for (const term of TERMINALS) {
    const errors = path.join(rig.home, `stderr-${term}`);
    await tmux.type(`clear; TERM=${term} ${TOP} 2> ${errors}; echo "ended with $?"`);
    const lines = await tmux.shows(PAINTED);
    t.regex(lines[1] ?? '', /^ APP \/ PROGRAM +STATE/, term);
    await tmux.press('q');
    await tmux.shows(/ended with 0/);
    t.is(readFileSync(errors, 'utf8'), '', term);
  }
});

testWith(TMUX, 'NO_COLOR has no colour, and shows what is selected all the same', async (t) => {
  const {tmux} = await open(t, {...SIZE, env: {NO_COLOR: '1'}});
  const plain = await tmux.coloured();
  // oxlint-disable-next-line no-control-regex
  t.notRegex(plain, /\u001b\[[\d;]*(3[0-7]|4[0-7]|38;|48;|9[0-7]|10[0-7])/);
  // oxlint-disable-next-line no-control-regex
  t.regex(plain, /\u001b\[[\d;]*7m[^\n]*flasktasks/);
});

testWith(TMUX, 'a locale without UTF-8 has frames and graphs in ASCII', async (t) => {
  const {tmux} = await open(t, {...SIZE, env: {LC_ALL: 'C'}});
  const text = (await tmux.lines()).join('\n');
  t.regex(text, /^[ -~\n]*$/);
  t.regex(text, /^ - flasktasks/m);
  t.regex(text, /slow request \?\?/);
});

const WITHOUT: readonly (readonly [what: string, line: string, size: typeof SIZE, message: RegExp])[] = [
  [
    'a dumb terminal',
    `TERM=dumb ${TOP}`,
    SIZE,
    /! no dashboard on a terminal that cannot place its cursor \(TERM=dumb\)/,
  ],
  ['20 columns', TOP, {columns: 20, rows: 60}, /! no dashboard in 20 x 60: it needs 40 columns/],
  ['no terminal', `${TOP} | cat`, SIZE, /! no dashboard without a terminal/],
];

for (const [what, line, size, message] of WITHOUT) {
  testWith(TMUX, `appsup top on ${what} is the table of appsup status`, async (t) => {
    const rig = await dashboardRig(t);
    const tmux = terminalOf(t, rig, size);
    await tmux.type(`clear; ${line}; echo "ended"`);
    // Narrow terminals fold lines.
    const text = (await tmux.shows(/^ended/m)).join('');
    t.regex(text, message);
    t.regex(text, /APP +PROGRAM +STATE/);
    t.is(await tmux.flag('alternate_on'), '0');
  });
}

testWith([...TMUX, 'screen'], 'GNU screen shows it', async (t) => {
  const rig = await dashboardRig(t);
  const directory = path.join(rig.home, 'screen');
  const tmux = terminalOf(t, rig, {...SIZE, env: {SCREENDIR: directory}});
  await tmux.type(`mkdir -m 700 ${directory}; clear; screen -U -c /dev/null ${TOP}; echo "ended with $?"`);
  await tmux.shows(PAINTED);
  // Letters: on a busy machine two terminals, one in the other, may tear the bytes of an arrow apart.
  await tmux.press('j', 'j');
  await tmux.shows(/log of flasktasks:queue/);
  await tmux.press('q');
  await shows(t, tmux, /ended with 0/);
});

testWith(TMUX, 'only the dashboard loads blessed', async (t) => {
  const rig = await dashboardRig(t);
  const hook = path.join(rig.home, 'loaded.cjs');
  const list = path.join(rig.home, 'loaded');
  writeFileSync(
    hook,
    `process.on('exit', () => require('fs').writeFileSync(${JSON.stringify(list)}, Object.keys(require.cache).join('\\n')));`,
  );
  const loadedBy = async (verb: string): Promise<string> => {
    writeFileSync(list, '');
    const tmux = terminalOf(t, rig, {...SIZE, env: {NODE_OPTIONS: `--require ${hook}`}});
    await tmux.type(`${TOP.replace(/top$/, verb)}; echo "ended"`);
    if (verb === 'top') {
      await tmux.shows(PAINTED);
      await tmux.press('q');
    }
    await tmux.shows(/^ended/m);
    return readFileSync(list, 'utf8');
  };
  t.regex(await loadedBy('top'), /node_modules\/blessed\//);
  for (const verb of ['status', '--help', 'help top', 'top --json', 'logs flasktasks']) {
    const loaded = await loadedBy(verb);
    t.regex(loaded, /dist\/appsup\.cjs/, verb);
    t.notRegex(loaded, /blessed|terminal\.cjs/, verb);
  }
});
