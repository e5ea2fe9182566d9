import {age, counted, megabytes} from '../cli/format.ts';
import {NO_USAGE, summed} from './history.ts';
import type {Line} from './line.ts';
import type {Model} from './model.ts';
import {fit, widthOf} from './text.ts';
import type {Charset} from './text.ts';
import {idOf} from './tree.ts';

/** The first line: how many of all programs run, what they use together, and whether anybody answers. */
export function titleLine(model: Model, charset: Charset): Line {
  const {columns} = model.size;
  const processes = model.apps.flatMap((app) => app.processes);
  const running = processes.filter(({state, dormant}) => state === 'running' || dormant === true);
  const usage = summed(processes.map((process) => model.usage.get(idOf(process)) ?? NO_USAGE));
  const cpu = usage.cpu.at(-1);
  const memory = usage.memory.at(-1);
  const left = ` appsup top  ${running.length} of ${counted(processes.length, 'program')} running`;
  const right = [
    ...(cpu === undefined ? [] : [`CPU ${cpu.toFixed(1)} %`]),
    ...(memory === undefined ? [] : [megabytes(memory)]),
    timeOf(model.now),
  ].join('  ');
  if (model.lostAt === undefined) return [{text: spread(left, `${right} `, columns, charset), tone: 'title'}];
  const lost = ` no supervisor for ${age(model.now - model.lostAt)}: this is the last picture; looking for it `;
  return [{text: fit(lost, columns, charset), tone: 'bad'}];
}

/** Left and right in one line, with blanks between; the left one is cut where they meet. */
function spread(left: string, right: string, width: number, charset: Charset): string {
  const room = Math.max(0, width - widthOf(right, charset));
  return `${fit(left, room, charset)}${right}`;
}

/** In the user's time zone, as all of the command line. */
function timeOf(at: number): string {
  const moment = new Date(at);
  return [moment.getHours(), moment.getMinutes(), moment.getSeconds()]
    .map((figure) => String(figure).padStart(2, '0'))
    .join(':');
}
