import {controlClient} from '../../control/client.ts';
import type {StatusReport, SupervisorApi} from '../../control/api.ts';
import {Dashboard} from '../../dashboard/dashboard.ts';
import {LEAST} from '../../dashboard/layout.ts';
import type {Charset} from '../../dashboard/text.ts';
import type {OpenScreen} from '../../dashboard/world.ts';
import {isAppsupError} from '../../errors.ts';
import type {Command, Context} from '../context.ts';
import {dashboardWorld} from '../dashboard-world.ts';
import type {EnvironmentOf} from '../dashboard-world.ts';
import {status} from './status.ts';

/** What is read when it is needed. */
export interface Rare {
  /** Takes the terminal; its library is read for this verb alone. */
  readonly loadTerminal: (charset: Charset) => Promise<OpenScreen>;
  readonly environmentOf: EnvironmentOf;
}

/** A terminal that a person looks at, as {@link obstacleTo} wants to know it. */
interface Seen {
  readonly input: boolean;
  readonly output: boolean;
  readonly columns: number | undefined;
  readonly rows: number | undefined;
  readonly term: string | undefined;
}

/** `appsup top`: all apps on one screen until `q`; where there is no screen, the table of `appsup status`. */
export const top =
  ({loadTerminal, environmentOf}: Rare): Command =>
  async (context, invocation) => {
    const obstacle = obstacleTo({
      input: process.stdin.isTTY,
      output: process.stdout.isTTY,
      columns: process.stdout.columns,
      rows: process.stdout.rows,
      term: context.env['TERM'],
    });
    if (invocation.json) return await status(context, invocation);
    if (obstacle !== undefined) {
      context.terminal.err(`! ${obstacle}: this is appsup status\n`);
      return await status(context, invocation);
    }
    const api = clientOf(context);
    // The supervisor thinks while the library is read.
    const [report, openScreen] = await Promise.all([first(api), loadTerminal(charsetOf(context.env))]);
    // It has been said by `status`, with what to type.
    if (report === undefined) return await status(context, invocation);
    const world = dashboardWorld(context, {api, openScreen, environmentOf});
    await new Dashboard(world, report).run();
    return {text: '', json: []};
  };

/** Why there can be no picture; `undefined` when there can. Pure. */
export function obstacleTo({input, output, columns = 80, rows = 24, term}: Seen): string | undefined {
  if (!output || !input) return 'no dashboard without a terminal';
  if (term === undefined || term === '' || term === 'dumb')
    return `no dashboard on a terminal that cannot place its cursor (TERM=${term ?? ''})`;
  // Some have no size at all until somebody sets it.
  const tooSmall = (columns > 0 && columns < LEAST.columns) || (rows > 0 && rows < LEAST.rows);
  if (tooSmall)
    return `no dashboard in ${columns} x ${rows}: it needs ${LEAST.columns} columns and ${LEAST.rows} lines`;
  return undefined;
}

/** What the locale lets the terminal show, as setlocale(3) decides: the first that is set counts. Pure. */
export function charsetOf(env: Context['env']): Charset {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find(
    (each) => each !== undefined && each !== '',
  );
  return /utf-?8/i.test(locale ?? '') ? 'utf8' : 'ascii';
}

/** A client that says nothing of versions: there is a screen for that. */
function clientOf({paths, version}: Context): SupervisorApi {
  return controlClient({socket: paths.socket, version});
}

/** `undefined` when no supervisor is running. */
async function first(api: SupervisorApi): Promise<StatusReport | undefined> {
  try {
    return await api.status({targets: [], memory: false});
  } catch (error) {
    if (isAppsupError(error) && error.code === 'SUPERVISOR_GONE') return undefined;
    throw error;
  }
}
