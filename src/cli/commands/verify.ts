import type {SupervisorApi} from '../../control/api.ts';
import {isSite, webProgram} from '../../core/spec.ts';
import type {Launch} from '../../core/program-spec.ts';
import type {AppSpec} from '../../core/spec.ts';
import {AppsupError} from '../../errors.ts';
import {keptRequest} from '../../frontend/kept.ts';
import {blockAdvice} from '../../frontend/verify/fact.ts';
import type {Fact} from '../../frontend/verify/fact.ts';
import {judge} from '../../frontend/verify/judge.ts';
import {observe} from '../../frontend/verify/observe.ts';
import {placeOf} from '../../frontend/verify/place.ts';
import type {Place} from '../../frontend/verify/place.ts';
import type {Subject} from '../../frontend/verify/subject.ts';
import {keepVerified} from '../../frontend/verify/verified.ts';
import {PATIENCE_MS, visit} from '../../frontend/verify/visit.ts';
import type {Visit} from '../../frontend/verify/visit.ts';
import {wantedOf} from '../../frontend/wanted.ts';
import {describeHolder, foreignLoopback6} from '../../ports/taken.ts';
import {configOf, servingNames, specNamed, tellSupervisor} from '../apps.ts';
import type {Options} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {forEachApp} from '../each.ts';
import {EXIT} from '../exit-codes.ts';
import type {Result} from '../output.ts';
import {oneLine} from '../printable.ts';
import {waiting} from '../progress.ts';
import type {Style} from '../terminal.ts';

/** `appsup verify APP...` → `POST /v1/challenge`, and visits to the public address. */
export const verify: Command = async (context, {words, options}) => {
  const names = servingNames(configOf(context), 'verify', words);
  return await forEachApp(names, async (name) => verifyOne(context, name, options), '\n\n');
};

async function verifyOne(context: Context, name: string, options: Options): Promise<Result> {
  const config = configOf(context);
  const app = specNamed(config, 'verify', name);
  const [url, front] = [options.value('url'), options.value('front')];
  const place = placeOf({mount: app.mount, url, front, baseUrl: config.settings.baseUrl});
  if (typeof place === 'string') throw noPlace(name, place);
  const api = context.connect();
  const port = await servingPort(api, app);
  const wanted = wantedOf(app, port, context.paths);
  const subject = subjectOf(context, app, place, port);

  const wait = waiting(context, `asking ${place.url.href}`);
  const timeoutMs = options.duration('timeout') ?? PATIENCE_MS;
  const world = {
    visit: async (each: Visit) => await visit({timeoutMs, ...each}),
    clock: context.clock,
    challenge: async (request: Omit<Parameters<SupervisorApi['challenge']>[0], 'app'>) =>
      await api.challenge({app: name, ...request}),
  };
  const seen = await observe(subject, world, (what) => wait.tell(what)).finally(() => wait.end());
  const facts = judge(subject, seen);
  const [ok, notOk] = [count(facts, 'ok'), count(facts, 'not-ok')];
  const advice = facts.some(({remedy}) => remedy?.inBlock === true) ? blockAdvice(subject) : undefined;
  // A front end for a test says nothing about what visitors meet.
  if (front === undefined) {
    keepVerified(context.paths, name, {at: context.clock.wall(), url: place.url.href, ok, notOk}, wanted);
    await tellSupervisor(context, name);
  }
  return {
    text: [
      place.url.href,
      ...factLines(facts, context.terminal.style),
      notOk === 0
        ? `all ${ok} are OK`
        : `${notOk} of ${ok + notOk} ${notOk === 1 ? 'needs' : 'need'} attention`,
      ...(advice === undefined ? [] : [advice]),
    ].join('\n'),
    json: [
      {app: name, url: place.url.href, ok: notOk === 0, facts: facts.map(factJson), advice: advice ?? null},
    ],
    exitCode: notOk === 0 ? EXIT.ok : EXIT.failed,
  };
}

function noPlace(app: string, why: string): AppsupError {
  return new AppsupError('USAGE', `Cannot verify "${app}": ${why}`, {
    hint: `appsup verify ${app} --url https://eco.example.ac.uk, or base_url = "..." in ~/.config/appsup/config.toml`,
  });
}

/** The port on which it serves now; 0 for a Unix socket. @throws AppsupError `NOT_RUNNING`, `NOT_AN_APP` */
async function servingPort(api: SupervisorApi, app: AppSpec): Promise<number> {
  if (webProgram(app) === undefined) {
    const why = isSite(app)
      ? 'it has no program that could answer the token, only files'
      : 'none of its programs serves anything';
    throw new AppsupError('NOT_AN_APP', `Cannot verify "${app.name}": ${why}`, {
      hint: `appsup show ${app.name}`,
    });
  }
  const {apps} = await api.status({targets: [app.name], memory: false});
  const serving = apps.find((each) => each.app === app.name);
  const runs = serving?.processes.some(({serves, state}) => serves && state === 'running') === true;
  // Of a Unix socket there is none, and nothing asks for it.
  if (serving !== undefined && runs) return serving.port ?? 0;
  throw new AppsupError('NOT_RUNNING', `Cannot verify "${app.name}": it is not running`, {
    hint: `appsup start ${app.name}`,
  });
}

function subjectOf({paths}: Context, app: AppSpec, place: Place, port: number): Subject {
  const {upstream} = wantedOf(app, port, paths);
  const intruder = upstream.kind === 'tcp' ? foreignLoopback6(port) : undefined;
  return {
    app: app.name,
    mount: app.mount,
    prefix: app.prefix,
    upstream,
    statics: app.front.statics,
    passes: app.front.passes,
    bodyLimitBytes: app.front.bodyLimitBytes,
    timeoutMs: app.front.timeoutMs,
    streaming: app.front.streaming,
    webSockets: speaksWebSocket(webProgram(app)?.launch),
    ...place,
    requestedAt: keptRequest(paths, app.name)?.date,
    intruder: intruder === undefined ? undefined : describeHolder(intruder),
  };
}

/** WSGI has none; but for workers of gunicorn that are servers of their own. */
function speaksWebSocket(launch: Launch | undefined): boolean {
  if (launch?.kind === 'uwsgi') return false;
  return launch?.kind !== 'gunicorn' || !/^(?:sync|gthread)$/.test(launch.workerClass ?? 'sync');
}

function count(facts: readonly Fact[], verdict: Fact['verdict']): number {
  return facts.filter((fact) => fact.verdict === verdict).length;
}

const VERDICTS = {ok: 'OK', 'not-ok': 'NOT OK', none: '--'} as const;
const WIDTH = Math.max(...Object.values(VERDICTS).map((word) => word.length));

/** One line per fact, and below what does not hold what to do. Pure. */
function factLines(facts: readonly Fact[], style: Style): readonly string[] {
  const width = Math.max(...facts.map(({title}) => title.length));
  const paints = {ok: style.good, 'not-ok': style.bad, none: style.dim} as const;
  return facts.flatMap(({verdict, title, detail, remedy}) => {
    const word = VERDICTS[verdict];
    const blank = ' '.repeat(WIDTH - word.length);
    return [
      `  ${paints[verdict](word)}${blank}  ${title.padEnd(width)}  ${oneLine(detail)}`.trimEnd(),
      ...(remedy === undefined
        ? []
        : [`  ${' '.repeat(WIDTH)}  ${WHO[remedy.who]}: ${oneLine(remedy.what)}`]),
    ];
  });
}

const WHO = {you: 'you', administrators: 'the administrators'} as const;

function factJson({id, title, verdict, detail, remedy}: Fact): unknown {
  return {id, title, verdict, detail, remedy: remedy ?? null};
}
