import path from 'node:path';

import type {Launch} from '../core/program-spec.ts';
import {expandPath} from '../system/paths.ts';
import type {Problem} from './validate.ts';

/** The program that the name stands in. */
interface Place {
  readonly name: string;
  /** Absolute; of the app. */
  readonly directory: string;
  readonly home: string;
  readonly report: (problem: Problem) => void;
}

/** Kinds that run something of the user's by its name. */
type Named = Extract<Launch, {readonly target: string}>['kind'];

const MODULE = String.raw`[A-Za-z_]\w*(\.[A-Za-z_]\w*)*`;
const CALLABLE = new RegExp(String.raw`^${MODULE}:[A-Za-z_][^\s;|&<>]*$`);
const IN_MODULE = new RegExp(`^${MODULE}(:[A-Za-z_]\\w*)?$`);

/** What each kind takes, in words, and an example. */
const FORMS: Readonly<Record<Named, readonly [form: RegExp, words: string, example: string]>> = {
  gunicorn: [CALLABLE, 'module:callable', 'wsgi:application'],
  uvicorn: [CALLABLE, 'module:callable', 'main:app'],
  hypercorn: [CALLABLE, 'module:callable', 'main:app'],
  daphne: [CALLABLE, 'module:callable', 'mysite.asgi:application'],
  uwsgi: [CALLABLE, 'module:callable', 'wsgi:application'],
  huey: [new RegExp(String.raw`^${MODULE}\.[A-Za-z_]\w*$`), 'module.huey or a manage.py', 'tasks.huey'],
  celery: [IN_MODULE, 'module or module:app', 'tasks:app'],
  rq: [/^[A-Za-z0-9_][\w.:-]*( +[A-Za-z0-9_][\w.:-]*)*$/, 'names of queues', 'high default'],
  dramatiq: [IN_MODULE, 'module', 'tasks'],
};

/** What a program runs, by name; `undefined` after a report. */
export function readTarget(kind: Named, text: string, context: Place): string | undefined {
  const {home, directory, name, report} = context;
  if (kind === 'uwsgi' && text.endsWith('.ini')) return expandPath(text, home, directory);
  if (kind === 'huey' && path.basename(text) === 'manage.py') return expandPath(text, home, directory);
  const [form, words, example] = FORMS[kind];
  const isFile = text.endsWith('.py');
  if (form.test(text) && !(isFile && kind !== 'rq')) return text;
  // gunicorn's own default callable is `application`.
  if (kind === 'gunicorn' && IN_MODULE.test(text) && !isFile) return `${text}:application`;
  const meant = meantBy(kind, text);
  report({
    path: ['programs', name, kind],
    message: `Expected "${kind}" to be ${words}: got ${JSON.stringify(text)}`,
    hint: meant === undefined ? `as "${example}"; options belong into args` : `did you mean "${meant}"?`,
  });
  return undefined;
}

/** A file where a module is expected, or the other sign before the name in it. */
function meantBy(kind: Named, text: string): string | undefined {
  const [, file, callable] = /^([\w/]+)(?:\.py)?(?::(\w+))?$/.exec(text) ?? [];
  if (file === undefined || (callable === undefined && !text.endsWith('.py'))) return undefined;
  const module = file.replaceAll('/', '.');
  if (kind === 'rq') return undefined;
  if (kind === 'huey') return `${module}.${callable ?? 'huey'}`;
  if (kind === 'celery' || kind === 'dramatiq')
    return callable === undefined ? module : `${module}:${callable}`;
  return text.includes('.py') ? `${module}:${callable ?? 'application'}` : undefined;
}
