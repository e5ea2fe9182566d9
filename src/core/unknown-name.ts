import {nearest} from './nearest.ts';
import {processNames} from './program-spec.ts';
import type {AppSpec} from './spec.ts';

/** What a name behind `APP:` can be. */
export interface NamesIn {
  /** Of programs, and of their processes where they are several. */
  readonly programs: readonly string[];
  readonly tasks: readonly string[];
  readonly jobs: readonly string[];
}

/** The names in an app; none in one whose file has mistakes. */
export function namesIn(spec: AppSpec | undefined): NamesIn {
  const names = (all: readonly {readonly name: string}[] = []): readonly string[] =>
    all.map(({name}) => name);
  const programs = (spec?.programs ?? []).flatMap((program) => [program.name, ...processNames(program)]);
  return {programs: [...new Set(programs)], tasks: names(spec?.tasks), jobs: names(spec?.jobs)};
}

/** The hint for a word that nobody knows: the one that was probably meant, or what else there is to say. */
export function didYouMean(word: string, known: Iterable<string>, otherwise: string): string {
  const meant = nearest(word, known);
  return meant === undefined ? otherwise : `did you mean "${meant}"?`;
}

/** The hint for an app that is not there. A program's name alone is what supervisorctl and pm2 would take. */
export function unknownApp(name: string, apps: ReadonlyMap<string, NamesIn>): string {
  if (apps.size === 0) return 'there are none yet: appsup add DIRECTORY';
  const owners = [...apps]
    .filter(([, {programs}]) => programs.includes(name))
    .map(([app]) => `${app}:${name}`);
  const known = [...apps.keys()].toSorted();
  const otherwise =
    owners.length === 0
      ? `known apps: ${known.join(', ')}`
      : `it is a program: ${owners.toSorted().join(', ')}`;
  return didYouMean(name, known, otherwise);
}

/** The hint for a name that an app has no program of. */
export function unknownProgram(app: string, name: string, {programs, tasks, jobs}: NamesIn): string {
  const run = tasks.includes(name) ? 'task' : jobs.includes(name) ? 'job' : undefined;
  if (run !== undefined) return `it is a ${run}: appsup run ${app} ${name}`;
  if (programs.length === 0) return `what it has is not known: appsup check ${app}`;
  const meant = nearest(name, programs);
  return meant === undefined
    ? `programs of ${app}: ${programs.join(', ')}`
    : `did you mean "${app}:${meant}"?`;
}
