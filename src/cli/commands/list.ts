import {hasErrors} from '../../config/diagnostic.ts';
import {leases} from '../../ports/leases.ts';
import {configOf} from '../apps.ts';
import {columns} from '../columns.ts';
import type {Command} from '../context.ts';
import {tilde} from '../format.ts';

const HEADER = ['APP', 'PORT', 'MOUNT', 'PROGRAMS', 'DIRECTORY'];

/** `appsup list`: what has a file. Asks no supervisor. */
export const list: Command = async (context) => {
  const {paths, terminal} = context;
  const ports = new Map(leases(paths).map(({app, port}) => [app, port]));
  const apps = [...configOf(context).apps.values()].map(({name, file, spec, diagnostics}) => ({
    app: name,
    file,
    ok: !hasErrors(diagnostics),
    port: spec?.port ?? ports.get(name),
    mount: spec?.mount,
    programs: spec?.programs.map((program) => program.name) ?? [],
    directory: spec?.directory,
  }));
  const rows = apps.map(({app, ok, port, mount, programs, directory}) =>
    ok
      ? [app, String(port ?? '-'), mount || '/', programs.join(' '), tilde(directory ?? '', paths.home)]
      : [app, String(port ?? '-'), '-', '-', `its file has mistakes: appsup check ${app}`],
  );
  return {
    text:
      rows.length === 0
        ? ''
        : columns([HEADER.map((text) => ({text, paint: terminal.style.dim})), ...rows], terminal.width).join(
            '\n',
          ),
    json: apps,
    hints: rows.length === 0 ? ['no apps yet: appsup add DIRECTORY'] : [],
  };
};
