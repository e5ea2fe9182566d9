import type {BootOptions} from '../../boot/install.ts';
import {nearest} from '../../core/nearest.ts';
import {examine} from '../../doctor/examine.ts';
import {SUBJECTS} from '../../doctor/finding.ts';
import type {Finding, Level, Subject} from '../../doctor/finding.ts';
import {usage} from '../args.ts';
import type {Command, Context} from '../context.ts';
import {EXIT} from '../exit-codes.ts';
import {worldOf} from '../doctor-world.ts';
import {counted} from '../format.ts';
import {oneLine} from '../printable.ts';
import {waiting} from '../progress.ts';

/** `appsup doctor [SUBJECT...]` → `GET /v1/info`; everything else is looked at here, also when no supervisor starts. */
export function doctor(bootOf: (context: Context) => BootOptions): Command {
  return async (context, {words, options}) => {
    const subjects = words.map(subjectNamed);
    const wait = waiting(context, 'looking at this machine');
    const findings = await examine(worldOf(context, bootOf(context)), {
      subjects,
      onProgress: (pending) => wait.tell(`looking at ${pending.join(', ')}`),
    }).finally(() => wait.end());
    const isBroken = findings.some(({level}) => level === 'broken');
    const shown = options.has('verbose') ? findings : findings.filter(({level}) => isTrouble(level));
    return {
      text: [...report(shown, context), summary(findings)].join('\n'),
      json: [{ok: !isBroken, findings}],
      exitCode: isBroken ? EXIT.failed : EXIT.ok,
    };
  };
}

/** @throws AppsupError `USAGE` */
function subjectNamed(word: string): Subject {
  const subject = SUBJECTS.find((known) => known === word);
  if (subject !== undefined) return subject;
  const meant = nearest(word, SUBJECTS);
  throw usage(`Cannot look at "${word}": there is no such subject`, {
    hint: meant === undefined ? `subjects: ${SUBJECTS.join(', ')}` : `did you mean "${meant}"?`,
  });
}

function isTrouble(level: Level): boolean {
  return level === 'broken' || level === 'warning';
}

const WORDS = {ok: 'OK', warning: 'WARNING', broken: 'BROKEN', unseen: '--'} as const;
const WIDTH = Math.max(...Object.values(WORDS).map((word) => word.length));

/** By subject; of each finding what it means, and below it what to do. Pure. */
function report(
  findings: readonly Finding[],
  {terminal: {style}, paths: {home}}: Pick<Context, 'terminal' | 'paths'>,
): readonly string[] {
  const shown = (text: string) => oneLine(text).replaceAll(`${home}/`, '~/');
  const paints = {ok: style.good, warning: style.care, broken: style.bad, unseen: style.dim} as const;
  return [...new Set(findings.map(({subject}) => subject))].flatMap((subject) => [
    style.bold(subject),
    ...findings
      .filter((finding) => finding.subject === subject)
      .flatMap(({id, level, text, hint, who}) => [
        `  ${paints[level](WORDS[level])}${' '.repeat(WIDTH - WORDS[level].length)}  ${shown(text)}  ${style.dim(`[${id}]`)}`,
        ...(hint === undefined
          ? []
          : [
              `  ${' '.repeat(WIDTH)}  ${who === 'administrators' ? 'the administrators' : 'you'}: ${shown(hint)}`,
            ]),
      ]),
  ]);
}

/** `34 checks: 1 broken, 2 warnings`, `34 checks, all well`. Pure. */
function summary(findings: readonly Finding[]): string {
  const count = (level: Level) => findings.filter((finding) => finding.level === level).length;
  const [brokenOnes, warnings] = [count('broken'), count('warning')];
  const checks = counted(findings.length - count('unseen'), 'check');
  const found = [
    ...(brokenOnes === 0 ? [] : [`${brokenOnes} broken`]),
    ...(warnings === 0 ? [] : [counted(warnings, 'warning')]),
  ];
  return found.length === 0 ? `${checks}, all well` : `${checks}: ${found.join(', ')}`;
}
