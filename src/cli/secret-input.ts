import {createInterface} from 'node:readline/promises';
import {Writable} from 'node:stream';

import {AppsupError} from '../errors.ts';

/** Ways to be told a secret that no other user can see: not a command line, which `ps` shows to all. */
export interface SecretInput {
  /** A line from the terminal, which does not show it; `undefined` when the input ends. */
  prompt(question: string): Promise<string | undefined>;
  /** All of stdin, without the line end at its end. @throws AppsupError `USAGE` when it is too long or no text */
  stdin(): Promise<string>;
}

const MOST_BYTES = 64 * 1024;

export const secretInput: SecretInput = {
  async prompt(question) {
    process.stderr.write(question);
    // A terminal in raw mode shows nothing by itself, and what readline would show goes nowhere.
    const output = new Writable({write: (_chunk, _encoding, done) => done()});
    const lines = createInterface({input: process.stdin, output, terminal: true, historySize: 0});
    const end = new AbortController();
    lines.once('close', () => end.abort());
    lines.once('SIGINT', () => lines.close());
    try {
      return await lines.question('', {signal: end.signal});
    } catch (error) {
      if (error instanceof Error && error.name === 'AbortError') return undefined;
      throw error;
    } finally {
      lines.close();
      process.stderr.write('\n');
    }
  },
  async stdin() {
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MOST_BYTES) throw refusal('it is longer than 64 KiB');
      chunks.push(chunk);
    }
    try {
      return new TextDecoder('utf-8', {fatal: true}).decode(Buffer.concat(chunks)).replace(/\r?\n$/, '');
    } catch (error) {
      if (error instanceof TypeError) throw refusal('it is not UTF-8 text');
      throw error;
    }
  },
};

function refusal(problem: string): AppsupError {
  return new AppsupError('USAGE', `Cannot use what came on stdin: ${problem}`);
}
