/**
 * Understanding and explaining a command line: the table of all verbs. A file of its own in the build, for a verb of every
 * day with names behind it needs none of it.
 */
import type {Command} from './context.ts';
import {verbHelp} from './commands/help.ts';

export {parseCommandLine} from './args.ts';

/** `appsup VERB --help`, and what is loaded only when it is read: `appsup help`, topics, explanations. */
export const read: Command = async (context, invocation) =>
  invocation.options.has('help')
    ? verbHelp(invocation.verb, context.terminal)
    : await (await import('./reference.ts')).consult(context, invocation);
