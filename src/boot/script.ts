import path from 'node:path';

import type {Paths} from '../system/paths.ts';

/** What the script has to know, because cron's environment does not tell it. All paths are absolute. */
export interface BootRecord {
  /** The interpreter; when it is gone, the script looks for another one. */
  readonly node: string;
  /** The supervisor's program, a file for Node. */
  readonly appsupd: string;
  /** Of {@link RECORDED}, what the user has set. */
  readonly env: Readonly<Record<string, string>>;
  /** The only host on which the script does anything; `undefined` when the state directory is not a host's own. */
  readonly host: string | undefined;
}

/** The places that the script needs. */
export type BootPaths = Pick<Paths, 'home' | 'config' | 'state' | 'lock' | 'asleep'>;

/** Variables that move our files. What else stands in the environment of `boot install` is the business of that shell. */
export const RECORDED: readonly string[] = [
  'XDG_CONFIG_HOME',
  'XDG_STATE_HOME',
  'APPSUP_CONFIG_DIR',
  'APPSUP_STATE_DIR',
  'APPSUP_SITE_FILE',
];

/** What the script says, and what the supervisor that it started says before its own log is open. Bounded. */
export function bootLog({state}: Pick<Paths, 'state'>): string {
  return path.join(state, 'boot.log');
}

/** One line: why the script could not start the supervisor at its last try. Not there when it could. */
export function bootProblem({state}: Pick<Paths, 'state'>): string {
  return path.join(state, 'boot.problem');
}

/** Held with flock(2) by the one script that is starting a supervisor. */
export function bootGate({state}: Pick<Paths, 'state'>): string {
  return path.join(state, 'boot.lock');
}

/**
 * The text of the script that cron runs at reboot and every minute.
 *
 * POSIX sh: it has to run under dash, bash and busybox. While the supervisor lives it uses what is built into the shell
 * and ends before its first fork. It never ends with an error: cron would mail it, every minute.
 */
export function bootScript(paths: BootPaths, {node, appsupd, env, host}: BootRecord): string {
  const {home, config, state, lock, asleep} = paths;
  const set = Object.entries({HOME: home, ...env}).map(([name, value]) => `export ${name}=${quote(value)}`);
  const unset = [...RECORDED.filter((name) => !(name in env)), 'APPSUP_MARK', 'APPSUP_READY_FD'];
  const values = {
    host: host ?? '',
    config,
    state,
    lock,
    asleep,
    seen: path.join(state, 'seen'),
    log: bootLog(paths),
    problem: bootProblem(paths),
    gate: bootGate(paths),
    node,
    appsupd,
  };
  return [
    HEAD,
    ...set,
    `unset ${unset.join(' ')}`,
    '',
    ...Object.entries(values).map(([name, value]) => `${name}=${quote(value)}`),
    BODY,
  ].join('\n');
}

/** The programs that a script of ours names; `undefined` for any other text. */
export function recordedIn(script: string): Pick<BootRecord, 'node' | 'appsupd'> | undefined {
  const [node, appsupd] = ['node', 'appsupd'].map((name) => {
    const quoted = new RegExp(`^${name}=('(?:[^']|'\\\\'')*')$`, 'm').exec(script)?.[1];
    return quoted?.slice(1, -1).replaceAll(`'\\''`, `'`);
  });
  return node === undefined || appsupd === undefined ? undefined : {node, appsupd};
}

/** One word for a POSIX shell, whatever it holds. */
export function quote(text: string): string {
  return `'${text.replaceAll(`'`, `'\\''`)}'`;
}

/** Ends with 0 where a Node of ours works, with 3 when it is too old; where writable code is forbidden its compiler dies of it. */
export const NODE_CHECK =
  'let n = 0; for (let i = 0; i < 1e5; i++) n += i % 7; process.exit(parseInt(process.versions.node) < 20 ? 3 : 0)';

const HEAD = `#!/bin/sh
# Starts your supervisor when it is not there. cron runs this at reboot and every minute.
# Written by "appsup boot install", which also renews it: what you change here will be lost.

umask 077
export PATH=/usr/bin:/bin`;

// «\\» in this text is one backslash of the script.
const BODY = `
# The first line of a file, in $line; empty when there is none.
first_line() {
  line=
  { read -r line <"$1"; } 2>/dev/null || :
}

# A home, or a part of it, may be mounted later than cron starts, and a host gets its name late: the next minute comes.
if ! [ -d "$HOME" ] || ! [ -d "$config" ] || ! [ -d "$state" ]; then exit 0; fi
first_line /proc/sys/kernel/hostname
if [ -n "$host" ] && [ "$host" != "$line" ]; then exit 0; fi

first_line /proc/sys/kernel/random/boot_id
this_boot=$line

# Sets $supervisor to lives, dead or unknown, by the line that the supervisor has left in its lock file: PID STARTTICKS
# BOOTID. The lock itself is not tried here: to try it is to hold it, if only while a new supervisor wants it.
look() {
  supervisor=unknown
  first_line "$lock"
  set -f
  # shellcheck disable=SC2086
  set -- $line
  pid=\${1-} ticks=\${2-} boot=\${3-}
  case "$pid:$ticks" in
    :* | *: | *[!0-9:]*)
      pid=
      return
      ;;
  esac
  if [ "$boot" != "$this_boot" ]; then return; fi
  first_line "/proc/$pid/stat"
  # shellcheck disable=SC2086
  set -- \${line##*) }
  supervisor=dead
  # proc(5): the state is the third field, the start time the 22nd. A zombie is dead, and its lock is free.
  case \${1-Z} in
    Z | X) return ;;
  esac
  if [ "\${20-}" = "$ticks" ]; then supervisor=lives; fi
}

look
set +f

if [ "$supervisor" = lives ]; then
  # A later supervisor reads from this file's time until when this one lived.
  { true >"$seen"; } 2>/dev/null || :
  exit 0
fi

# "appsup daemon stop" is a wish that holds until the user starts something, or the host reboots.
first_line "$asleep"
if [ -n "$line" ] && [ "\${line%% *}" = "$this_boot" ]; then exit 0; fi

cd / || exit 0

# From here on one script at a time, where flock(1) is: several at once would only start supervisors that leave again,
# and one that hangs on a dead disk must not become one more every minute. flock(1) ends with 1 when somebody holds it.
if command -v flock >/dev/null && { true >>"$gate"; } 2>/dev/null; then
  exec 9>>"$gate"
  flock -n 9 || [ $? -ne 1 ] || exit 0
  # No word about this boot in the lock file: it may have been taken just now, or the disk was too full to sign it.
  if [ "$supervisor" = unknown ] && [ -f "$lock" ]; then
    flock -n "$lock" true 2>/dev/null || [ $? -ne 1 ] || exit 0
  fi
fi

# Where the log cannot be written (a full disk, a read-only home), apps have to run nevertheless.
output=$log
{ true >>"$log"; } 2>/dev/null || output=/dev/null
size=$(wc -c <"$output")
if [ "$size" -gt 65536 ] && tail -c 16384 "$log" >"$log.new" 2>/dev/null; then mv -f "$log.new" "$log" 2>/dev/null; fi
exec 2>>"$output"

say() {
  { printf '%s %s\\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" >>"$output"; } 2>/dev/null || :
}

# The same complaint is written once, not every minute.
complain() {
  first_line "$problem"
  if [ "$line" != "$1" ]; then say "$1"; fi
  { printf '%s\\n' "$1" >"$problem"; } 2>/dev/null || :
  exit 0
}

# Prints "jit" or "nojit": how this Node works here. Fails when it is older than 20, or does not work.
# A cron that forbids writable code (MemoryDenyWriteExecute) passes that on, and Node dies of its own just-in-time compiler.
how() {
  check='${NODE_CHECK}'
  (
    # Every minute a core file would be too many. Of no standard, but of dash, bash and busybox.
    # shellcheck disable=SC3045
    ulimit -c 0
    "$1" -e "$check"
    case $? in
      0) echo jit >&3 ;;
      3) exit 3 ;;
      *) "$1" --jitless -e "$check" && echo nojit >&3 ;;
    esac
  ) 3>&1 </dev/null >/dev/null 2>&1
}

# Prints paths of Node, the best first: the recorded one, then those of version managers, newest first, then the system's.
candidates() {
  printf '%s\\n' "$node"
  for found in "\${node%/*/bin/node}"/*/bin/node \\
    "$HOME"/.nvm/versions/node/*/bin/node \\
    "$HOME"/.local/share/fnm/node-versions/*/installation/bin/node \\
    "$HOME"/.fnm/node-versions/*/installation/bin/node \\
    "$HOME"/.volta/tools/image/node/*/bin/node \\
    "$HOME"/.asdf/installs/nodejs/*/bin/node \\
    "$HOME"/.local/share/mise/installs/node/*/bin/node; do
    version=\${found%/bin/node}
    version=\${version%/installation}
    version=\${version##*/}
    version=\${version#v}
    case $version in
      *[!0-9.]* | *..* | *. | *.*.*.*) ;;
      [1-9]*.*.*) printf '%s %s\\n' "$version" "$found" ;;
    esac
  done | sort -t . -k 1,1nr -k 2,2nr -k 3,3nr | cut -d ' ' -f 2-
  printf '%s\\n' "$HOME/.local/bin/node" /usr/local/bin/node /usr/bin/node
}

# Prints "HOW:NODE" for the first candidate that works. A version manager's Node has packages of its own; when the recorded
# supervisor has gone with its Node, one that has it again is taken.
choose() {
  candidates | while read -r found; do
    if ! [ -x "$found" ]; then continue; fi
    if ! [ -f "$appsupd" ] && ! [ -f "$(package_of "$found")" ]; then continue; fi
    if works=$(how "$found"); then
      printf '%s:%s\\n' "$works" "$found"
      break
    fi
  done
}

package_of() {
  printf '%s\\n' "\${1%/bin/node}/lib/node_modules/appsup/bin/appsupd"
}

chosen=$(choose)
if [ -z "$chosen" ]; then
  if [ -f "$appsupd" ]; then complain "cannot start: no Node 20 or newer works, and $node is gone or does not"; fi
  complain "cannot start: $appsupd is gone; install appsup again, then: appsup boot install"
fi
found=\${chosen#*:}
if ! [ -f "$appsupd" ]; then appsupd=$(package_of "$found"); fi

if [ "$supervisor" = dead ]; then
  why="the supervisor (pid $pid) is gone"
elif [ -n "$pid" ]; then
  why='the host was rebooted'
else
  why='no supervisor runs'
fi
if [ "$found" != "$node" ]; then why="$why; $node is gone or does not work"; fi
if [ "\${chosen%%:*}" = jit ]; then
  set -- "$found" "$appsupd"
else
  why="$why; this cron forbids writable code, so without the just-in-time compiler"
  set -- "$found" --jitless "$appsupd"
fi
say "$why: starting $*"
if command -v setsid >/dev/null; then set -- setsid "$@"; fi
# The search path of every supervisor, whoever starts it.
PATH=/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin APPSUP_BOOT=1 "$@" </dev/null >>"$output" 2>&1 9>&- &
say "started, pid $!"
rm -f "$problem"
exit 0
`;
