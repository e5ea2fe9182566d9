// What the measurements need of the system: run a command, look into /proc, wait.
import {spawn} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import net from 'node:net';
import {setTimeout as sleep} from 'node:timers/promises';

export {sleep};

/** Run to the end. Never rejects: the exit code is a result. */
export async function run(file, args, {env, cwd, timeoutMs = 60_000, input = ''} = {}) {
  const begun = performance.now();
  return await new Promise((resolve) => {
    const child = spawn(file, args, {env, cwd, stdio: ['pipe', 'pipe', 'pipe'], timeout: timeoutMs});
    let output = '';
    let stdout = '';
    child.stdout.on('data', (data) => {
      output += data;
      stdout += data;
    });
    child.stderr.on('data', (data) => (output += data));
    child.on('error', (error) =>
      resolve({code: 127, output: error.message, stdout, ms: performance.now() - begun}),
    );
    child.on('exit', (code, signal) => {
      const ms = performance.now() - begun;
      const finish = () => resolve({code: code ?? signal, output, stdout, ms});
      child.once('close', finish);
      // A daemon that the command started may hold its pipes for ever.
      setTimeout(finish, 1000);
    });
    child.stdin.on('error', () => {}); // it may end without reading
    child.stdin.end(input);
  });
}

/** `run`, for what has to work if anything is to be measured. */
export async function must(file, args, options) {
  const result = await run(file, args, options);
  if (result.code !== 0)
    throw new Error(`${file} ${args.join(' ')} ended with ${result.code}:\n${result.output}`);
  return result;
}

/** Fields of /proc/PID/stat, or undefined for what is gone or a zombie. */
export function stat(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return 'ZX'.includes(fields[0]) ? undefined : {ppid: Number(fields[1])};
  } catch {
    return undefined;
  }
}

/** Pids of all processes that carry the mark in their environment. */
export function marked(mark) {
  return readdirSync('/proc')
    .filter((name) => {
      if (!/^\d+$/.test(name) || Number(name) === process.pid) return false;
      try {
        return readFileSync(`/proc/${name}/environ`, 'latin1').split('\0').includes(`BENCH_MARK=${mark}`);
      } catch {
        return false; // somebody else's, or gone
      }
    })
    .map(Number);
}

/** Nothing of a measurement may be left for the next one. */
export async function endAll(mark) {
  for (let turns = 0; turns < 100; turns++) {
    const pids = marked(mark).filter((pid) => stat(pid) !== undefined);
    if (pids.length === 0) return;
    for (const pid of pids) kill(pid, 'SIGKILL');
    await sleep(50);
  }
}

export function kill(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Wait until the question has an answer other than undefined or false; undefined when it has none in time. */
export async function until(question, {timeoutMs = 30_000, everyMs = 5} = {}) {
  for (const end = performance.now() + timeoutMs; performance.now() < end;) {
    const answer = await question();
    if (answer !== undefined && answer !== false) return answer;
    await sleep(everyMs);
  }
  return undefined;
}

export async function freePort() {
  return await new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const {port} = server.address();
      server.close(() => resolve(port));
    });
  });
}

export function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
