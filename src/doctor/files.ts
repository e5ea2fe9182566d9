import {realpathSync, statSync} from 'node:fs';

import {octal} from '../core/octal.ts';
import {attempt} from '../launch/look.ts';
import {broken, ok, warning} from './finding.ts';
import type {Answer} from './finding.ts';
import {isRemote, mountOf, mountsOf} from './mounts.ts';
import type {Mount} from './mounts.ts';
import type {Look} from './world.ts';

/** A directory as it lies there. */
export interface Place {
  readonly path: string;
  /** `undefined`: it is not there yet. */
  readonly stat: {readonly uid: number; readonly gid: number; readonly mode: number} | undefined;
  readonly mount: Mount | undefined;
}

export interface FileFacts {
  readonly home: Place;
  readonly config: Place;
  readonly state: Place;
  readonly uid: number;
  /** Primary group. A group of the same number as the user is the user's alone. */
  readonly gid: number;
  readonly umask: number;
}

export const lookAtFiles: Look = ({paths, account, root, umask}) => {
  const mounts = mountsOf(root);
  const place = (directory: string): Place => ({
    path: directory,
    stat: attempt(() => statSync(directory)),
    mount: mountOf(attempt(() => realpathSync(directory)) ?? directory, mounts),
  });
  return judgeFiles({
    home: place(paths.home),
    config: place(paths.config),
    state: place(paths.state),
    uid: account.uid,
    gid: process.getgid?.() ?? account.uid,
    umask,
  });
};

/** Pure. */
export function judgeFiles(facts: FileFacts): readonly Answer[] {
  return [
    ...judgeHome(facts),
    ...judgeState(facts),
    ...judgeConfig(facts),
    ...judgeMounts(facts),
    judgeUmask(facts),
  ];
}

function judgeHome(facts: FileFacts): readonly Answer[] {
  const {path: directory, stat} = facts.home;
  if (stat === undefined) {
    const text = `your home directory ${directory} is not there: nothing can be read or written`;
    return [broken('home-gone', text, 'have it made, or mounted', 'administrators')];
  }
  if (stat.uid !== facts.uid && stat.uid !== 0) {
    const text = `your home directory ${directory} belongs to uid ${stat.uid}, who could put anything there`;
    return [broken('home-foreign', text, `chown it to uid ${facts.uid}`, 'administrators')];
  }
  const who = writers(stat.mode, stat.gid, facts);
  if (who !== undefined) {
    const text = `${who} can write your home directory, and so put files of theirs in the place of yours`;
    return [broken('home-writable', text, `chmod go-w ${directory}`)];
  }
  return [ok('home', `only you can write ${directory}`)];
}

function judgeState({state: {path: directory, stat}, uid}: FileFacts): readonly Answer[] {
  if (stat === undefined) return [ok('state', `${directory} will be made at the first start`)];
  if (stat.uid !== uid) {
    const text = `${directory}, where appsup keeps what it knows, belongs to uid ${stat.uid}`;
    return [broken('state-foreign', text, `move it away: mv ${directory} ${directory}.old`)];
  }
  // 0710 is ours: the web server's account passes through by its access control list.
  if ((stat.mode & 0o067) !== 0) {
    const text = `others can look into ${directory} (mode ${octal(stat.mode)}), where appsup keeps what it knows`;
    return [broken('state-open', text, `chmod 700 ${directory}`)];
  }
  return [ok('state', `${directory} is yours alone`)];
}

function judgeConfig(facts: FileFacts): readonly Answer[] {
  const {path: directory, stat} = facts.config;
  if (stat === undefined) return [ok('config', `${directory} will be made with the first app`)];
  const who = writers(stat.mode, stat.gid, facts);
  if (who !== undefined) {
    const text = `${who} can write ${directory}, and so say what is run as you`;
    return [broken('config-writable', text, `chmod go-w ${directory}`)];
  }
  return [ok('config', `only you can write ${directory}`)];
}

/** Who besides the owner may write; `undefined`: nobody. */
function writers(
  mode: number,
  group: number,
  {uid, gid}: Pick<FileFacts, 'uid' | 'gid'>,
): string | undefined {
  if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) return 'everybody';
  const isOwnGroup = group === gid && gid === uid;
  return (mode & 0o020) !== 0 && !isOwnGroup ? `the group ${group}` : undefined;
}

function judgeMounts({home, state}: FileFacts): readonly Answer[] {
  const {mount} = state;
  const answers: Answer[] = [];
  if (mount?.options.has('ro') === true && !mount.options.has('rw'))
    answers.push(
      broken(
        'state-read-only',
        `${state.path} is on a file system that is mounted read-only`,
        'mount it writable',
        'administrators',
      ),
    );
  if (mount?.options.has('noexec') === true) {
    const text = `programs may not run from ${state.path} (noexec): the boot script does not start`;
    answers.push(broken('state-noexec', text, ELSEWHERE));
  }
  if (mount !== undefined && isRemote(mount)) {
    const text = `${state.path} is on a network file system (${mount.type}): when that hangs, so does the supervisor`;
    answers.push(warning('state-network', text, ELSEWHERE));
  }
  const why = home.mount === undefined ? undefined : lockedAtBoot(home.mount);
  if (why !== undefined) {
    const text = `your home is ${why}: after a reboot your apps start when you log in, not before`;
    const hint =
      'a directory for your apps that is there at boot; then APPSUP_STATE_DIR and APPSUP_CONFIG_DIR in it';
    answers.push(warning('home-locked', text, hint, 'administrators'));
  }
  return answers.length > 0
    ? answers
    : [ok('file-systems', 'your files are on a local disk that is there at boot')];
}

const ELSEWHERE =
  'choose a local directory of yours that survives a reboot: export APPSUP_STATE_DIR=DIRECTORY; appsup boot install';

/** What keeps a home closed until its owner comes with a ticket or a password. */
function lockedAtBoot({type, options}: Mount): string | undefined {
  if (type === 'afs') return 'in AFS, which wants a ticket of yours';
  if ([...options].some((option) => option.startsWith('sec=krb5')))
    return 'on NFS that wants a Kerberos ticket of yours';
  return /^(ecryptfs|fuse\.(encfs|gocryptfs|cryfs))$/.test(type) ? `encrypted (${type})` : undefined;
}

function judgeUmask({umask}: FileFacts): Answer {
  if ((umask & 0o002) !== 0) return ok('umask', `the umask is ${octal(umask)}`);
  const text = `with your umask ${octal(umask)} everybody can write the files that you make`;
  return warning('umask-open', text, 'put umask 022 into ~/.profile');
}
