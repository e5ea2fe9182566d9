import {appOf, serves} from '../imported.ts';
import type {Imported, ImportedApp, Importer, Member, Remark} from '../imported.ts';
import type {Section} from './ini.ts';
import {memberName, priorityOf, readProgram} from './program.ts';

/**
 * The apps of a supervisord.conf, each program one of its own unless a `[group:x]` holds several.
 *
 * Pure: reads no file, looks for none. What cannot run here costs its program alone.
 *
 * @param sections - Of all files, merged; see {@link mergeInis}.
 */
export function readSupervisord(sections: ReadonlyMap<string, Section>, importer: Importer): Imported {
  const remarks: Remark[] = [];
  const remark = (each: Remark) => void remarks.push(each);
  const groups = groupsOf(sections);
  const members = new Map<string, Member>();
  for (const section of sections.values()) {
    const name = /^program:(.*)$/s.exec(section.name)?.[1]?.trim();
    if (name === undefined) noteSection(section, remark);
    else {
      const group = [...groups].find(([, names]) => names.includes(name))?.[0] ?? name;
      const daemon = sections.get('supervisord');
      const peers = (groups.get(group) ?? [])
        .filter((each) => each !== name && sections.has(`program:${each}`))
        .map((each) => ({name: each, priority: priorityOf(sections.get(`program:${each}`))}));
      const member = readProgram(name, section, {importer, daemon, group, peers, remark});
      if (member !== undefined) members.set(name, member);
    }
  }
  return {apps: appsOf(sections, groups, members, remark), remarks: inOrder(remarks, sections)};
}

/** Sections of several files as if they stood in one: of a key that stands twice the later wins. */
export function mergeInis(files: readonly ReadonlyMap<string, Section>[]): ReadonlyMap<string, Section> {
  const merged = new Map<string, Section>();
  for (const section of files.flatMap((file) => [...file.values()])) {
    const known = merged.get(section.name) ?? {...section, entries: new Map()};
    for (const entry of section.entries.values()) known.entries.set(entry.key, entry);
    merged.set(section.name, known);
  }
  return merged;
}

/** Programs by group. */
function groupsOf(sections: ReadonlyMap<string, Section>): ReadonlyMap<string, readonly string[]> {
  return new Map(
    [...sections.values()].flatMap(({name, entries}) => {
      const group = /^group:(.*)$/s.exec(name)?.[1]?.trim();
      const programs = entries
        .get('programs')
        ?.value.split(',')
        .map((each) => each.trim());
      return group === undefined ? [] : [[group, programs ?? []] as const];
    }),
  );
}

function appsOf(
  sections: ReadonlyMap<string, Section>,
  groups: ReadonlyMap<string, readonly string[]>,
  members: ReadonlyMap<string, Member>,
  remark: (remark: Remark) => void,
): readonly ImportedApp[] {
  const grouped = new Set<string>();
  const apps: (ImportedApp | undefined)[] = [];
  for (const [group, names] of groups) {
    const mine = names.flatMap((name) => members.get(name) ?? []);
    const section = sections.get(`group:${group}`);
    const whole = mine.filter(serves).length <= 1;
    if (section !== undefined && mine.length > 0) remark(groupRemark(section, memberName(group), whole));
    if (!whole) continue;
    apps.push(appOf(memberName(group), mine));
    names.forEach((name) => grouped.add(name));
  }
  for (const [name, member] of members) {
    if (!grouped.has(name)) apps.push(appOf(member.name, [member]));
  }
  return apps.filter((app) => app !== undefined);
}

function groupRemark({file, line, name}: Section, app: string, whole: boolean): Remark {
  return {
    file,
    line,
    what: `[${name}]`,
    fate: whole ? 'taken' : 'changed',
    text: whole ? `the app ${app}` : 'several of its programs serve: each is an app of its own',
  };
}

const OWN = 'appsup needs no such setting';
const SECTIONS: readonly (readonly [RegExp, Remark['fate'], string])[] = [
  [/^supervisord$/, 'dropped', `${OWN}; its environment and umask count for each program`],
  [/^(unix_http_server|supervisorctl|rpcinterface:|ctlplugin:)/, 'dropped', OWN],
  [/^inet_http_server/, 'dropped', 'there is no TCP control port'],
  [/^include$/, 'dropped', 'other files are not looked for: name them all on the command line'],
  [/^fcgi-program:/, 'refused', 'FastCGI is not served'],
  [/^eventlistener:/, 'refused', 'it speaks to supervisord itself; see: appsup events, and [notify]'],
];

function noteSection(section: Section, remark: (remark: Remark) => void): void {
  if (section.name.startsWith('group:')) return;
  const [, fate, text] = SECTIONS.find(([pattern]) => pattern.test(section.name)) ?? [
    undefined,
    'unknown' as const,
    'supervisord has no such section',
  ];
  const files = section.name === 'include' ? `: ${section.entries.get('files')?.value ?? ''}` : '';
  remark({file: section.file, line: section.line, what: `[${section.name}]`, fate, text: text + files});
}

function inOrder(remarks: readonly Remark[], sections: ReadonlyMap<string, Section>): readonly Remark[] {
  const files = [...new Set([...sections.values()].map(({file}) => file))];
  // [supervisord] speaks for each program: its remarks come once.
  const once = new Map(remarks.map((each) => [JSON.stringify(each), each]));
  return [...once.values()].toSorted(
    (a, b) => files.indexOf(a.file) - files.indexOf(b.file) || a.line - b.line,
  );
}
