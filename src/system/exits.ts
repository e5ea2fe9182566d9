import {spawn} from 'node:child_process';
import type {ChildProcess} from 'node:child_process';

import type {Clock} from './clock.ts';
import type {Proc, ProcStat} from './proc.ts';
import {isAlive} from './proc.ts';

/** Tells of the end of processes that are not our children: those that a new supervisor found running. */
export interface Exits {
  watch(process: Pick<ProcStat, 'pid' | 'startTicks'>, onExit: () => void): void;
  close(): void;
}

/**
 * pidfd_open(2) of every `PID STARTTICKS` that comes in on stdin; its pid goes out on stdout when it has ended. One that
 * was given to another process meanwhile has ended, too: what has the pid after the opening is what was opened.
 */
const WATCHER = `
import ctypes, os, select, sys
libc = ctypes.CDLL(None, use_errno=True)
poll = select.poll()
poll.register(0, select.POLLIN)
watched, rest = {}, b""
def began(pid):
    try:
        with open("/proc/%d/stat" % pid, "rb") as file: return int(file.read().rsplit(b")", 1)[1].split()[19])
    except (OSError, IndexError): return -1
while True:
    for fd, _ in poll.poll():
        if fd == 0:
            data = os.read(0, 65536)
            if not data: sys.exit(0)
            *lines, rest = (rest + data).split(b"\\n")
            for pid, ticks in (map(int, line.split()) for line in lines):
                pidfd = libc.syscall(434, pid, 0)
                if pidfd >= 0 and began(pid) != ticks:
                    os.close(pidfd)
                    os.write(1, b"%d\\n" % pid)
                elif pidfd >= 0:
                    watched[pidfd] = pid
                    poll.register(pidfd, select.POLLIN)
                elif ctypes.get_errno() == 3: os.write(1, b"%d\\n" % pid)
                else: sys.exit(1)
        else:
            poll.unregister(fd)
            os.close(fd)
            os.write(1, b"%d\\n" % watched.pop(fd))
`;

/** How often to look where there is no python3, or no pidfd (Linux < 5.3). */
const LOOK_MS = 500;

/** Exits by pidfd through one python3 helper that ends with us; by looking, where that cannot be had. */
export class SystemExits implements Exits {
  readonly #proc: Proc;
  readonly #clock: Clock;
  readonly #watched = new Map<number, {readonly startTicks: number; readonly onExit: () => void}>();
  #helper: ChildProcess | undefined;
  #looking = false;

  constructor({proc, clock}: {readonly proc: Proc; readonly clock: Clock}) {
    this.#proc = proc;
    this.#clock = clock;
  }

  watch({pid, startTicks}: Pick<ProcStat, 'pid' | 'startTicks'>, onExit: () => void): void {
    this.#watched.set(pid, {startTicks, onExit});
    if (this.#looking) return;
    this.#helper ??= this.#open();
    this.#helper.stdin?.write(`${pid} ${startTicks}\n`);
  }

  close(): void {
    this.#watched.clear();
    this.#helper?.stdin?.end();
  }

  #open(): ChildProcess {
    const child = spawn('python3', ['-I', '-S', '-c', WATCHER], {
      env: {PATH: '/usr/bin:/bin:/usr/local/bin'},
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    let rest = '';
    child.stdout?.setEncoding('ascii').on('data', (data: string) => {
      const lines = (rest + data).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) this.#ended(Number(line));
    });
    // A write to a helper that is gone is answered by its exit, below.
    child.stdin?.on('error', () => undefined);
    // One that was sent away, because there was nothing left to watch, has a successor by then, or needs none.
    const gone = () => {
      if (this.#helper === child) this.#look();
    };
    child.once('error', gone);
    child.once('exit', gone);
    return child;
  }

  #ended(pid: number): void {
    const watched = this.#watched.get(pid);
    if (watched === undefined) return;
    this.#watched.delete(pid);
    watched.onExit();
    if (this.#watched.size === 0) this.#helper?.stdin?.end();
    if (this.#watched.size === 0) this.#helper = undefined;
  }

  #look(): void {
    if (this.#watched.size === 0) {
      this.#helper = undefined;
      this.#looking = false;
      return;
    }
    this.#looking = true;
    for (const [pid, {startTicks}] of [...this.#watched]) {
      const stat = this.#proc.stat(pid);
      if (stat === undefined || !isAlive(stat) || stat.startTicks !== startTicks) this.#ended(pid);
    }
    this.#clock.after(LOOK_MS, () => this.#look());
  }
}
