import {SURE} from '../config/detect/candidates.ts';
import type {Candidate} from '../config/detect/candidates.ts';
import type {Detection} from '../config/detect.ts';
import {splitWords} from '../config/words.ts';
import type {Launch, Listen} from '../core/program-spec.ts';
import {AppsupError} from '../errors.ts';
import {usage} from './args.ts';
import type {Options} from './args.ts';
import type {Context} from './context.ts';
import {tilde} from './format.ts';

/** What will serve, and how that was found. */
export interface Chosen {
  readonly launch: Launch;
  readonly listen?: Listen;
  /** As people say it: `wsgi:application`. */
  readonly label: string;
  /** `wsgi.py; also testing_wsgi:application: choose with --gunicorn` */
  readonly note: string;
}

/** gunicorn's own advice is more; two serve while one is busy, and fit a shared host. */
const WORKERS = 2;

/**
 * Decide what serves an app: what the user says, else the only thing that was made for it, else what the user chooses.
 *
 * @throws AppsupError `NOT_AN_APP` when there is nothing, `AMBIGUOUS` when there is nobody to ask.
 */
export async function chooseProgram(
  context: Pick<Context, 'ask' | 'terminal' | 'paths'>,
  options: Options,
  found: Detection,
): Promise<Chosen> {
  const said = saidProgram(options);
  if (said !== undefined) return said;
  const {candidates, directory} = found;
  const [best, ...others] = candidates;
  const place = tilde(directory, context.paths.home);
  if (best === undefined) {
    throw new AppsupError(
      'NOT_AN_APP',
      `Cannot find what to run in ${place}: no wsgi.py, app.py, manage.py, Procfile or package.json says it`,
      {
        hint: `say it: appsup add ${place} --gunicorn MODULE:CALLABLE, --uvicorn MODULE:CALLABLE or --command "..."`,
      },
    );
  }
  const sure = candidates.filter(({rank}) => rank < SURE);
  if (sure.length === 1 && sure[0] === best) return chosen(best, others);
  const answer = await choose(context, candidates, place);
  if (answer !== undefined) return chosen(answer, []);
  const names = candidates.map(({label, source}) => `${label} (${source})`);
  throw new AppsupError('AMBIGUOUS', `Cannot choose what to run in ${place}: ${names.join(', ')}`, {
    hint: `say it: appsup add ${place} ${optionFor(best)}`,
    details: {candidates: candidates.map(({label, source, launch}) => ({label, source, kind: launch.kind}))},
  });
}

const KINDS = ['gunicorn', 'uvicorn', 'command'] as const;

/** True when the user says what serves the app. */
export function saysProgram(options: Options): boolean {
  return KINDS.some((kind) => options.has(kind));
}

/** `--gunicorn`, `--uvicorn`, `--command`. @throws AppsupError `USAGE` */
function saidProgram(options: Options): Chosen | undefined {
  const said = KINDS.filter((kind) => options.has(kind));
  const [kind] = said;
  if (kind === undefined) return undefined;
  if (said.length > 1)
    throw usage(
      `Cannot take ${said.map((each) => `--${each}`).join(' and ')} together: one program serves an app`,
    );
  const value = options.value(kind) ?? '';
  const note = 'as you said';
  switch (kind) {
    case 'gunicorn':
      return {
        launch: {
          kind,
          target: target(kind, value),
          workers: WORKERS,
          threads: 1,
          workerClass: undefined,
          args: [],
        },
        label: value,
        note,
      };
    case 'uvicorn':
      return {launch: {kind, target: target(kind, value), workers: 1, args: []}, label: value, note};
    case 'command':
      return {launch: {kind, argv: argvOf(value)}, label: value, note};
  }
}

function target(kind: string, value: string): string {
  if (/^[A-Za-z_][\w.]*(:[A-Za-z_][\w.]*(\(.*\))?)?$/.test(value)) return value;
  throw usage(`Cannot take "--${kind} ${value}": expected MODULE:CALLABLE, as wsgi:application`);
}

function argvOf(text: string): readonly string[] {
  const read = splitWords(text);
  if (read.ok && read.words.length > 0) return read.words;
  throw usage(`Cannot take "--command ${text}": ${read.ok ? 'it is empty' : read.problem}`);
}

function chosen(candidate: Candidate, others: readonly Candidate[]): Chosen {
  const {launch, listen, label, source} = candidate;
  const [next] = others;
  const also =
    next === undefined ? '' : `; also ${next.label}: choose with ${optionFor(next).split(' ', 1)[0] ?? ''}`;
  return {launch, label, note: `${source}${also}`, ...(listen === undefined ? {} : {listen})};
}

function optionFor({launch}: Candidate): string {
  if (launch.kind === 'command') return `--command ${JSON.stringify(launch.argv.join(' '))}`;
  // No directory is a gateway.
  return launch.kind === 'gateway' ? '' : `--${launch.kind} ${launch.target}`;
}

/** `undefined` when there is nobody, or no answer. */
async function choose(
  {ask, terminal}: Pick<Context, 'ask' | 'terminal'>,
  candidates: readonly Candidate[],
  place: string,
): Promise<Candidate | undefined> {
  if (!terminal.interactive) return undefined;
  terminal.err(`Several things in ${place} could be what serves:\n`);
  candidates.forEach(({launch, label, source}, at) =>
    terminal.err(`  ${at + 1}  ${launch.kind}  ${label}  (${source})\n`),
  );
  const answer = (await ask(`Which one? [1-${candidates.length}] `))?.trim() ?? '';
  return candidates[(answer === '' ? 1 : Number(answer)) - 1];
}
