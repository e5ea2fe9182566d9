import {processNames} from '../core/program-spec.ts';
import {messageOf} from '../errors.ts';
import type {Log} from '../logs/own-log.ts';
import type {Paths} from '../system/paths.ts';
import {endOrphans, inheritanceOf} from './adoption.ts';
import {secretsFromFiles} from './environment-of.ts';
import type {HostedApp} from './hosted-app.ts';
import type {AdoptionWorld} from './live-process.ts';
import {LiveProcess} from './live-process.ts';
import type {ProcessRecord, Records, UnitRecord} from './records.ts';
import {removePrivateSocket} from './runner.ts';

export interface TakeOverOptions {
  readonly world: AdoptionWorld;
  readonly paths: Pick<Paths, 'state'>;
  readonly records: Records;
  readonly apps: ReadonlyMap<string, HostedApp>;
  /** The app of that name; made if it is not known yet. */
  readonly host: (name: string, file: string) => HostedApp;
  /** Marks of runs that go on, which somebody else takes over. */
  readonly runs: ReadonlySet<string>;
  readonly log: Log;
}

/**
 * Take over what an earlier supervisor has left: what serves is adopted, what was on its way out goes on with that, and
 * what belongs to nobody is ended.
 *
 * @returns how many processes were adopted
 */
export async function takeOver(options: TakeOverOptions): Promise<number> {
  const {world, paths, records, host, runs, log} = options;
  const onGarbage = (file: string) => log('warn', 'a damaged state file is ignored', {file});
  const {living, superseded, dead, done} = inheritanceOf(records.readAll(onGarbage), world.proc);
  const adopted = living.filter((record) => adopt(record, options)).length;
  for (const {unit, process} of superseded) dismiss(unit, process, options);
  for (const {app, process, main} of dead) {
    log('info', 'a process ended while no supervisor was there', {app: app.name, process});
    if (main !== undefined) removePrivateSocket(main);
    records.remove(app.name, process);
  }
  for (const {app, process, done: work} of done) host(app.name, app.file).rememberDone(process, work);
  const kept = [...living.map(({main}) => main?.mark), ...superseded.map(({process}) => process.mark)];
  const keep = new Set([...kept.filter((mark) => mark !== undefined), ...runs]);
  await endOrphans(world, paths.state, keep, (mark) => log('warn', 'an orphan is ended', {mark}));
  return adopted;
}

/** False when its program is not in the record. */
function adopt(record: UnitRecord, {world, host, log}: TakeOverOptions): boolean {
  const {main, app, process} = record;
  const program = app.programs.find((each) => processNames(each).includes(process));
  if (main === undefined || program === undefined) return false;
  const live = LiveProcess.adopt(world, main);
  const hosted = host(app.name, app.file);
  hosted.port = main.port;
  const unit = hosted.adopt({
    record,
    main: {process: live, app, program, private: main.privateSocket !== undefined},
  });
  void live.gone.then(() => removePrivateSocket(main));
  const facts = {app: app.name, process};
  try {
    hosted.rememberWish(unit);
  } catch (error) {
    // A full disk must not hurt what runs.
    log('error', messageOf(error), facts);
  }
  log('info', 'adopted', {...facts, pid: unit.main?.process.pid});
  return true;
}

/** A process beside the serving one: its successor took over, or it never did. Either way it goes. */
function dismiss({app, process}: UnitRecord, record: ProcessRecord, {world, apps}: TakeOverOptions): void {
  const live = LiveProcess.adopt(world, record);
  void live.gone.then(() => removePrivateSocket(record));
  const owner = apps.get(app.name)?.units.get(process);
  if (owner === undefined) live.kill();
  else owner.leave(live);
}

/** Learn the secrets of adopted processes that have written over their environment, from the files that they came from. */
export function learnSecrets({spec, hash, units}: HostedApp, home: string): void {
  for (const {id, main} of units.values()) {
    if (main === undefined || spec === undefined) continue;
    main.process.secrets ??= secretsFromFiles(spec, id.program, main.process.record, {hash, home});
  }
}
