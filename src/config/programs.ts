import {NAME_HINT, isName} from '../core/names.ts';
import {startOrder} from '../core/order.ts';
import {processNames} from '../core/program-spec.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import {readProgram} from './program.ts';
import type {ProgramContext} from './program-launch.ts';
import type {AppFile} from './schema.ts';
import {isTable, keysOf} from './validate.ts';
import type {Table} from './toml.ts';
import type {Problem} from './validate.ts';

type Report = (problem: Problem) => void;

/** The programs of an app, and what concerns several of them: who listens, who waits for whom, whose processes are called alike. */
export function readPrograms(
  file: AppFile,
  raw: Table,
  context: Omit<ProgramContext, 'name' | 'present' | 'health'>,
): readonly ProgramSpec[] {
  const {report} = context;
  const said = raw['programs'];
  // Pages that the front end serves by itself need none.
  const isSite = Object.hasOwn(file.static ?? {}, '/') && (file.front?.pass ?? []).length === 0;
  if (!isSite && said === undefined)
    report({path: [], message: '"programs" is missing', hint: 'add: [programs.web]'});
  if (!isSite && isTable(said) && Object.keys(said).length === 0) {
    report({path: ['programs'], at: 'key', message: 'The app has no program', hint: 'add: [programs.web]'});
  }
  const programs = Object.entries(file.programs ?? {}).flatMap(([name, program]) => {
    if (!isName(name)) {
      report({
        path: ['programs', name],
        at: 'key',
        message: `Cannot use ${JSON.stringify(name)} as a program's name`,
        hint: NAME_HINT,
      });
      return [];
    }
    const table = isTable(said) ? said[name] : undefined;
    const present = new Set(keysOf(table));
    const health = new Set(keysOf(isTable(table) ? table['health'] : undefined));
    return readProgram(program, {...context, name, present, health}) ?? [];
  });
  checkPrograms(programs, file, keysOf(said), report);
  return programs;
}

/** `names`: also those of programs that could not be read. */
function checkPrograms(
  programs: readonly ProgramSpec[],
  file: AppFile,
  names: readonly string[],
  report: Report,
): void {
  const [first, second] = programs.filter((program) => program.listen !== 'none');
  if (first !== undefined && second !== undefined) {
    report({
      path: ['programs', second.name, 'listen'],
      message: `"${first.name}" and "${second.name}" both listen: an app has one port`,
      hint: `listen = "none" for one of them, or an app of its own for ${second.name}`,
    });
  }
  checkAfter(programs, file, names, report);
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

function checkAfter(
  programs: readonly ProgramSpec[],
  file: AppFile,
  names: readonly string[],
  report: Report,
): void {
  for (const {name, after} of programs) {
    for (const other of after.filter((each) => !names.includes(each))) {
      report({
        path: ['programs', name, 'after', file.programs?.[name]?.after?.indexOf(other) ?? 0],
        message: `No program of this app is called ${JSON.stringify(other)}`,
        hint: `its programs: ${names.join(', ')}; something else: "tcp://host:port"`,
      });
    }
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
