import {isQueue} from '../../core/program-spec.ts';
import type {Launch} from '../../core/program-spec.ts';
import {procfileLines} from './candidates.ts';
import type {Folder} from './folder.ts';
import {launchOfLine} from './server-line.ts';
import {djangoProject} from './source.ts';

/** A program beside the one that listens. */
export interface Companion {
  readonly name: string;
  readonly launch: Launch;
  /** The file that says so. */
  readonly source: string;
  readonly why: string;
  /** False: only a guess from a list of requirements, to be shown, not to be written. */
  readonly sure: boolean;
}

/** Lines of a Procfile other than `web` and `release` (which is run once, at a deployment), and queue workers. */
export function findCompanions(folder: Folder): readonly Companion[] {
  const lines = procfileLines(folder).filter(({name}) => name !== 'web' && name !== 'release');
  const said = lines.flatMap(({name, line}): readonly Companion[] => {
    const launch = launchOfLine(line);
    return launch !== undefined && (launch.kind === 'command' || isQueue(launch))
      ? [{name, launch, source: 'Procfile', why: `${name}: ${line}`, sure: true}]
      : [];
  });
  return [...said, ...queueWorkers(folder).filter(() => said.length === 0)];
}

const REQUIREMENTS = [
  'requirements.txt',
  'requirements/base.txt',
  'requirements/production.txt',
  'pyproject.toml',
  'Pipfile',
  'environment.yml',
  'setup.py',
];

function queueWorkers(folder: Folder): readonly Companion[] {
  const django = djangoProject(folder.read('manage.py') ?? '');
  return REQUIREMENTS.flatMap((file) => {
    const text = folder.read(file) ?? '';
    return workersFor(text, django).map((worker): Companion => ({
      ...worker,
      name: 'queue',
      source: file,
      sure: false,
    }));
  }).filter((each, index, all) => all.findIndex((other) => other.why === each.why) === index);
}

type Worker = Omit<Companion, 'name' | 'source' | 'sure'>;

function workersFor(requirements: string, django: string | undefined): readonly Worker[] {
  const asks = (name: string) =>
    new RegExp(String.raw`(^|[\s"'\-])${name}(?=[\s"'=<>~!;\[,]|$)`, 'im').test(
      requirements.replace(/#.*$/gm, ''),
    );
  const found: Worker[] = [];
  if (asks('huey')) {
    const target = django === undefined ? 'tasks.huey' : 'manage.py';
    found.push({launch: {kind: 'huey', target, workers: 1, args: []}, why: 'asks for huey'});
  }
  if (asks('celery')) {
    const launch: Launch = {kind: 'celery', target: django ?? 'tasks', workers: 2, args: []};
    found.push({launch, why: 'asks for celery'});
  }
  if (asks('dramatiq') || asks('django-dramatiq')) {
    const launch: Launch =
      django !== undefined && asks('django-dramatiq')
        ? {kind: 'command', argv: ['python', 'manage.py', 'rundramatiq']}
        : {kind: 'dramatiq', target: 'tasks', workers: 2, args: []};
    found.push({launch, why: 'asks for dramatiq'});
  }
  if (asks('rq') || asks('django-rq')) {
    const launch: Launch =
      django !== undefined && asks('django-rq')
        ? {kind: 'command', argv: ['python', 'manage.py', 'rqworker']}
        : {kind: 'rq', target: 'default', workers: 1, args: []};
    found.push({launch, why: 'asks for rq'});
  }
  return found;
}
