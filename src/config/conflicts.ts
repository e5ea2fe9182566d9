import type {LoadedApp} from './app.ts';
import type {Diagnostic} from './diagnostic.ts';
import {readToml} from './toml.ts';

/**
 * Take back the spec of an app that claims the mount or the fixed port of another one.
 *
 * The file that was written last is the one that is wrong, so that no new file takes away what another app has, and that is
 * the same at every start; of two that are equally old, the later one by the alphabet. A mount below another one (`/alice`,
 * `/alice/tasks`) is no conflict: front ends take the longest.
 *
 * @param apps - In alphabetical order, and so is the answer.
 */
export function withoutConflicts(apps: readonly LoadedApp[]): readonly LoadedApp[] {
  const mounts = new Map<string, string>();
  const ports = new Map<number, string>();
  const byAge = apps.toSorted((a, b) => (a.changedMs ?? 0) - (b.changedMs ?? 0));
  const checked = new Map(byAge.map((app) => [app, check(app)]));
  return apps.map((app) => checked.get(app) ?? app);

  function check(app: LoadedApp): LoadedApp {
    if (app.spec === undefined) return app;
    const {mount, port} = app.spec;
    // An app with a whole host to itself ('') does not meet others by its path.
    const mountOwner = mount === '' ? undefined : mounts.get(mount);
    const portOwner = port === undefined ? undefined : ports.get(port);
    const found = [
      ...(mountOwner === undefined
        ? []
        : [taken(app, 'mount', `The mount ${mount} belongs to ${mountOwner}`)]),
      ...(portOwner === undefined ? [] : [taken(app, 'port', `The port ${port} belongs to ${portOwner}`)]),
    ];
    if (found.length > 0) {
      const {spec: _, ...rest} = app;
      return {...rest, diagnostics: [...app.diagnostics, ...found]};
    }
    if (mount !== '') mounts.set(mount, app.name);
    if (port !== undefined) ports.set(port, app.name);
    return app;
  }
}

function taken(app: LoadedApp, key: 'mount' | 'port', message: string): Diagnostic {
  const toml = readToml(app.text);
  const place = toml.ok ? toml.document.valueAt([key]) : {line: 1, column: 1, length: 1};
  const hint =
    key === 'mount'
      ? 'choose another one: mount = "/..."'
      : 'choose another one, or remove the line: then one is leased';
  return {file: app.file, ...place, message, hint, severity: 'error'};
}
