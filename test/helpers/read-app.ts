import {readApp} from '../../src/config/app.ts';
import type {AppContext} from '../../src/config/app.ts';
import {renderDiagnostic, summarizeDiagnostic} from '../../src/config/diagnostic.ts';
import type {ProgramSpec} from '../../src/core/program-spec.ts';
import type {AppSpec} from '../../src/core/spec.ts';

export const CONTEXT: AppContext = {
  name: 'tasks',
  file: '/home/alice/.config/appsup/apps/tasks.toml',
  home: '/home/alice',
  user: 'alice',
  mountTemplate: '/{user}_{app}',
  mountRule: undefined,
  defaults: {},
};

export const GUNICORN = 'gunicorn = "wsgi:app"';

/** The spec of a text without errors. */
export function specOf(text: string, context: Partial<AppContext> = {}): AppSpec {
  const {spec, diagnostics} = readApp(text, {...CONTEXT, ...context});
  if (spec === undefined) throw new Error(diagnostics.map((each) => renderDiagnostic(each, text)).join('\n'));
  return spec;
}

/** Its first program. */
export function programOf(text: string, context: Partial<AppContext> = {}): ProgramSpec {
  const [program] = specOf(text, context).programs;
  if (program === undefined) throw new Error('no program');
  return program;
}

/** `line:column message`, each. */
export function findings(text: string, context: Partial<AppContext> = {}): readonly string[] {
  return readApp(text, {...CONTEXT, ...context}).diagnostics.map((each) =>
    summarizeDiagnostic(each).replace('tasks.toml:', ''),
  );
}

/** The same with the way out: `line:column message | hint`. */
export function advice(text: string, context: Partial<AppContext> = {}): readonly string[] {
  return readApp(text, {...CONTEXT, ...context}).diagnostics.map((each) =>
    `${summarizeDiagnostic(each)} | ${each.hint ?? ''}`.replace('tasks.toml:', ''),
  );
}

/** An app whose only program has these lines; they begin at line 3. */
export function web(...lines: readonly string[]): string {
  return ['directory = "/srv/x"', '[programs.web]', ...lines].join('\n');
}
