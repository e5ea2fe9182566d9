import {isMount} from '../core/names.ts';
import type {ProgramSpec} from '../core/program-spec.ts';
import type {PrefixMode} from '../core/spec.ts';
import {fillMount} from './keys.ts';
import type {AppFile} from './schema.ts';
import type {Problem} from './validate.ts';

/** What decides where an app is mounted when its file does not. */
export interface MountContext {
  /** Of the app. */
  readonly name: string;
  readonly user: string;
  /** `/{user}_{app}`. */
  readonly mountTemplate: string;
  /** The host's rule, if it has one: a mount of another form is warned about. */
  readonly mountRule: string | undefined;
}

type Report = (problem: Problem) => void;

/** The mount of an app; `''` for a host of its own, which the file writes as `/`. */
export function readMount(
  file: AppFile,
  {name, user, mountTemplate, mountRule}: MountContext,
  report: Report,
): string {
  const path = ['mount'];
  if (file.mount === undefined) return file.prefix === 'none' ? '' : fillMount(mountTemplate, user, name);
  if (file.mount === '/') {
    if (file.prefix !== undefined && file.prefix !== 'none') {
      report({
        path,
        message: `Cannot ${file.prefix} the mount "/": there is nothing in front`,
        hint: 'prefix = "none", or leave it out',
      });
    }
    return '';
  }
  if (!isMount(file.mount)) {
    const better = `/${file.mount
      .replace(/[^\w/~-]+/g, '-')
      .split('/')
      .filter(Boolean)
      .join('/')}`;
    report({
      path,
      message: `Expected "mount" to be a path of letters, digits, _ and - as "/alice_tasks": got ${JSON.stringify(file.mount)}`,
      hint: isMount(better) ? `mount = "${better}"` : 'begin it with /, and end it without',
    });
  } else if (file.prefix === 'none') {
    report({
      path,
      message: 'Cannot serve below a mount with prefix = "none"',
      hint: 'remove mount, or write prefix = "keep" or "strip"',
    });
  } else if (mountRule !== undefined && !matchesRule(file.mount, mountRule, user)) {
    report({
      path,
      severity: 'warning',
      message: `The mounts of this host have the form ${mountRule}`,
      hint: `mount = "${fillMount(mountRule, user, name)}"`,
    });
  }
  return file.mount;
}

function matchesRule(mount: string, rule: string, user: string): boolean {
  const [before = '', after = ''] = fillMount(rule, user, '\0').split('\0');
  return mount.length > before.length + after.length && mount.startsWith(before) && mount.endsWith(after);
}

/** gunicorn workers that do not look at SCRIPT_NAME: the app would see the mount in every path. */
const IGNORES_SCRIPT_NAME = /uvicorn|gevent_pywsgi|gevent_wsgi|GeventWebSocket|^asgi$/i;

/** Who handles the mount, by what the server can do. */
export function readPrefix(
  file: AppFile,
  mount: string,
  programs: readonly ProgramSpec[],
  report: Report,
): PrefixMode {
  if (mount === '') return 'none';
  const gateway = programs.find(({launch}) => launch.kind === 'gateway');
  if (gateway !== undefined && file.prefix === 'strip') {
    report({
      path: ['prefix'],
      message: `"${gateway.name}" is a gateway, and tells the apps apart by their whole mounts`,
      hint: 'remove prefix',
    });
  }
  const deaf = programs.find(({launch, listen}) => {
    if (listen === 'none') return false;
    return (
      launch.kind === 'uvicorn' ||
      launch.kind === 'hypercorn' ||
      launch.kind === 'daphne' ||
      (launch.kind === 'gunicorn' && IGNORES_SCRIPT_NAME.test(launch.workerClass ?? ''))
    );
  });
  if (file.prefix === 'keep' && deaf !== undefined) {
    report({
      path: ['prefix'],
      severity: 'warning',
      message: `"${deaf.name}" will not find its pages with prefix = "keep": its server does not look at SCRIPT_NAME`,
      hint: 'prefix = "strip", unless the app itself expects the mount in its paths',
    });
  }
  return file.prefix ?? (deaf === undefined ? 'keep' : 'strip');
}
