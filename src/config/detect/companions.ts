import type {Launch, StopSignal} from '../../core/program-spec.ts';
import {procfileLines} from './candidates.ts';
import type {Folder} from './folder.ts';
import {launchOfLine} from './server-line.ts';
import {djangoProject} from './source.ts';

/** A program beside the one that listens. */
export interface Companion {
  readonly name: string;
  readonly launch: Launch;
  readonly stopSignal?: StopSignal;
  readonly stopMs?: number;
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
    return launch?.kind === 'command'
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
  // Huey loses a running job at TERM, and finishes it at INT.
  if (asks('huey') && django !== undefined) {
    found.push({
      launch: command('python', 'manage.py', 'run_huey'),
      stopSignal: 'INT',
      stopMs: 60_000,
      why: 'asks for huey',
    });
  }
  if (asks('celery'))
    found.push({
      launch: command('celery', '-A', django ?? 'tasks', 'worker'),
      stopMs: 60_000,
      why: 'asks for celery',
    });
  if (asks('rq') || asks('django-rq')) {
    const launch =
      django !== undefined && asks('django-rq')
        ? command('python', 'manage.py', 'rqworker')
        : command('rq', 'worker');
    found.push({launch, stopMs: 60_000, why: 'asks for rq'});
  }
  return found;
}

function command(...argv: readonly string[]): Launch {
  return {kind: 'command', argv};
}
