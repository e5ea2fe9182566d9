import {completion} from './commands/completion.ts';
import {explain} from './commands/explain.ts';
import {helpTopic} from './commands/help-topic.ts';
import type {Command} from './context.ts';
import type {Reading, Verb} from './table.ts';

const COMMANDS: Readonly<Record<Reading, Command>> = {completion, explain, help: helpTopic};

/** What is long to read and seldom read: a file of its own in the build, without the libraries of the other verbs. */
export const consult: Command = async (context, invocation) => {
  const command = (COMMANDS as Readonly<Partial<Record<Verb, Command>>>)[invocation.verb];
  if (command === undefined) throw new Error(`"${invocation.verb}" is in no bundle`);
  return await command(context, invocation);
};
