import {AppsupError, messageOf, systemCode} from '../errors.ts';
import type {Log} from '../logs/own-log.ts';
import {statusOf} from './run.ts';
import {KEPT_RUNS} from './run-records.ts';
import type {RunBook, RunBooks, RunRecord} from './run-records.ts';
import {removeOldLogs} from './run-logs.ts';

/** Notes in the books of jobs and tasks, while work goes on: a disk that is full must not end that. */
export class RunNotes {
  readonly #books: RunBooks;
  readonly #log: Log;

  constructor({books, log}: {readonly books: RunBooks; readonly log: Log}) {
    this.#books = books;
    this.#log = log;
  }

  note(app: string, name: string, fields: Partial<RunBook>): void {
    this.quietly(app, name, () => this.#books.write({...this.#books.read(app, name), ...fields}));
  }

  /**
   * A run has ended: into the book, among its past; its log is kept for as long as it stands there.
   *
   * @param hashes - Of the files that its steps depend on; `undefined`: as they were.
   */
  close(record: RunRecord, hashes: RunBook['hashes'] | undefined): void {
    const {app, name} = record;
    const book = this.#books.read(app, name);
    const past = [statusOf(record), ...book.past].slice(0, KEPT_RUNS);
    this.quietly(app, name, () =>
      this.#books.write({...book, current: undefined, past, hashes: hashes ?? book.hashes}),
    );
    this.quietly(app, name, () => removeOldLogs(record, past));
  }

  /** What cannot be done because of the system, or what a person can mend, stands in the own log. */
  quietly(app: string, name: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      if (!(error instanceof AppsupError) && systemCode(error) === undefined) throw error;
      this.#log('error', messageOf(error), {app, name});
    }
  }
}
