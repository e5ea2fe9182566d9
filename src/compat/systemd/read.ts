import path from 'node:path';

import {appOf, serves} from '../imported.ts';
import type {Imported, ImportedApp, Importer, Member, Remark} from '../imported.ts';
import {programName, readService} from './service.ts';
import {readSocket} from './socket.ts';
import type {SocketWish} from './socket.ts';
import {readTmpfiles} from './tmpfiles.ts';
import {Unit} from './unit.ts';

/** One of the files that were named. */
export interface GivenFile {
  /** Absolute. */
  readonly file: string;
  readonly text: string;
}

/** What of the host the import looks at, and where it puts what. */
export interface SystemdWorld {
  readonly importer: Importer;
  /** Where directories take the place of `/run/...` and `/var/lib/...`, absolute. */
  readonly places: string;
  /** True for a file that is there. */
  readonly exists: (file: string) => boolean;
}

/** True for a file of systemd's by its name. */
export function isUnitFile(file: string): boolean {
  return /\.(service|socket|timer|target|path|mount|automount|slice|scope|swap|device)$/.test(file);
}

/**
 * The apps of some units: a service is a program; services of the same directory are one app, if not more than one of them
 * serves. A socket makes its service one that is handed an open socket. Other files are tmpfiles.d(5).
 *
 * Pure but for `exists`. What cannot run here costs its service alone.
 */
export function readSystemd(files: readonly GivenFile[], world: SystemdWorld): Imported {
  const {importer} = world;
  const units = files
    .filter(({file}) => isUnitFile(file))
    .map(({file, text}) => new Unit(file, text, importer));
  const services = units.filter(({file}) => file.endsWith('.service'));
  const sockets = units.filter(({file}) => file.endsWith('.socket'));
  const base = path.join(world.places, services[0] === undefined ? 'app' : programName(services[0]));
  const tmpfiles = files
    .filter(({file}) => !isUnitFile(file))
    .map(({file, text}) => readTmpfiles(file, text, {importer, base}));
  const wishes: Wished[] = [];
  for (const unit of sockets)
    wishes.push({
      unit,
      wish: readSocket(
        unit,
        wishes.map(({wish}) => wish),
      ),
    });
  const others = new Map(services.map((unit) => [unit.name.full, programName(unit)]));
  const members = services.flatMap((unit) => {
    const mine = wishes.filter((each): each is Wished & {wish: SocketWish} => isFor(each.wish, unit));
    const further = mine.flatMap(({unit: socket, wish}) => wish.further.map((each) => ({...each, socket})));
    const member = readService(unit, {
      importer,
      base: path.join(world.places, programName(unit)),
      places: tmpfiles.flatMap(({places}) => places),
      activated: mine.length > 0,
      transport: mine[0]?.wish.transport,
      sockets: Object.fromEntries(further.map(({name, type}) => [name, type])),
      others: new Map([...others].filter(([name]) => name !== unit.name.full)),
      exists: world.exists,
    });
    if (member !== undefined && member.program.sockets === undefined) {
      const why = 'it would take it for the app’s own: only a command that is none of gunicorn’s has several';
      for (const {socket, at} of further) socket.say(at, 'refused', why);
    }
    return member ?? [];
  });
  noteLonely(wishes, services);
  noteOthers(units);
  const remarks = [...units.flatMap((unit) => unit.remarks), ...tmpfiles.flatMap((each) => each.remarks)];
  return {apps: appsOf(members), remarks: inOrder(remarks, files)};
}

interface Wished {
  readonly unit: Unit;
  readonly wish: SocketWish | undefined;
}

function isFor(wish: SocketWish | undefined, {name: {full, prefix}}: Unit): boolean {
  return wish !== undefined && (wish.service === full || wish.service === `${prefix}@.service`);
}

function noteLonely(
  wishes: readonly {readonly unit: Unit; readonly wish: SocketWish | undefined}[],
  services: readonly Unit[],
): void {
  for (const {unit, wish} of wishes) {
    if (wish === undefined || services.some((service) => isFor(wish, service))) continue;
    unit.say(undefined, 'refused', `its service is not here: name ${wish.service}, too`);
  }
}

function noteOthers(units: readonly Unit[]): void {
  for (const unit of units) {
    if (/\.(service|socket)$/.test(unit.file)) continue;
    const timer = unit.file.endsWith('.timer');
    unit.say(
      undefined,
      'refused',
      timer
        ? 'a timer: write [jobs.NAME] with schedule = "0 3 * * *" and the command of its service'
        : 'only services, sockets and tmpfiles.d are taken',
    );
  }
}

/** By directory, as long as not more than one of them serves. */
function appsOf(members: readonly Member[]): readonly ImportedApp[] {
  const groups = grouped(members);
  return [...groups.values()].flatMap((group) => {
    const parts = group.filter(serves).length <= 1 ? [group] : group.map((member) => [member]);
    return parts.flatMap((part) => appOf((part.find(serves) ?? part[0])?.name ?? 'app', part) ?? []);
  });
}

function grouped(members: readonly Member[]): ReadonlyMap<string, readonly Member[]> {
  const groups = new Map<string, readonly Member[]>();
  for (const member of members)
    groups.set(member.directory, [...(groups.get(member.directory) ?? []), member]);
  return groups;
}

function inOrder(remarks: readonly Remark[], files: readonly GivenFile[]): readonly Remark[] {
  const order = files.map(({file}) => file);
  return remarks.toSorted((a, b) => order.indexOf(a.file) - order.indexOf(b.file) || a.line - b.line);
}
