import type {AppStatus, ProcessStatus, StateName} from '../control/api.ts';
import type {Model} from './model.ts';

/** One line of the tree. */
export type Row =
  | {readonly kind: 'app'; readonly id: string; readonly app: AppStatus; readonly folded: boolean}
  | {
      readonly kind: 'process';
      readonly id: string;
      readonly app: AppStatus;
      readonly process: ProcessStatus;
      readonly last: boolean;
    };

export function idOf({app, process}: Pick<ProcessStatus, 'app' | 'process'>): string {
  return `${app}:${process}`;
}

/** Apps and, where they are not folded, their processes. */
export function rowsOf({apps, folded}: Pick<Model, 'apps' | 'folded'>): readonly Row[] {
  return apps.flatMap((app): readonly Row[] => {
    const isFolded = folded.has(app.app);
    const head: Row = {kind: 'app', id: app.app, app, folded: isFolded};
    if (isFolded) return [head];
    const {processes} = app;
    return [
      head,
      ...processes.map((process, at): Row => {
        return {kind: 'process', id: idOf(process), app, process, last: at === processes.length - 1};
      }),
    ];
  });
}

/** The row that is selected, or the nearest thing to it: its app, else the first row. */
export function selectedRow(model: Pick<Model, 'apps' | 'folded' | 'selected'>): Row | undefined {
  const rows = rowsOf(model);
  const app = model.selected?.split(':', 1)[0];
  return rows.find(({id}) => id === model.selected) ?? rows.find(({id}) => id === app) ?? rows[0];
}

/** The worst first: what one has to look at. */
const WORST: readonly StateName[] = [
  'fatal',
  'unknown',
  'backoff',
  'exited',
  'stopping',
  'starting',
  'stopped',
  'running',
];

/** What an app's processes are together: the worst state, and how many are in order. */
export function summaryOf({processes}: AppStatus): {
  readonly state: StateName;
  readonly running: number;
  readonly count: number;
} {
  const states = processes.map(({state, dormant}) => (dormant === true ? 'running' : state));
  return {
    state: WORST.find((state) => states.includes(state)) ?? 'unknown',
    running: states.filter((state) => state === 'running').length,
    count: processes.length,
  };
}
