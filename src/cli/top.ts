import {top} from './commands/top.ts';
import type {Command} from './context.ts';

/** `appsup top`, without the other verbs: reading them would take longer than its first picture may. */
export const runTop: Command = top({
  async loadTerminal(charset) {
    const {terminalScreen} = await import('../dashboard/terminal.ts');
    return terminalScreen({env: process.env, charset});
  },
  environmentOf: async (context, target) => await (await import('./cold.ts')).environmentOf(context, target),
});
