import {leases, movePort} from '../../ports/leases.ts';
import {formatRange, within} from '../../ports/range.ts';
import {describeHolder, portHolder} from '../../ports/taken.ts';
import {listeners} from '../../system/proc-net.ts';
import {appNamed, configOf, leaseRequest, rangeOf} from '../apps.ts';
import {usage} from '../args.ts';
import {columns} from '../columns.ts';
import type {Command, Context} from '../context.ts';
import type {Result} from '../output.ts';
import {checkedTargets} from '../targets.ts';

const WHO: Readonly<Record<string, string>> = {
  site: 'by the administrators',
  user: 'by your config',
  default: 'by your uid',
};

/** `appsup ports`, `appsup ports move APP` */
export const ports: Command = async (context, {words: [verb, ...names]}) => {
  if (verb === 'move') return await move(context, names);
  const config = configOf(context);
  const {range, source, warnings} = rangeOf(context, config);
  const leased = leases(context.paths);
  const table = listeners();
  const strangers = [...new Set(table.filter(({port}) => within(port, range)).map(({port}) => port))]
    .filter((port) => !leased.some((lease) => lease.port === port))
    .flatMap((port) => portHolder(port, undefined, table) ?? []);
  const held = leased.map((lease) => ({
    ...lease,
    listener: portHolder(lease.port, undefined, table) ?? null,
  }));
  const rows = [
    ...held.map(({port, app, listener}) => [
      String(port),
      app,
      listener === null ? 'nobody listens' : describeHolder(listener),
    ]),
    ...strangers.map((holder) => [String(holder.port), '-', describeHolder(holder)]),
  ];
  const {style, width} = context.terminal;
  return {
    text: [
      `Your ports: ${formatRange(range)}, ${WHO[source] ?? source}; ${leased.length} leased`,
      ...(rows.length === 0
        ? []
        : columns([['PORT', 'APP', 'LISTENER'].map((text) => ({text, paint: style.dim})), ...rows], width)),
    ].join('\n'),
    json: [{range, source, leases: held, others: strangers, warnings}],
    hints: warnings,
  };
};

async function move(context: Context, names: readonly string[]): Promise<Result> {
  const [name] = checkedTargets('move the port of', names);
  if (name === undefined) throw usage('Cannot move a port: of which app?', {hint: 'appsup ports move APP'});
  const config = configOf(context);
  const [app = '', socket] = name.split(':', 2);
  appNamed(config, 'move the port of', app);
  const before = leases(context.paths).find(({app}) => app === name)?.port;
  const {port, warnings} = await movePort(leaseRequest(context, config, name));
  return {
    text: `${name}: port ${before ?? '-'} -> ${port}`,
    json: [{app: name, ok: true, previousPort: before ?? null, port}],
    hints: [
      ...warnings,
      `it is taken at the next start: appsup restart ${app}`,
      ...(socket === undefined ? [`the front end needs its new lines then: appsup request ${app}`] : []),
    ],
  };
}
