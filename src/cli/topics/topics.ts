import {blocksOf, sectionOf} from './blocks.ts';
import type {Block} from './blocks.ts';
import {configIndex, configTopic, configTopics} from './config.ts';
import {docs} from './docs.ts';
import type {Topic} from './topic.ts';

/** Parts of documents that are worth a name of their own: file, and heading, in the order in which they are printed. */
const PARTS: Readonly<
  Record<string, readonly [summary: string, ...parts: readonly (readonly [string, string])[]]>
> = {
  'first-steps': ['from a directory to a running app', ['README.md', 'The first minute']],
  'every-day': ['status, restarts and logs', ['README.md', 'Every day']],
  trouble: ['what is shown when something fails', ['README.md', 'Bad days']],
  environment: ['which variables a program gets, and from where', ['docs/config.md', 'Variables']],
  jobs: ['commands on a schedule', ['README.md', 'Jobs']],
  tasks: ['steps on demand: update, rebuild, reset', ['README.md', 'Tasks']],
  boot: [
    'what happens after a reboot',
    ['README.md', '5. After a reboot'],
    ['docs/administrators.md', 'cron'],
  ],
  ports: [
    'where the ports of a user come from, and a socket instead',
    ['docs/administrators.md', 'Ports'],
    ['docs/security.md', 'A port or a Unix socket'],
  ],
  gateway: ['one place at the front end for all apps', ['README.md', 'One letter for all apps']],
  secrets: ['where they belong, and who can see them', ['docs/security.md', 'Secrets']],
};

/** Documents with another name as a topic. */
const NAMES: Readonly<Record<string, string>> = {
  'from-supervisord': 'supervisord',
  'from-systemd': 'systemd',
};

/** All topics but the tables and keys of the configuration, by name. */
export function topics(): readonly Topic[] {
  const parts = Object.entries(PARTS).map(([name, [summary, ...places]]) => ({
    name,
    summary,
    blocks: () => places.flatMap(([file, heading]) => part(file, heading)),
  }));
  const whole = Object.keys(docs()).flatMap((file) => {
    const [, base] = /^docs\/(.*)\.md$/.exec(file) ?? [];
    // The reference is a topic by its tables; the index of files says nothing offline.
    if (base === undefined || base === 'config' || base === 'README') return [];
    const [title] = blocksOf(docs()[file] ?? '');
    const summary = title?.type === 'heading' ? title.text.replaceAll('`', '') : base;
    return [
      {
        name: NAMES[base] ?? base,
        summary: summary.charAt(0).toLowerCase() + summary.slice(1),
        blocks: () => blocksOf(docs()[file] ?? ''),
      },
    ];
  });
  const config = {name: 'config', summary: 'the files, their tables and keys', blocks: configIndex};
  return [config, ...parts, ...whole].toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** The topic of that name, a table or key of the configuration too: `config.front`, `config.restart`. */
export function topicNamed(name: string): Topic | undefined {
  return topics().find((topic) => topic.name === name) ?? configTopic(name);
}

/** Every name that {@link topicNamed} knows. */
export function topicNames(): readonly string[] {
  return [...topics().map(({name}) => name), ...configTopics()];
}

function part(file: string, heading: string): readonly Block[] {
  const found = sectionOf(blocksOf(docs()[file] ?? ''), heading);
  const [first, ...rest] = found ?? [];
  if (first?.type !== 'heading') throw new Error(`${file} has no heading "${heading}"`);
  // Its number counts in its document only.
  return [{...first, text: first.text.replace(/^\d+\. /, '')}, ...rest];
}
