import {isMount, isName} from '../core/names.ts';
import {startOrder} from '../core/order.ts';
import {processNames} from '../core/spec.ts';
import type {AppSpec, PrefixMode, ProgramSpec} from '../core/spec.ts';
import {expandPath} from '../system/paths.ts';
import {hasErrors} from './diagnostic.ts';
import type {Diagnostic} from './diagnostic.ts';
import {fillMount} from './keys.ts';
import {checkEnvironment, readProgram} from './program.ts';
import {appSchema, programSchema} from './schema.ts';
import type {AppFile, ProgramDefaults} from './schema.ts';
import {readToml} from './toml.ts';
import type {Table} from './toml.ts';
import {isTable, place, placeSyntax, validate} from './validate.ts';
import type {Problem} from './validate.ts';

/** What an app's file is read with. */
export interface AppContext {
  readonly name: string;
  /** Absolute; for messages. */
  readonly file: string;
  readonly home: string;
  readonly user: string;
  /** `/{user}_{app}`. */
  readonly mountTemplate: string;
  /** The host's rule, if it has one: a mount of another form is warned about. */
  readonly mountRule: string | undefined;
  readonly defaults: ProgramDefaults;
}

export interface ReadApp {
  /** Absent when there is an error. */
  readonly spec?: AppSpec;
  readonly diagnostics: readonly Diagnostic[];
}

/** One file of `apps/`. */
export interface LoadedApp {
  /** The file's name without `.toml`; made harmless when it is no name of an app. */
  readonly name: string;
  /** Absolute. */
  readonly file: string;
  /** Empty when it could not be read. */
  readonly text: string;
  /** SHA-256 of the text, hexadecimal. */
  readonly hash: string;
  /** Absent when there is an error among the diagnostics. */
  readonly spec?: AppSpec;
  readonly diagnostics: readonly Diagnostic[];
}

/** An app's text to its spec, or everything that is wrong with it. Pure: looks at no file. */
export function readApp(text: string, context: AppContext): ReadApp {
  const toml = readToml(text);
  if (!toml.ok) return {diagnostics: placeSyntax(toml.problems, context.file)};
  const {output, problems} = validate(appSchema, toml.document.value);
  const all = [...problems];
  const spec = assemble(output, toml.document.value, context, (problem) => all.push(problem));
  const diagnostics = place(all.map(misplaced), toml.document, context.file);
  return hasErrors(diagnostics) || spec === undefined ? {diagnostics} : {spec, diagnostics};
}

type Report = (problem: Problem) => void;

function assemble(file: AppFile, raw: Table, context: AppContext, report: Report): AppSpec | undefined {
  const directory = expandPath(file.directory ?? context.home, context.home, context.home);
  if (file.directory !== undefined && !/^(\/|~\/|~$)/.test(file.directory)) {
    report({
      path: ['directory'],
      message: `Expected "directory" to be absolute: got ${JSON.stringify(file.directory)}`,
      hint: 'begin it with / or ~/',
    });
  }
  checkEnvironment(file.env, ['env'], report);
  const programs = readPrograms(file, raw, {...context, directory}, report);
  checkPrograms(programs, Object.keys(isTable(raw['programs']) ? raw['programs'] : {}), report);
  const mount = readMount(file, context, report);
  return {
    name: context.name,
    file: context.file,
    directory,
    mount,
    prefix: readPrefix(file, mount, programs, report),
    port: file.port,
    python:
      file.python === undefined || file.python === 'auto'
        ? 'auto'
        : expandPath(file.python, context.home, directory),
    envFiles: (file.env_file ?? []).map((each) => expandPath(each, context.home, directory)),
    env: file.env ?? {},
    programs,
  };
}

/** The host's own `/` and no mount are the same. */
function readMount(
  file: AppFile,
  {name, user, mountTemplate, mountRule}: AppContext,
  report: Report,
): string {
  const path = ['mount'];
  if (file.mount === undefined) return file.prefix === 'none' ? '' : fillMount(mountTemplate, user, name);
  if (file.mount === '/') {
    if (file.prefix !== undefined && file.prefix !== 'none') {
      report({
        path,
        message: `Cannot ${file.prefix} the mount "/": there is nothing in front`,
        hint: 'prefix = "none", or leave it out',
      });
    }
    return '';
  }
  if (!isMount(file.mount)) {
    const better = `/${file.mount
      .replace(/[^\w/~-]+/g, '-')
      .split('/')
      .filter(Boolean)
      .join('/')}`;
    report({
      path,
      message: `Expected "mount" to be a path of letters, digits, _ and - as "/alice_tasks": got ${JSON.stringify(file.mount)}`,
      hint: isMount(better) ? `mount = "${better}"` : 'begin it with /, and end it without',
    });
  } else if (file.prefix === 'none') {
    report({
      path,
      message: 'Cannot serve below a mount with prefix = "none"',
      hint: 'remove mount, or write prefix = "keep" or "strip"',
    });
  } else if (mountRule !== undefined && !matchesRule(file.mount, mountRule, user)) {
    report({
      path,
      severity: 'warning',
      message: `The mounts of this host have the form ${mountRule}`,
      hint: `mount = "${fillMount(mountRule, user, name)}"`,
    });
  }
  return file.mount;
}

function matchesRule(mount: string, rule: string, user: string): boolean {
  const [before = '', after = ''] = fillMount(rule, user, '\0').split('\0');
  return mount.length > before.length + after.length && mount.startsWith(before) && mount.endsWith(after);
}

/** gunicorn workers that do not look at SCRIPT_NAME: the app would see the mount in every path. */
const IGNORES_SCRIPT_NAME = /uvicorn|gevent_pywsgi|gevent_wsgi|GeventWebSocket|^asgi$/i;

function readPrefix(
  file: AppFile,
  mount: string,
  programs: readonly ProgramSpec[],
  report: Report,
): PrefixMode {
  if (mount === '') return 'none';
  const deaf = programs.find(({launch, listen}) => {
    if (listen === 'none') return false;
    return (
      launch.kind === 'uvicorn' ||
      (launch.kind === 'gunicorn' && IGNORES_SCRIPT_NAME.test(launch.workerClass ?? ''))
    );
  });
  if (file.prefix === 'keep' && deaf !== undefined) {
    report({
      path: ['prefix'],
      severity: 'warning',
      message: `"${deaf.name}" will not find its pages with prefix = "keep": its server does not look at SCRIPT_NAME`,
      hint: 'prefix = "strip", unless the app itself expects the mount in its paths',
    });
  }
  return file.prefix ?? (deaf === undefined ? 'keep' : 'strip');
}

function readPrograms(
  file: AppFile,
  raw: Table,
  context: AppContext & {readonly directory: string},
  report: Report,
): readonly ProgramSpec[] {
  const said = raw['programs'];
  if (isTable(said) && Object.keys(said).length === 0) {
    report({path: ['programs'], at: 'key', message: 'The app has no program', hint: 'add: [programs.web]'});
  }
  return Object.entries(file.programs ?? {}).flatMap(([name, program]) => {
    if (!isName(name)) {
      report({
        path: ['programs', name],
        at: 'key',
        message: `Cannot use ${JSON.stringify(name)} as a program's name`,
        hint: 'letters, digits, _ and -; at most 63, a letter or digit first',
      });
      return [];
    }
    const table = isTable(said) ? said[name] : undefined;
    const present = new Set(Object.keys(isTable(table) ? table : {}));
    return readProgram(program, {...context, name, present, report}) ?? [];
  });
}

/** What concerns several programs: who listens, who waits for whom, whose processes are called alike. */
function checkPrograms(programs: readonly ProgramSpec[], names: readonly string[], report: Report): void {
  const [first, second] = programs.filter((program) => program.listen !== 'none');
  if (first !== undefined && second !== undefined) {
    report({
      path: ['programs', second.name, 'listen'],
      message: `"${first.name}" and "${second.name}" both listen: an app has one port`,
      hint: `listen = "none" for one of them, or an app of its own for ${second.name}`,
    });
  }
  checkAfter(programs, names, report);
  const owners = new Map<string, string>();
  for (const program of programs) {
    for (const processName of processNames(program)) {
      const owner = owners.get(processName);
      owners.set(processName, program.name);
      if (owner === undefined) continue;
      report({
        path: ['programs', program.name],
        at: 'key',
        message: `A process of "${program.name}" and one of "${owner}" would both be called "${processName}"`,
      });
      break;
    }
  }
}

/** `names`: also those of programs that could not be read. */
function checkAfter(programs: readonly ProgramSpec[], names: readonly string[], report: Report): void {
  for (const {name, after} of programs) {
    after.forEach((other, index) => {
      if (names.includes(other)) return;
      report({
        path: ['programs', name, 'after', index],
        message: `No program of this app is called ${JSON.stringify(other)}`,
        hint: `its programs: ${names.join(', ')}`,
      });
    });
  }
  const order = startOrder(programs);
  if (order.ok) return;
  const [at = ''] = order.cycle;
  report({
    path: ['programs', at, 'after'],
    message: `Programs wait for each other in a circle: ${order.cycle.join(' -> ')}`,
    hint: 'take one of them out of after',
  });
}

/** A key of a program or of a later table at the top of the file is a common slip: say where it belongs. */
function misplaced(problem: Problem): Problem {
  const [name] = problem.path;
  if (problem.path.length !== 1 || problem.hint === undefined || !/^Unknown key/.test(problem.message))
    return problem;
  return typeof name === 'string' && PROGRAM_KEYS.has(name)
    ? {...problem, hint: `it belongs to a program: write it below [programs.web]`}
    : problem;
}

const PROGRAM_KEYS: ReadonlySet<string> = new Set(Object.keys(programSchema.entries));
