import {isBelow, isPlainPath} from '../core/names.ts';
import type {FrontSpec, StaticSpec} from '../core/spec.ts';
import {expandPath} from '../system/paths.ts';
import type {FrontFile, StaticFile} from './schema-front.ts';
import type {Problem} from './validate.ts';

type Report = (problem: Problem) => void;

/** What the front end is told of an app. Values that may not stand in a server's configuration are refused here already. */
export function readFront(
  file: {
    readonly front?: FrontFile | undefined;
    readonly static?: StaticFile | undefined;
    readonly programs?: object | undefined;
  },
  place: {readonly home: string; readonly directory: string},
  report: Report,
): FrontSpec {
  const {body_limit, timeout, streaming, maintenance, fallback, pass} = file.front ?? {};
  const statics = readStatics(file.static ?? {}, place, report);
  const whole = statics.some(({path}) => path === '/');
  if (whole && (pass ?? []).length === 0 && Object.keys(file.programs ?? {}).length > 0) {
    report({
      path: ['static', '/'],
      at: 'key',
      severity: 'warning',
      message: 'No visitor reaches the app: the directory at "/" is served for every path',
      hint: 'say which paths are the app\'s: front = { pass = ["/api"] }',
    });
  }
  if (!whole) {
    for (const [name, value] of Object.entries({fallback, pass})) {
      if (value !== undefined) report(pointless(name));
    }
  }
  return {
    bodyLimitBytes: body_limit ?? 100_000_000,
    timeoutMs: timeout ?? 300_000,
    statics,
    fallback: fallback?.slice(1),
    passes: pass ?? [],
    maintenance,
    streaming: streaming ?? false,
  };
}

function pointless(name: string): Problem {
  return {
    path: ['front', name],
    at: 'key',
    severity: 'warning',
    message: `"${name}" has no effect: the app answers all paths`,
    hint: 'it is for a directory that is served at "/": static = { "/" = "dist" }',
  };
}

function readStatics(
  file: StaticFile,
  {home, directory}: {readonly home: string; readonly directory: string},
  report: Report,
): readonly StaticSpec[] {
  return Object.entries(file).map(([path, text]) => {
    const target = expandPath(text, home, directory);
    if (path !== '/' && !isBelow(path)) {
      report({
        path: ['static', path],
        at: 'key',
        message: `Expected a path below the mount as "/static": got ${JSON.stringify(path)}`,
        hint: 'begin it with /, and end it without; letters, digits, _, - and .',
      });
    }
    if (!isPlainPath(target)) {
      report({
        path: ['static', path],
        message: `Cannot name ${JSON.stringify(target)} in a server's configuration: only letters, digits and _ . @ + - may be in it`,
        hint: 'rename the directory, or have it served by the app',
      });
    }
    return {path, directory: target};
  });
}
