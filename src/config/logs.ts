import type {LogLimits} from '../core/spec.ts';
import {expandPath} from '../system/paths.ts';
import type {LogsFile} from './schema-logs.ts';
import {formatSize} from './size.ts';
import type {Problem} from './validate.ts';

const MIB = 1024 * 1024;

/**
 * How long an app's logs are kept. The app's word is stronger than the user's defaults.
 *
 * `total` bounds everything, the log that is written to included: `max_size` above it would never be reached. When only `total`
 * was said in the app's file, the other one gives way.
 */
export function readLogLimits(
  file: LogsFile,
  defaults: LogsFile,
  report: (problem: Problem) => void,
): LogLimits {
  const totalBytes = file.total ?? defaults.total ?? 100 * MIB;
  const maxBytes = file.max_size ?? Math.min(defaults.max_size ?? 10 * MIB, totalBytes);
  if (maxBytes > totalBytes) {
    report({
      path: ['logs', 'max_size'],
      message: `Expected "max_size" to be at most total, ${formatSize(totalBytes)}: got ${formatSize(maxBytes)}`,
      hint: 'a smaller max_size, or a larger total',
    });
  }
  return {
    maxBytes,
    maxAgeMs: file.max_age ?? defaults.max_age,
    keep: file.keep ?? defaults.keep ?? 10,
    totalBytes,
    gzip: file.compress ?? defaults.compress ?? true,
  };
}

/**
 * Paths of logs that the app writes by itself, absolute. They may lie anywhere: the supervisor and the command line can read
 * what their user can read, and nothing else.
 *
 * `*` and `?` are special in the last part only, so that the rest is a directory to look into and to watch. A `*` of the
 * app's own directory is none.
 */
export function readLogFiles(
  files: readonly string[],
  {home, directory}: {readonly home: string; readonly directory: string},
  report: (problem: Problem) => void,
): readonly string[] {
  files.forEach((file, index) => {
    const path = ['log_files', index];
    const cut = file.lastIndexOf('/') + 1;
    const [folder, last] = [file.slice(0, cut), file.slice(cut)];
    if (last === '' || last === '.' || last === '..' || file === '~') {
      report({
        path,
        message: `Expected "log_files" to name files: got ${JSON.stringify(file)}`,
        hint: `all files of a directory: "${file.replace(/\/*$/, '')}/*"`,
      });
    } else if (/[*?]/.test(folder)) {
      report({
        path,
        message: `Cannot look for ${JSON.stringify(file)}: * and ? may stand in the last part only`,
        hint: 'name each directory: log_files = ["a/*.log", "b/*.log"]',
      });
    }
  });
  return files.map((file) => expandPath(file, home, directory));
}
