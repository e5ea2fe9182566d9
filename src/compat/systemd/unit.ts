import type {Importer, Remark} from '../imported.ts';
import {fateOf} from './dropped.ts';
import {resolve, unitName} from './specifiers.ts';
import type {UnitName} from './specifiers.ts';
import {listed, parseUnit} from './unit-file.ts';
import type {Directive} from './unit-file.ts';

/** A unit file under reading. Every directive in it gets a remark: what was read says it, and {@link noteRest} says the rest. */
export class Unit {
  readonly name: UnitName;
  readonly file: string;
  /** True for an empty file, and for a link to /dev/null: systemd calls such a unit masked. */
  readonly masked: boolean;
  readonly remarks: Remark[] = [];
  readonly #directives: readonly Directive[];
  readonly #said = new Set<Directive>();
  readonly #importer: Importer;

  constructor(file: string, text: string, importer: Importer) {
    this.file = file;
    this.name = unitName(file);
    this.masked = text.trim() === '';
    this.#directives = parseUnit(text, file);
    this.#importer = importer;
  }

  /** Those that count, in their order. */
  all(section: string, key: string): readonly Directive[] {
    return listed(this.#directives, section, key);
  }

  /** The value of the one that counts, with its specifiers resolved; `undefined` also after a remark. */
  text(section: string, key: string): {readonly at: Directive; readonly value: string} | undefined {
    const at = this.all(section, key).at(-1);
    const value = at === undefined ? undefined : this.resolved(at);
    return at === undefined || value === undefined ? undefined : {at, value};
  }

  resolved(at: Directive, value = at.value): string | undefined {
    const done = resolve(value, this.name, this.#importer);
    if (done.ok) return done.text;
    this.say(at, 'refused', done.problem);
    return undefined;
  }

  say(at: Directive | undefined, fate: Remark['fate'], text: string): void {
    if (at !== undefined) this.#said.add(at);
    const what = at === undefined ? this.name.full : at.key || at.value;
    this.remarks.push({file: this.file, line: at?.line ?? 1, what, fate, text});
  }

  get refused(): boolean {
    return this.remarks.some(({fate}) => fate === 'refused');
  }

  noteRest(): void {
    for (const each of this.#directives) {
      if (this.#said.has(each)) continue;
      const {section, key, value} = each;
      const later = [...this.#said].some((other) => other.section === section && other.key === key);
      if (section !== '' && key !== '' && (value === '' || later))
        this.say(
          each,
          'dropped',
          value === '' ? 'it takes back what stood before it' : 'a later line counts',
        );
      else this.say(each, ...fateOf(section, key));
    }
  }
}
