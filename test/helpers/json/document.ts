import type {Verb} from '../../../src/cli/table.ts';
import type {Shape} from './shape.ts';
import {FAILED, PRINTED} from './verbs.ts';

/** The JSON Schema of one line that a verb prints with `--json`. */
export function schemaOf(verb: Verb): Shape & {readonly $schema: string; readonly title: string} {
  const {about, lines} = PRINTED[verb];
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: `A line of: appsup ${verb} --json`,
    description: about,
    anyOf: [...lines, FAILED],
  };
}

/** `docs/json.md`. */
export function jsonReference(): string {
  const verbs = Object.keys(PRINTED) as readonly Verb[];
  return `# What \`--json\` prints

Every command takes \`--json\`. It then prints one JSON value per line on stdout, and no hints. What is listed here is stable: fields
may be added in a later version, and none goes or changes its meaning without a word in the [changelog](../CHANGELOG.md). The
exit code is the same as without it: \`appsup help exit-codes\`.

For each command there is a JSON Schema of its lines, [schema/json/](../schema/json). They know the fields of this
version and no others; this page is made of them, and they are tested against what the commands print.

An error is a line as well, \`{"ok": false, "error": {...}}\`, with \`"app"\` where it is about one of several. \`error.code\` is
stable (\`appsup explain CODE\`), the words of \`message\` and \`hint\` are not, and facts of the error may stand beside them.
A field with "?" may be missing.

${verbs.map(section).join('\n')}`;
}

function section(verb: Verb): string {
  const {about, lines} = PRINTED[verb];
  const shown = lines.map(
    (line) => `${line.description === undefined ? '' : `${capital(line.description)}:\n\n`}${tableOf(line)}`,
  );
  return [`## ${verb}`, about, ...shown, ''].join('\n\n').replace(/\n+$/, '\n');
}

function tableOf(line: Shape): string {
  const rows = rowsOf(line, '');
  if (rows.length === 0) return `${kindOf(line)}.`;
  return ['| field | value | |', '| --- | --- | --- |', ...rows].join('\n');
}

/** Objects in objects by their path: `apps[].processes[].pid`. */
function rowsOf(shape: Shape, at: string): readonly string[] {
  return Object.entries(shape.properties ?? {}).flatMap(([name, each]) => {
    const path = at === '' ? name : `${at}.${name}`;
    const mark = shape.required?.includes(name) === true ? '' : '?';
    const inner = bare(each);
    const below = inner.type === 'array' ? rowsOf(bare(inner.items ?? {}), `${path}[]`) : rowsOf(inner, path);
    return [`| \`${path}\`${mark} | ${kindOf(each)} | ${each.description ?? ''} |`, ...below];
  });
}

/** Without the null that it may be. */
function bare(shape: Shape): Shape {
  const others = shape.anyOf?.filter(({type}) => type !== 'null') ?? [];
  return others.length === 1 && others[0] !== undefined ? others[0] : shape;
}

function kindOf(shape: Shape): string {
  if (shape.anyOf !== undefined) return shape.anyOf.map(kindOf).join(' or ');
  if ('const' in shape) return `\`${JSON.stringify(shape.const)}\``;
  if (shape.enum !== undefined) return shape.enum.map((value) => `\`${JSON.stringify(value)}\``).join(' ');
  if (shape.type === 'array') return `list of ${kindOf(shape.items ?? {})}`;
  if (typeof shape.additionalProperties === 'object')
    return `object by name, each ${kindOf(shape.additionalProperties)}`;
  return shape.type ?? 'any';
}

function capital(sentence: string): string {
  return sentence.charAt(0).toUpperCase() + sentence.slice(1);
}
