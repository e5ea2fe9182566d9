import {hostname} from 'node:os';

import type {Config} from '../../config/load.ts';
import {AppsupError} from '../../errors.ts';
import {cautions} from '../../frontend/cautions.ts';
import {frontEndHints} from '../../frontend/hints.ts';
import {keepRequest} from '../../frontend/kept.ts';
import {letterFor, letterText} from '../../frontend/letter.ts';
import type {Letter} from '../../frontend/letter.ts';
import {inOrder} from '../../frontend/order.ts';
import {siteFacts} from '../../frontend/site.ts';
import type {FrontEnd} from '../../frontend/snippet.ts';
import {wantedOf} from '../../frontend/wanted.ts';
import {mailLetter} from '../../notify/letter.ts';
import {configOf, rangeOf, tellSupervisor} from '../apps.ts';
import {usage} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {appsForFront, checked, dayOf, frontNamed, linesFor} from '../front-ends.ts';
import type {Lines} from '../front-ends.ts';
import {supervisorEnvironment} from '../supervisor-environment.ts';

const ACTION = 'write a request for';

/** `appsup request APP... [--front KIND] [--mail]`: the letter on stdout; it is kept, so that `status` knows when it is out of date. */
export const request: Command = async (context, {words, options, json}) => {
  const kind = frontNamed(options.value('front') ?? likelyFront(), ACTION);
  if (kind === 'htaccess') {
    throw usage('Cannot write a request for a .htaccess: it is a file of your own', {
      hint: `appsup snippet ${words.join(' ')} --front htaccess`,
    });
  }
  const config = configOf(context);
  const lines: Lines[] = [];
  const apps = appsForFront(config, ACTION, words);
  const names = apps.map(({name}) => name);
  for (const app of apps) {
    lines.push(await linesFor(context, config, {app, kind, action: ACTION}));
  }
  const blocks = inOrder(lines, kind, ({app}) => ({mount: app.mount, statics: app.front.statics}));
  const letter = letterOf(context, config, blocks, kind);
  const text = letterText(letter);
  const {check, hint, exitCode} = await checked(context, blocks.map((block) => block.text).join(''), kind);
  const facts = {apps: names, front: kind, to: letter.to ?? null, subject: letter.subject, text, check};
  // A text that the server refuses is nothing to be sent, or to be remembered as sent.
  if (exitCode !== EXIT.ok)
    return {
      text: text.trimEnd(),
      json: [{...facts, ok: false, kept: false, mailed: false}],
      hints: [hint],
      exitCode,
    };

  const mail = options.has('mail');
  if (mail) await send(context, config, letter, {yes: options.has('yes'), show: json ? '' : text});
  for (const block of blocks) keep(context, block, kind, text);
  for (const name of names) await tellSupervisor(context, name);
  const sent = mail ? `Sent to ${letter.to}` : undefined;
  return {
    text: sent ?? text.trimEnd(),
    json: [{...facts, ok: true, kept: true, mailed: mail}],
    hints: [
      `${hint}.  Saved; when it is done: ${names.map((name) => `appsup verify ${name}`).join(', ')}`,
      ...(letter.to === undefined ? [NOBODY] : []),
      ...blocks.flatMap(({app}) => cautions(app, kind)),
    ],
  };
};

const NOBODY = 'whom to send it to is not known here: helpdesk = "..." in ~/.config/appsup/config.toml';

/** The front end that seems to be installed here. */
function likelyFront(): FrontEnd {
  return frontEndHints()[0]?.kind ?? 'apache';
}

function letterOf(context: Context, config: Config, lines: readonly Lines[], kind: FrontEnd): Letter {
  const server = kind === 'nginx' ? 'nginx' : 'apache';
  const {helpdesk, baseUrl, webUser} = config.settings;
  return letterFor({
    user: context.account().username,
    host: hostname(),
    date: dayOf(context.clock.wall()),
    helpdesk,
    baseUrl,
    server,
    range: rangeOf(context, config).range,
    apps: lines.map(({app, port, text}) => ({
      app: app.name,
      mount: app.mount,
      upstream: wantedOf(app, port, context.paths).upstream,
      snippet: text,
    })),
    site: siteFacts(server, webUser),
  });
}

/** Of a letter; a longer one, about dozens of apps, is kept as each app's own lines. The file itself may have 64 KiB. */
const LONGEST_KEPT = 32_000;

function keep(
  {paths, account, clock}: Context,
  {app, port, text: block}: Lines,
  front: FrontEnd,
  text: string,
): void {
  keepRequest(paths, {
    version: 1,
    user: account().username,
    host: hostname(),
    app: app.name,
    ...wantedOf(app, port, paths),
    date: dayOf(clock.wall()),
    front,
    text: text.length > LONGEST_KEPT ? block : text,
  });
}

/** One address and nothing that a mailer could read as another one. */
const ADDRESS = /^[A-Za-z0-9][A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{0,63}(@[A-Za-z0-9][A-Za-z0-9.-]{0,252})?$/;

/** Mail the letter, once the person has seen it and says so. @throws AppsupError `USAGE`, `CANCELLED`, `MAIL_FAILED` */
async function send(
  context: Context,
  config: Config,
  {to, subject, body}: Letter,
  {yes, show}: {readonly yes: boolean; readonly show: string},
): Promise<void> {
  if (to === undefined || !ADDRESS.test(to)) {
    throw new AppsupError(
      'MAIL_FAILED',
      `Cannot mail the request: ${to === undefined ? 'no address of a helpdesk is known' : `${JSON.stringify(to)} is no address`}`,
      {
        hint: 'helpdesk = "is.helpline@example.ac.uk" in ~/.config/appsup/config.toml, or send by hand what appsup request prints',
      },
    );
  }
  if (!yes) await confirm(context, to, show);
  const {username, homedir} = context.account();
  const {global} = config;
  const delivery = await mailLetter(
    {subject, text: body, facts: {at: new Date(context.clock.wall()).toISOString()}},
    {
      to,
      login: username,
      notify: global.notify,
      env: supervisorEnvironment(context.env, context.account()),
      directory: context.paths.home || homedir,
    },
  );
  if (delivery.ok) return;
  throw new AppsupError('MAIL_FAILED', `Cannot mail the request: ${delivery.why}`, {
    hint: 'send by hand what appsup request prints',
  });
}

async function confirm({terminal, ask}: Context, to: string, show: string): Promise<void> {
  if (!terminal.interactive) {
    throw usage('Cannot mail the request: there is nobody to ask', {hint: 'appsup request APP --mail --yes'});
  }
  if (show !== '') terminal.out(`${show}\n`);
  const answer = await ask(`Send this to ${to}? [y/N] `);
  if (/^y(es)?$/i.test(answer?.trim() ?? '')) return;
  throw new AppsupError('CANCELLED', 'Nothing was sent');
}
