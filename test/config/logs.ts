import test from 'ava';

import {GUNICORN, advice, findings, specOf, web} from '../helpers/read-app.ts';

const MIB = 1024 * 1024;
const DEFAULTS = {maxBytes: 10 * MIB, maxAgeMs: undefined, keep: 10, totalBytes: 100 * MIB, gzip: true};

/** An app with these lines above its program. */
function app(...lines: readonly string[]): string {
  return [...lines, web(GUNICORN)].join('\n');
}

/** An app with a table of logs behind its program: its keys begin at line 5. */
function logs(...lines: readonly string[]): string {
  return [web(GUNICORN), '[logs]', ...lines].join('\n');
}

for (const [what, lines, changes] of [
  ['nothing', [], {}],
  [
    'every key',
    ['max_size = "10MB"', 'max_age = "7d"', 'keep = 3', 'total = "1GB"', 'compress = false'],
    {maxBytes: 10_000_000, maxAgeMs: 7 * 86_400_000, keep: 3, totalBytes: 1_000_000_000, gzip: false},
  ],
  [
    'a small total alone: the log stays below it',
    ['total = "5MB"'],
    {maxBytes: 5_000_000, totalBytes: 5_000_000},
  ],
] as const) {
  test(`readLogLimits() reads ${what}`, (t) => {
    t.deepEqual(findings(logs(...lines)), []);
    t.deepEqual(specOf(logs(...lines)).logs, {...DEFAULTS, ...changes});
  });
}

test("readLogLimits() takes the user's defaults, and the app is stronger", (t) => {
  const defaults = {logs: {max_size: 5000, keep: 2, compress: false}};
  t.deepEqual(specOf(logs('keep = 4'), {defaults}).logs, {...DEFAULTS, maxBytes: 5000, keep: 4, gzip: false});
});

for (const [line, expected] of [
  [
    'max_size = "10"',
    '5:12 Expected "max_size" to be a size in quotes with its unit (KB, MB, GB, KiB, MiB, GiB), as "10MB": got "10" | ',
  ],
  ['max_size = "1B"', '5:12 Expected "max_size" to be at least "1KB": got "1B" | '],
  [
    'max_size = "1GB"',
    '5:12 Expected "max_size" to be at most total, 100MiB: got 1GB | a smaller max_size, or a larger total',
  ],
  ['max_age = 7', '5:11 Expected "max_age" to be a duration in quotes with its unit, as "7s": got 7 | '],
  ['keep = 0', '5:8 Expected "keep" to be a whole number from 1 to 1000: got 0 | '],
  ['compress = "gzip"', '5:12 Expected "compress" to be true or false: got "gzip" | '],
] as const) {
  test(`readLogLimits() says of ${line}: ${expected}`, (t) => {
    t.deepEqual(advice(logs(line)), [expected]);
  });
}

for (const [said, expected] of [
  ['"logs/api.log*"', ['/srv/x/logs/api.log*']],
  ['["a.log", "~/b?.log", "/var/log/c.log"]', ['/srv/x/a.log', '/home/alice/b?.log', '/var/log/c.log']],
  ['"../shared/x.log"', ['/srv/shared/x.log']],
  ['[]', []],
] as const) {
  test(`readLogFiles() reads ${said}`, (t) => {
    t.deepEqual(findings(app(`log_files = ${said}`)), []);
    t.deepEqual(specOf(app(`log_files = ${said}`)).logFiles, expected);
  });
}

test("readLogFiles() keeps a * of the app's own directory, which is the name of that directory", (t) => {
  const text = app('log_files = "a*"').replace('/srv/x', '/srv/*');
  t.deepEqual(specOf(text).logFiles, ['/srv/*/a*']);
});

const FILES = 'Expected "log_files" to name files: got';
for (const [said, ...expected] of [
  ['"logs/"', `1:13 ${FILES} "logs/" | all files of a directory: "logs/*"`],
  ['["a", ".."]', `1:19 ${FILES} ".." | all files of a directory: "../*"`],
  ['"~"', `1:13 ${FILES} "~" | all files of a directory: "~/*"`],
  [
    '["*/a.log", "**/b.log"]',
    '1:14 Cannot look for "*/a.log": * and ? may stand in the last part only | name each directory: log_files = ["a/*.log", "b/*.log"]',
    '1:25 Cannot look for "**/b.log": * and ? may stand in the last part only | name each directory: log_files = ["a/*.log", "b/*.log"]',
  ],
  ['5', '1:13 Expected "log_files" to be text in quotes, or a list of them: ["a", "b"]: got 5 | '],
] as const) {
  test(`readLogFiles() says of ${said}: ${expected.join('; ')}`, (t) => {
    t.deepEqual(advice(app(`log_files = ${said}`)), [...expected]);
  });
}
