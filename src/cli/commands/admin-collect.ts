import {hostname} from 'node:os';
import path from 'node:path';

import {checkBlocks} from '../../admin/check-blocks.ts';
import type {Checked} from '../../admin/check-blocks.ts';
import {blockOf, requestsOf, SERVERS} from '../../admin/include-file.ts';
import type {ServerKind} from '../../admin/include-file.ts';
import {diffOf, install, installedText} from '../../admin/install.ts';
import {judge} from '../../admin/judge.ts';
import type {Refusal} from '../../admin/judge.ts';
import {liveServer} from '../../admin/live-server.ts';
import {readUsers} from '../../admin/read-users.ts';
import {readSiteFile} from '../../admin/site-file.ts';
import {hasErrors} from '../../config/diagnostic.ts';
import {SITE_FILE} from '../../config/load.ts';
import {readSite, settingsOf, readGlobal} from '../../config/settings.ts';
import type {SiteConfig} from '../../config/settings.ts';
import {AppsupError, isAppsupError} from '../../errors.ts';
import {apacheVersion} from '../../frontend/check.ts';
import {frontEndHints} from '../../frontend/hints.ts';
import {inOrder} from '../../frontend/order.ts';
import type {PublishedRequest} from '../../frontend/request.ts';
import {rangeFor} from '../../ports/range.ts';
import {accountNamed, allAccounts, firstPersonUid, isPerson} from '../../system/accounts.ts';
import type {UnixAccount} from '../../system/accounts.ts';
import {listeners, loginOf} from '../../system/proc-net.ts';
import {usage} from '../args.ts';
import type {Options} from '../args.ts';
import {columns} from '../columns.ts';
import type {Context} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {dayOf} from '../front-ends.ts';
import {counted} from '../format.ts';
import type {Result} from '../output.ts';
import {oneLine} from '../printable.ts';
import {waiting} from '../progress.ts';

interface Question {
  readonly words: readonly string[];
  readonly options: Options;
  readonly reader: string;
}

/** `sudo appsup admin collect [--apply] [--reload] ...`: without `--apply` nothing is changed. */
export async function collect(context: Context, {words, options, reader}: Question): Promise<Result> {
  if (words[0] !== undefined) throw usage(`Cannot understand "${words[0]}": one word too many`);
  if (context.account().uid !== 0) {
    throw new AppsupError('NOT_PERMITTED', 'Cannot collect requests: only root may read those of all users', {
      hint: 'sudo appsup admin collect',
    });
  }
  const server = serverOf(options.value('front'));
  const output = path.resolve(context.cwd, options.value('output') ?? `/etc/appsup/${server}.conf`);
  const site = siteOf(context);
  const everybody = people(site);
  const asked = options.value('users');
  const accounts = asked === undefined ? everybody : asked.split(',').map(named);
  const installed = installedText(output);
  const readings = await readAll(context, accounts, reader);
  const {taken, refused, kept} = judge(readings, {
    host: hostname(),
    today: dayOf(context.clock.wall()),
    mountRule: settingsOf(site, NO_OWN).mountTemplate,
    users: [...new Set([...everybody, ...accounts].map(({name}) => name))],
    rangeOf: ({uid, name}) => rangeFor({site: site.ports, uid, login: name}).range,
    loginOf,
    listeners: listeners(),
    incumbents: requestsOf(installed ?? ''),
  });
  const httpdVersion = server === 'apache' ? await apacheVersion({env: context.env}) : undefined;
  const homes = new Map(accounts.map(({name, home}) => [name, home]));
  const blocks = inOrder(taken, server, (request) => request).map((request) =>
    blockOf(request, {server, home: homes.get(request.user), httpdVersion}),
  );
  const checked = await checkBlocks(
    blocks.filter((block) => block.ok),
    {host: hostname(), server, env: context.env},
  );
  const unwritten = [...blocks.filter((block) => !block.ok), ...checked.dropped].map(({request, problem}) => {
    return {user: request.user, app: request.app, reason: problem, hint: undefined};
  });
  const diff = installed === checked.text ? '' : diffOf(output, installed, checked.text);
  const collection = {server, output, checked, refused: [...refused, ...unwritten], kept, diff};
  const done = await apply(context, collection, {installed, options});
  return report(context, collection, done);
}

const NO_OWN = readGlobal('', '/', '/').value;

interface Collection {
  readonly server: ServerKind;
  /** Absolute. */
  readonly output: string;
  readonly checked: Checked;
  readonly refused: readonly Refusal[];
  readonly kept: readonly Refusal[];
  /** `''`: what is installed is the same. */
  readonly diff: string;
}

interface Done {
  readonly applied: boolean;
  readonly reloaded: boolean;
  readonly hints: readonly string[];
  readonly failure?: string;
}

function serverOf(word: string | undefined): ServerKind {
  const kinds = word === undefined ? [...new Set(frontEndHints().map(({kind}) => kind))] : [word];
  const [kind, ...more] = SERVERS.filter((each) => kinds.includes(each));
  if (kind !== undefined && more.length === 0) return kind;
  const why =
    word === undefined
      ? kind === undefined
        ? 'neither of the two is seen here'
        : 'both are here'
      : `there is no "${word}"`;
  throw usage(`Cannot collect requests: for Apache or for nginx? ${why}`, {hint: '--front apache | nginx'});
}

/** @throws AppsupError `CONFIG`: with half a rule, users would get what the other half forbids */
function siteOf({env}: Pick<Context, 'env'>): SiteConfig {
  const file = env['APPSUP_SITE_FILE'] || SITE_FILE;
  try {
    const {text, diagnostics} = readSiteFile(file, true);
    const site = readSite(text, file);
    if (!hasErrors([...diagnostics, ...site.diagnostics])) return site.value;
  } catch (error) {
    if (isAppsupError(error) && error.code === 'NOT_FOUND') return readSite('', file).value;
    throw error;
  }
  throw new AppsupError('CONFIG', `Cannot collect requests: ${file} has mistakes`, {
    hint: 'appsup admin check',
  });
}

/** Persons, and whom the host's file names. Never root: what it publishes, it can as well write itself. */
function people(site: SiteConfig): readonly UnixAccount[] {
  const first = firstPersonUid();
  const all = allAccounts().filter((account) => isPerson(account, first));
  const extra = Object.keys(site.ports.users).flatMap((name) => accountNamed(name) ?? []);
  const known = new Map([...all, ...extra].map((account) => [account.name, account]));
  return [...known.values()].filter(({uid}) => uid !== 0);
}

function named(name: string): UnixAccount {
  const account = accountNamed(name);
  if (account === undefined || account.uid === 0)
    throw new AppsupError('NOT_FOUND', `Cannot collect the requests of "${name}": there is no such user`, {
      hint: '--users alice,bob',
    });
  return account;
}

async function readAll(context: Context, accounts: readonly UnixAccount[], reader: string) {
  const wait = waiting(context, 'reading requests');
  const readings = await readUsers(accounts, {
    reader,
    host: hostname(),
    onAccount: ({name}, index) => wait.tell(`reading requests: ${name}  ${index + 1}/${accounts.length}`),
  }).finally(() => wait.end());
  return accounts.map((account, index) => ({account, reading: readings[index] ?? {files: []}}));
}

async function apply(
  {env, cwd}: Pick<Context, 'env' | 'cwd'>,
  {server, output, checked: {check, text}, diff}: Collection,
  {installed, options}: {readonly installed: string | undefined; readonly options: Options},
): Promise<Done> {
  const nothing = {applied: false, reloaded: false};
  if (check.checked && !check.ok)
    return {
      ...nothing,
      hints: [],
      failure: `${check.version} on this host refuses the file: ${check.message}`,
    };
  const told = check.checked
    ? `checked with ${check.version} on this host: ${check.message}`
    : `not checked: ${check.reason}`;
  if (diff === '') return {...nothing, hints: [`${output} has all of this already`]};
  if (!options.has('apply'))
    return {...nothing, hints: [told, `nothing is changed yet: --apply writes ${output}`]};
  const config = options.value('server-config');
  const live = liveServer(server, {
    env,
    config: config === undefined ? undefined : path.resolve(cwd, config),
  });
  if (live === undefined)
    return {
      ...nothing,
      hints: [],
      failure: `Cannot apply: there is no ${server} on this host to test it with`,
    };
  await install(output, {text, previous: installed}, live);
  const included = await live.includes(output);
  const hints = [
    `tested with the whole configuration of the server, and written to ${output}`,
    ...(included === false
      ? [`nothing leads to it yet, once and for all: ${includeLine(server, output)}`]
      : []),
  ];
  if (!options.has('reload'))
    return {applied: true, reloaded: false, hints: [...hints, `to activate it: ${live.reloadCommand}`]};
  const reload = await live.reload();
  if (reload.ok) return {applied: true, reloaded: true, hints};
  return {
    applied: true,
    reloaded: false,
    hints,
    failure: `Cannot reload: ${live.reloadCommand}: ${reload.message}`,
  };
}

function includeLine(server: ServerKind, output: string): string {
  return server === 'nginx'
    ? `include ${output}; inside server { }`
    : `Include "${output}" inside <VirtualHost>`;
}

function report(
  {terminal}: Context,
  {server, output, checked, refused, kept, diff}: Collection,
  done: Done,
): Result {
  const {style, width} = terminal;
  const rows = checked.blocks.map(({request}) => {
    const {user, app, mount, date} = request;
    return [user, app, mount, addressOf(request), date];
  });
  const header = ['USER', 'APP', 'MOUNT', 'TO', 'DATE'].map((text) => ({text, paint: style.dim}));
  const refusals = refused.flatMap(({user, app, reason, hint}) => [
    oneLine(`refused: ${user}${app === undefined ? '' : ` ${app}`}: ${reason}`),
    ...(hint === undefined ? [] : [oneLine(`hint: ${hint}`)].map((line) => `  ${line}`)),
  ]);
  const {failure, hints, ...what} = done;
  return {
    text: [
      ...(rows.length === 0 ? [] : columns([header, ...rows], width)),
      ...kept.map(({user, reason}) => oneLine(`kept as it is: ${user}: ${reason}`)),
      ...refusals,
      `${counted(rows.length, 'app')} taken, ${refused.length} refused`,
      ...(diff === '' ? [] : ['', diff.trimEnd()]),
    ].join('\n'),
    json: [
      ...checked.blocks.map(({request: {user, app, mount, upstream, date}}) => ({
        ok: true,
        user,
        app,
        mount,
        upstream,
        date,
      })),
      ...refused.map(({user, app, reason, hint}) => ({
        ok: false,
        user,
        app: app ?? null,
        reason,
        hint: hint ?? null,
      })),
      {
        ok: failure === undefined,
        front: server,
        output,
        ...what,
        changed: diff !== '',
        kept: kept.map(({user, reason}) => ({user, reason})),
        check: checked.check,
        diff,
        failure: failure ?? null,
      },
    ],
    ...(failure === undefined ? {} : {failures: [oneLine(failure)]}),
    hints,
    exitCode: failure === undefined ? EXIT.ok : EXIT.failed,
  };
}

function addressOf({upstream}: PublishedRequest): string {
  return upstream.kind === 'tcp' ? `127.0.0.1:${upstream.port}` : upstream.path;
}
