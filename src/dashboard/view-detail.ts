import type {AppStatus, ProcessStatus} from '../control/api.ts';
import {age} from '../cli/format.ts';
import type {Line} from './line.ts';
import type {Model} from './model.ts';
import type {Tone} from './palette.ts';
import type {Row} from './tree.ts';

/** For so long, what was just said stands before what is known of the selected row. */
const FRESH_MS = 10_000;

/** The line below everything: the last message, else the most important thing to know of the selected row. */
export function detailOf(model: Model, row: Row | undefined): Line {
  const {note, now} = model;
  if (note !== undefined && now - note.at < FRESH_MS) return [{text: ` ${note.text}`, tone: note.tone}];
  if (row === undefined) return [{text: ' no apps yet: appsup add DIRECTORY makes one', tone: 'dim'}];
  const {text, tone} = row.kind === 'app' ? appDetail(row.app) : processDetail(row.app, row.process, now);
  return [
    {text: ` ${row.id}  `, tone: 'strong'},
    {text, tone},
  ];
}

interface Detail {
  readonly text: string;
  readonly tone: Tone;
}

function appDetail(app: AppStatus): Detail {
  const [problem] = app.problems;
  if (problem !== undefined) return {text: problem, tone: 'bad'};
  return {text: app.where ?? 'serves nothing', tone: 'plain'};
}

function processDetail(app: AppStatus, process: ProcessStatus, now: number): Detail {
  if (process.nextTryAt !== undefined)
    return {text: `${process.reason ?? ''}; next try in ${age(process.nextTryAt - now)}`, tone: 'care'};
  if (process.state !== 'running')
    return {
      text: process.reason ?? process.state,
      tone: process.state === 'fatal' ? 'bad' : process.state === 'stopped' ? 'plain' : 'care',
    };
  if (process.lastChangeFailed !== undefined)
    return {text: `the last restart came to nothing: ${process.lastChangeFailed}`, tone: 'bad'};
  if (process.health === 'unhealthy') return {text: 'does not pass its health checks', tone: 'bad'};
  if (process.outdated)
    return {text: 'its file has changed since it was started: r restarts it', tone: 'care'};
  const pid = process.pid === undefined ? '' : `pid ${process.pid}  `;
  return {text: `${pid}${process.serves ? (app.where ?? '') : ''}`, tone: 'plain'};
}
