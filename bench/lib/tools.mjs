import {accessSync, constants} from 'node:fs';
import path from 'node:path';

/** A program in the PATH or where servers are. */
export function find(program) {
  const folders = ['/usr/bin', '/usr/local/bin', '/usr/sbin', ...(process.env.PATH ?? '').split(':')];
  return folders.map((folder) => path.join(folder, program)).find(isExecutable);
}

/** The command line that a user writes for gunicorn where no supervisor writes it for him. */
export function gunicornArgv({port, gunicorn: {target, workers}}) {
  return [find('gunicorn'), '--workers', String(workers), '--bind', `127.0.0.1:${port}`, target];
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
