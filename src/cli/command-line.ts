/**
 * Understanding and explaining a command line: the table of all verbs. A file of its own in the build, for a verb of every
 * day with names behind it needs none of it.
 */
export {parseCommandLine} from './args.ts';
export {help} from './commands/help.ts';
