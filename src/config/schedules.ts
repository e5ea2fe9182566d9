import {NAME_HINT, isName} from '../core/names.ts';
import type {AppSpec} from '../core/spec.ts';
import {readJob} from './job.ts';
import {readTask} from './task.ts';
import type {AppFile} from './schema.ts';
import {isTable, keysOf} from './validate.ts';
import type {Table} from './toml.ts';
import type {WorkContext} from './work.ts';

/** What is run on a schedule, and what on demand. */
export function readSchedules(
  file: AppFile,
  raw: Table,
  context: Omit<WorkContext, 'name' | 'present'>,
): Pick<AppSpec, 'jobs' | 'tasks'> {
  const {report} = context;
  const present = (kind: 'jobs' | 'tasks', name: string): ReadonlySet<string> => {
    const tables = raw[kind];
    return new Set(keysOf(isTable(tables) ? tables[name] : undefined));
  };
  const jobs = Object.entries(file.jobs ?? {}).flatMap(([name, job]) => {
    if (!isFreeName(name, 'jobs', file, report)) return [];
    return readJob(job, {...context, name, present: present('jobs', name)}) ?? [];
  });
  const tasks = Object.entries(file.tasks ?? {}).flatMap(([name, task]) => {
    if (!isFreeName(name, 'tasks', file, report)) return [];
    return readTask(task, {...context, name, present: present('tasks', name)}) ?? [];
  });
  return {jobs, tasks};
}

/** Programs, jobs and tasks are meant by their names alone, and their logs and marks are told apart by them. */
function isFreeName(
  name: string,
  kind: 'jobs' | 'tasks',
  file: AppFile,
  report: WorkContext['report'],
): boolean {
  const path = [kind, name];
  const what = kind === 'jobs' ? 'job' : 'task';
  if (!isName(name)) {
    report({
      path,
      at: 'key',
      message: `Cannot use ${JSON.stringify(name)} as a ${what}'s name`,
      hint: NAME_HINT,
    });
    return false;
  }
  if (kind === 'tasks' && Object.hasOwn(file.jobs ?? {}, name)) {
    report({path, at: 'key', message: `"${name}" is a job already`, hint: 'call the task something else'});
    return false;
  }
  const program = Object.keys(file.programs ?? {}).find(
    (each) => each === name || name.replace(/_\d+$/, '') === each,
  );
  if (program === undefined) return true;
  report({
    path,
    at: 'key',
    message: `"${name}" is a program already`,
    hint: `call the ${what} something else`,
  });
  return false;
}
