import type {BootOptions} from '../boot/install.ts';
import {loadConfig} from '../config/load.ts';
import type {World} from '../doctor/world.ts';
import type {Context} from './context.ts';

/** What the doctor looks at, from the command line. */
export function worldOf(context: Context, boot: BootOptions): World {
  const {paths, env, proc, version, clock, connect} = context;
  const {username, uid, shell} = context.account();
  return {
    paths,
    env,
    proc,
    version,
    boot,
    account: {username, uid, shell},
    config: loadConfig(paths),
    now: clock.wall(),
    info: async () => await connect().info(),
    root: '/',
    umask: process.umask(),
  };
}
