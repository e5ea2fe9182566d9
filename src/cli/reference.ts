import {explain} from './commands/explain.ts';
import {helpTopic} from './commands/help-topic.ts';
import type {Command} from './context.ts';

/** What is long to read and seldom read: a file of its own in the build, without the libraries of the other verbs. */
export const consult: Command = async (context, invocation) =>
  await (invocation.verb === 'explain' ? explain : helpTopic)(context, invocation);
