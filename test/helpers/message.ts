import type {Message} from '../../src/notify/message.ts';

/** A message as a notifier would send it. */
export const MESSAGE: Message = {
  subject: 'appsup eco: spectral:queue is given up: exit 1: KeyError',
  text: 'spectral:queue is given up: exit 1: KeyError\n.\nNext: appsup logs spectral:queue\n',
  facts: {
    event: 'fatal',
    at: '2026-11-20T14:02:11.000Z',
    host: 'eco',
    app: 'spectral',
    process: 'queue',
    state: 'fatal',
    reason: 'exit 1: KeyError',
    lines: ['KeyError'],
    held: 0,
    running: undefined,
    missing: undefined,
  },
};
