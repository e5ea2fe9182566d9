import type {Notify} from '../config/notify.ts';
import type {SupervisorEvent} from '../control/api.ts';
import type {Clock, Timer} from '../system/clock.ts';
import {bootMessage, messageAbout} from './message.ts';
import type {Message, Words} from './message.ts';
import {isWanted} from './news.ts';
import type {BootNews, ProcessNews} from './news.ts';
import {tellOnRun} from './run-story.ts';
import type {RunEvent} from './run-story.ts';
import {FRESH, offer, opensAt, release} from './ration.ts';
import type {Portion, Ration} from './ration.ts';
import {UNTOLD, lasted, missed, tellOn} from './story.ts';
import type {ProcessEvent, Story} from './story.ts';

export interface NotifierOptions {
  readonly clock: Clock;
  readonly host: string;
  /** As the config says now; `undefined`: nobody is to be told. */
  readonly config: () => Notify | undefined;
  /** Whether anybody is to be told of this app. */
  readonly wants: (app: string) => boolean;
  readonly wordsOf: (app: string, process: string) => Words;
  /** About the last run of a job or task. */
  readonly wordsOfRun: (app: string, name: string) => Words;
  /** Returns at once. */
  readonly send: (message: Message, notify: Notify) => void;
  readonly log: (level: 'info' | 'error', message: string, facts: Readonly<Record<string, unknown>>) => void;
}

/** What is known of one process. */
interface File {
  readonly app: string;
  readonly process: string;
  readonly story: Story;
  readonly ration: Ration;
  /** What is told of what is held back, taken when it happened: later, other lines are the last. */
  readonly words: Words | undefined;
}

/** Listens to a supervisor and tells a person what matters. In memory only: a new supervisor begins anew. */
export class Notifier {
  readonly #options: NotifierOptions;
  readonly #files = new Map<string, File>();
  #timer: Timer | undefined;

  constructor(options: NotifierOptions) {
    this.#options = options;
  }

  /** Take an event. It never throws: the one who calls is a unit in the middle of a change. */
  take(event: SupervisorEvent): void {
    this.#guarded(() => this.#take(event));
  }

  #take(event: SupervisorEvent): void {
    switch (event.type) {
      case 'state':
      case 'change':
      case 'health':
        this.#onProcess(event);
        break;
      case 'boot':
        this.#onBoot(event);
        break;
      case 'config':
        if (event.change === 'removed') this.#forget(event.app);
        break;
      case 'run':
        this.#onRun(event);
        break;
    }
    this.#arm();
  }

  #onProcess(event: ProcessEvent): void {
    const file = this.#file(event.app, event.process);
    const {story, news} = tellOn(file.story, event, this.#options.clock.monotonic());
    this.#note(file, story, news);
  }

  #onRun(event: RunEvent): void {
    const file = this.#file(event.app, event.name);
    const {story, news} = tellOnRun(file.story, event);
    if (news !== undefined) this.#note(file, story, news, this.#options.wordsOfRun);
  }

  #onBoot({at, running, missing}: Extract<SupervisorEvent, {type: 'boot'}>): void {
    const wanted = (name: string) => this.#options.wants(appOf(name));
    const news: BootNews = {
      notice: 'boot',
      at,
      running: running.filter(wanted),
      missing: missing.filter(wanted),
    };
    const notify = this.#options.config();
    if (notify === undefined || news.running.length + news.missing.length === 0 || !isWanted(news, notify.on))
      return;
    for (const name of news.missing) {
      const file = this.#file(appOf(name), processOf(name));
      this.#keep({...file, story: missed(file.story, at)});
    }
    const wordsOf = (name: string) => this.#options.wordsOf(appOf(name), processOf(name));
    this.#options.send(bootMessage(news, wordsOf, this.#options.host), notify);
  }

  /** Keep the story; tell its news, if somebody wants to hear them. */
  #note(file: File, story: Story, news: ProcessNews | undefined, wordsOf = this.#options.wordsOf): void {
    const notify = this.#options.config();
    if (news === undefined) return this.#keep({...file, story});
    if (notify === undefined || !this.#options.wants(file.app) || !isWanted(news, notify.on)) {
      // Nobody was told of it, so nobody has to hear that it is over.
      const trouble = news.notice === 'recovered' ? undefined : file.story.trouble;
      return this.#keep({...file, story: {...story, trouble}});
    }
    const words = wordsOf(file.app, file.process);
    const {ration, portion} = offer(file.ration, news, this.#options.clock.monotonic(), notify.everyMs);
    this.#keep({...file, story, ration, words: portion === undefined ? words : undefined});
    if (portion !== undefined) this.#send(portion, words, notify);
  }

  #send(portion: Portion, words: Words, notify: Notify): void {
    this.#options.send(messageAbout(portion, words, this.#options.host), notify);
  }

  /** Whatever has become due: recoveries, and what was held back. */
  #due(): void {
    const {clock, config} = this.#options;
    const now = clock.monotonic();
    for (const file of [...this.#files.values()]) {
      if ((file.story.lasts ?? Infinity) > now) continue;
      const {story, news} = lasted(file.story, {...file, at: clock.wall()});
      this.#note(file, story, news);
    }
    const notify = config();
    for (const file of [...this.#files.values()]) {
      if (notify === undefined) {
        this.#keep({...file, ration: {...file.ration, held: undefined}, words: undefined});
        continue;
      }
      const {ration, portion} = release(file.ration, now, notify.everyMs);
      if (portion === undefined) continue;
      this.#keep({...file, ration, words: undefined});
      if (this.#options.wants(file.app)) this.#send(portion, file.words ?? NO_WORDS, notify);
    }
    this.#arm();
  }

  /** One timer for all: for the next moment at which something is due. */
  #arm(): void {
    this.#timer?.cancel();
    const everyMs = this.#options.config()?.everyMs ?? 0;
    const moments = [...this.#files.values()].flatMap(({story, ration}) => [
      story.lasts,
      opensAt(ration, everyMs),
    ]);
    const next = Math.min(...moments.filter((moment) => moment !== undefined));
    if (next === Infinity) return;
    const {clock} = this.#options;
    this.#timer = clock.after(next - clock.monotonic(), () => this.#guarded(() => this.#due()));
  }

  #file(app: string, process: string): File {
    return (
      this.#files.get(`${app}:${process}`) ?? {app, process, story: UNTOLD, ration: FRESH, words: undefined}
    );
  }

  #keep(file: File): void {
    this.#files.set(`${file.app}:${file.process}`, file);
  }

  #forget(app: string): void {
    for (const [name, file] of this.#files) if (file.app === app) this.#files.delete(name);
  }

  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      // A mistake of ours here must not keep a program from being started again.
      this.#options.log('error', 'a bug in telling', {
        stack: error instanceof Error ? error.stack : String(error),
      });
    }
  }
}

const NO_WORDS: Words = {reason: undefined, lines: [], secrets: []};

/** `spectral` of `spectral:queue`; an app whose file is broken stands alone. */
function appOf(name: string): string {
  return name.split(':', 1)[0] as string;
}

function processOf(name: string): string {
  return name.slice(appOf(name).length + 1);
}
