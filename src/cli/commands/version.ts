import {isAppsupError} from '../../errors.ts';
import type {Command} from '../context.ts';

/** `appsup version` → `GET /v1/info` */
export const version: Command = async (context) => {
  const supervisor = await runningVersion(context);
  return {
    text:
      supervisor === undefined
        ? `appsup ${context.version}`
        : `appsup ${context.version}, supervisor ${supervisor}`,
    json: [{version: context.version, supervisor: supervisor ?? null, node: process.version}],
  };
};

async function runningVersion({connect}: Parameters<Command>[0]): Promise<string | undefined> {
  try {
    return (await connect().info()).version;
  } catch (error) {
    // Whatever keeps it from answering: this question is about ourselves.
    if (isAppsupError(error)) return undefined;
    throw error;
  }
}
