/** `0.9 s`, `12 s`, `3 min`: how long something took. */
export function took(ms: number): string {
  return ms < 9950 ? `${(ms / 1000).toFixed(1)} s` : age(ms);
}

/** `4 s`, `12 min`, `5 h`, `3 d`: one figure is enough to know how old something is. */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return seconds < 48 * 3600 ? `${Math.floor(seconds / 3600)} h` : `${Math.floor(seconds / 86_400)} d`;
}

/** `84 MB`; 1 MB is 1,000,000 bytes. */
export function megabytes(bytes: number): string {
  return bytes < 9_950_000 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.round(bytes / 1e6)} MB`;
}

/** `14:02`, and with the date when it was not today. In the user's time zone. */
export function clockTime(at: number, now: number): string {
  const moment = new Date(at);
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}`;
  if (moment.toDateString() === new Date(now).toDateString()) return time;
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())} ${time}`;
}

/** `1 program`, `2 programs`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** `~/flask-tasks` for a path in the home directory. */
export function tilde(file: string, home: string): string {
  return file === home || file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
}

function two(figure: number): string {
  return String(figure).padStart(2, '0');
}
