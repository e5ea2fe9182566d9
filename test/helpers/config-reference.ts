import type {KeyInfo} from '../../src/config/keys.ts';
import {infoOf, nodeOf} from '../../src/config/nodes.ts';
import type {Node} from '../../src/config/nodes.ts';
import {appSchema, globalSchema, siteSchema} from '../../src/config/schema.ts';

type Schema = Parameters<typeof nodeOf>[0];
type Entry = readonly [name: string, schema: Schema];

/** The version of `since` that goes without saying. */
const FIRST = '0.1.0';

interface File {
  readonly title: string;
  readonly about: string;
  /** What its block is marked as, see block-kinds.ts. */
  readonly mark: '' | 'config.toml' | 'site.toml';
  readonly example: string;
  readonly schema: Schema;
}

const FILES: readonly File[] = [
  {
    title: 'An app: `~/.config/appsup/apps/NAME.toml`',
    about:
      "One file per app; the file's name is the app's name. `appsup add` writes it, `appsup edit NAME` opens it, and `appsup show NAME` prints it with every default filled in. A change counts from the next `appsup restart NAME`.",
    mark: '',
    example: `directory = "~/flask-tasks"
mount     = "/alice_flasktasks"
python    = ".venv"
env_file  = ".env"

[programs.web]
gunicorn = "wsgi:application"
workers  = 2

[programs.queue]
command      = "python manage.py run_huey"
stop_signal  = "INT"     # finish the job first
stop_timeout = "5m"

[jobs.clear-sessions]
schedule = "30 3 * * *"
command  = "python manage.py clearsessions"

[tasks.update]
recipe  = "update"
migrate = ["flask db upgrade"]
`,
    schema: appSchema,
  },
  {
    title: 'All your apps: `~/.config/appsup/config.toml`',
    about: 'Your own settings. The file may be missing, and so may every key in it.',
    mark: 'config.toml',
    example: `base_url = "https://eco.example.ac.uk"

[defaults]
stop_timeout = "60s"
`,
    schema: globalSchema,
  },
  {
    title: 'The host: `/etc/appsup/site.toml`',
    about: 'Written by an administrator, read by everybody; see [administrators.md](administrators.md).',
    mark: 'site.toml',
    example: `base_url = "https://eco.example.ac.uk"

[ports]
base = 20000
size = 20
`,
    schema: siteSchema,
  },
];

const HEAD = `# Configuration

<!-- Made from the code: UPDATE_DOCS=1 npx ava build/test/docs.js -->

All files are TOML. \`appsup check\` shows every mistake at once, with its place and the key that was probably meant, and
changes nothing. A mistake in one app's file concerns that app alone, and what runs of it goes on.

- A **duration** is text with a unit: \`"500ms"\`, \`"30s"\`, \`"1m30s"\`, \`"2h"\`, \`"7d"\`. A bare number is refused.
- A **size** is text with a unit: \`"500MB"\` (a million bytes each), \`"512MiB"\` (1,048,576 each).
- A **path** may begin with \`~/\`. A relative one begins at the app's \`directory\`.
- A key without a default may be left out, unless it says "needed".

JSON Schemas for editors are in [schema/](../schema). Every key is there since ${FIRST}, unless it says otherwise.

## Variables

A process gets variables from these places; a later one wins over those before it:

1. the account and the Python environment: \`HOME\`, \`USER\`, \`LANG\`, \`PATH\`, \`VIRTUAL_ENV\` and the like; nothing of the shell
   that you type in
2. the files of \`env_file\`, in their order; within a file the later line
3. the app's \`env\`, with what its commands print: \`GIT_REVISION_HASH = { run = "git rev-parse --short HEAD" }\`
4. \`env\` of the program, job or task
5. what appsup sets: \`PORT\` of a program that serves, \`SCRIPT_NAME\` of one that sees its mount, \`APPSUP_*\`, \`LISTEN_*\`

All of it is read and computed anew at each start and restart; \`appsup env NAME\` prints it, with secrets hidden. A command runs
in the app's directory with the variables of 1 to 3, without a shell, and has 10 seconds. Where it fails, or an env file has a
broken line or can be read by others, nothing is started, what runs goes on, and you are told the variable or the line.
An env file has lines of \`NAME=value\`, also after \`export\`; a value with blanks, \`#\` or line breaks stands in quotes. In double
quotes \`\\n\`, \`\\"\` and \`\\\\\` are escapes; \`$NAME\` is nowhere replaced.
\`appsup secret NAME KEY\` writes a line into it that is asked for without being shown, and with \`--generate\` makes the value up;
the file is made where there is none, for you alone (0600), and a value that is there stays. A secret also goes
into a JSON file or a \`config.py\` of the app: \`--file config/secrets.json\`.
`;

/** docs/config.md, from what the schema says about itself. */
export function configReference(): string {
  const met = new Map<Schema, string>();
  const files = FILES.map(({title, about, mark, example, schema}) =>
    [`## ${title}`, about, fence(example, mark), ...tables('', schema, met)].join('\n\n'),
  );
  return `${[HEAD.trimEnd(), ...files].join('\n\n')}\n`;
}

const fence = (toml: string, mark: string): string =>
  `\`\`\`${['toml', mark].join(' ').trim()}\n${toml}\`\`\``;

/** The table of a TOML table's keys, then those of the tables in it. `met`: keys that were explained, and where. */
function tables(path: string, schema: Schema, met: Map<Schema, string>): readonly string[] {
  const node = nodeOf(schema);
  if (node.type === 'record') return tables(`${path}.NAME`, node.value, met);
  if (node.type === 'array') return tables(path, node.item, met);
  if (node.type === 'union') return node.options.flatMap((option) => tables(path, option, met));
  if (node.type !== 'object') return [];
  const entries: readonly Entry[] = Object.entries(node.entries);
  // A file's own keys are worth saying again; those of its tables are not.
  const fresh = entries.filter(([, entry]) => path === '' || !met.has(entry));
  const known = entries.filter((entry) => !fresh.includes(entry));
  for (const [, entry] of fresh) met.set(entry, path);
  return [
    ...(path === '' ? [] : [`### \`[${path.replace(/^\./, '')}]\``]),
    ...(fresh.length === 0 ? [] : [keyTable(fresh)]),
    ...again(known, met),
    ...fresh.flatMap(([name, entry]) => tables(`${path}.${name}`, entry, met)),
  ];
}

function again(known: readonly Entry[], met: ReadonlyMap<Schema, string>): readonly string[] {
  const places = [...new Set(known.map(([, entry]) => met.get(entry) ?? ''))];
  return places.map((place) => {
    const names = known.filter(([, entry]) => met.get(entry) === place).map(([name]) => `\`${name}\``);
    const where = place === '' ? 'above' : `of \`[${place.replace(/^\./, '')}]\``;
    return `The same as the keys ${where}: ${names.join(', ')}.`;
  });
}

function keyTable(entries: readonly Entry[]): string {
  const rows = entries.map(([name, schema]) => {
    const info = infoOf(schema);
    if (info === undefined) throw new Error(`nothing is said about the key "${name}"`);
    return [
      `\`${name}\``,
      meaning(info),
      typeOf(schema, info),
      fallback(info),
      `\`${name} = ${info.example}\``,
    ];
  });
  const lines = [
    ['Key', 'Meaning', 'Type', 'Default', 'Example'],
    ['---', '---', '---', '---', '---'],
    ...rows,
  ];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

function meaning({description, since}: KeyInfo): string {
  // A `<user>` would be taken for HTML.
  const text = description.replaceAll('<', '&lt;');
  return since === FIRST ? text : `${text} Since ${since}.`;
}

function fallback(info: KeyInfo): string {
  if (info.required) return 'needed';
  if (info.default !== undefined) return `\`${JSON.stringify(info.default)}\``;
  return (info.defaultNote ?? 'none').replaceAll('<', '&lt;');
}

function typeOf(schema: Schema, {unit}: KeyInfo): string {
  if (unit === 'duration' || unit === 'size') return unit;
  const kind = kindOf(nodeOf(schema));
  return unit === undefined ? kind : `${kind} ${unit}`;
}

function kindOf(node: Node): string {
  switch (node.type) {
    case 'object':
      return 'table';
    case 'record':
      return nodeOf(node.value).type === 'object'
        ? 'tables by name'
        : `table of ${kindOf(nodeOf(node.value))}`;
    case 'array':
      return `list of ${kindOf(nodeOf(node.item))}`;
    case 'union':
      return [...new Set(node.options.map((option) => kindOf(nodeOf(option))))].join(', or ');
    case 'picklist':
      return node.options.map((option) => `\`"${option}"\``).join(', ');
    case 'literal':
      return `\`${JSON.stringify(node.literal)}\``;
    case 'string':
      return 'text';
    case 'boolean':
      return '`true` or `false`';
    case 'number':
      return numberOf(node);
  }
}

/** Only what stands before the first `transform` is about the number in the file. */
function numberOf({actions}: Node): string {
  const end = actions.findIndex(({type}) => type === 'transform');
  const own = end < 0 ? actions : actions.slice(0, end);
  const [least, most] = ['min_value', 'max_value'].map(
    (type) => own.find((action) => action.type === type)?.requirement,
  );
  return typeof least === 'number' && typeof most === 'number' ? `${least} to ${most}` : 'number';
}
