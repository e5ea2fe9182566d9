import {carriesPassword, looksSecret} from '../launch/secrets.ts';
import {prefixOf} from './launch.ts';

/** Variables of a foreign program by where they go. */
export interface Sorted {
  readonly env: ReadonlyMap<string, string>;
  /** For an env file. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly mount: string | undefined;
  /** It was told a port, so it binds one by itself. */
  readonly port: string | undefined;
  /** Of a PATH that begins with an environment's programs. */
  readonly python: string | undefined;
  /** One line for each that is not simply taken. */
  readonly notes: readonly string[];
}

const SYSTEM_PATH = /^\/(usr\/(local\/)?)?s?bin$/;

/** Which variables are keys of ours, which are secret, and which stay. */
export function sortVariables(values: ReadonlyMap<string, string>): Sorted {
  const env = new Map(values);
  const notes: string[] = [];
  const mount = env.get('SCRIPT_NAME')?.replace(/\/+$/, '');
  if (mount !== undefined) notes.push(`SCRIPT_NAME is mount = "${mount || '/'}"`);
  const port = env.get('PORT');
  if (port !== undefined) notes.push(`PORT is set by appsup (to keep it: port = ${port})`);
  env.delete('SCRIPT_NAME');
  env.delete('PORT');
  const [first = '', ...others] = (env.get('PATH') ?? '').split(':');
  const python = prefixOf(`${first}/python`);
  if (python !== undefined && others.every((each) => SYSTEM_PATH.test(each))) {
    env.delete('PATH');
    notes.push('PATH is made of python');
  }
  const secrets = new Map([...env].filter(([name, value]) => looksSecret(name) || carriesPassword(value)));
  for (const name of secrets.keys()) env.delete(name);
  if (secrets.size > 0)
    notes.push(`${[...secrets.keys()].join(', ')}: into an env file that only you may read`);
  return {env, secrets, mount, port, python, notes};
}
