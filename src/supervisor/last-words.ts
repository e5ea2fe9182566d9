import {closeSync, fstatSync, openSync, readSync} from 'node:fs';

import {systemCode} from '../errors.ts';

/** What a process printed last: the line that says why it ended, and the lines to show with it. */
export interface LastWords {
  readonly reason: string | undefined;
  readonly lines: readonly string[];
}

/** An older generation may go on printing into the same log while a new one fails. */
const MOST_BYTES = 1024 * 1024;
const MOST_LINES = 12;

/** Python's and Node's last line of a traceback: `ModuleNotFoundError: No module named 'x'`, `redis.ConnectionError: ...`. */
const EXCEPTION =
  /^(?:[A-Za-z_][\w.]*\.)?(?:[A-Z]\w*)?(?:Error|Exception|Exit|Interrupt|Refused|DoesNotExist|Timeout|Warning)(?::|$| \[)/;
/** `app.js:3` or `  File "/home/...", line 12`: where a traceback's last step begins. */
const PYTHON_FRAME = /^\s+File "/;

/** The last words in a piece of log. Pure. */
export function lastWordsIn(text: string): LastWords {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const at = lines.findLastIndex((line) => EXCEPTION.test(line));
  if (at < 0) {
    const said = lines.filter((line) => line !== '').slice(-MOST_LINES);
    return {reason: said.at(-1)?.trim(), lines: said};
  }
  const reason = (lines[at] as string).trim();
  const frame = lines.findLastIndex((line, index) => index < at && PYTHON_FRAME.test(line));
  const from = frame >= 0 && at - frame < MOST_LINES ? frame : Math.max(0, at - 5);
  return {reason, lines: lines.slice(from, at + 1).filter((line) => line !== '')};
}

/** The last words of a process whose log began at `offset`. Nothing is said of a log that cannot be read. */
export function lastWords(logFile: string, offset: number): LastWords {
  try {
    const fd = openSync(logFile, 'r');
    try {
      const {size} = fstatSync(fd);
      // The log may have been rotated meanwhile: then all of it is newer than the offset.
      const from = Math.max(offset <= size ? offset : 0, size - MOST_BYTES);
      const bytes = Buffer.alloc(size - from);
      const length = readSync(fd, bytes, 0, bytes.length, from);
      return lastWordsIn(bytes.toString('utf8', 0, length));
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return {reason: undefined, lines: []};
  }
}
