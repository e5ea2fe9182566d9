// Who may import whom, types included. test/architecture.ts holds the sources to it; ARCHITECTURE.md tells the story.

/** For each room of src/: the rooms or files that it may import besides itself and src/errors.ts, and why no more. */
const rooms = {
  core: {may: [], why: 'Decisions are pure: the same input gives the same answer, on any machine'},
  system: {may: ['core'], why: 'Adapters know the operating system, and nothing of what they are used for'},
  config: {may: ['core', 'system'], why: 'Text becomes data here, whoever asks'},
  ports: {may: ['core', 'system'], why: 'Leases outlive supervisors, and the command line reads them too'},
  launch: {may: ['core', 'system'], why: 'From a spec to argv and environment; starting it is the supervisor’s'},
  logs: {may: ['core', 'system'], why: 'Files are read and rotated whether or not their writer lives'},
  schedule: {may: ['core', 'system'], why: 'When something is due; running it is the supervisor’s'},
  frontend: {may: ['core', 'system'], why: 'Snippets are text made from data'},
  export: {may: ['core'], why: 'Texts for other engines are made from data alone'},
  boot: {may: ['core', 'system'], why: 'The crontab block must be removable when nothing else works'},
  gateway: {may: ['core', 'system'], why: 'The gateway is a process of its own, which the supervisor’s death must not touch'},
  supervisor: {
    may: ['core', 'system', 'config', 'ports', 'launch', 'logs', 'schedule', 'control/api.ts'],
    why: 'The supervisor drives these, and does not know who commands it',
  },
  notify: {
    may: ['core', 'system', 'config/notify.ts', 'control/api.ts', 'launch/mask.ts'],
    why: 'Telling somebody knows what happened, and cannot make anything happen',
  },
  control: {may: ['core', 'system'], why: 'The socket carries the interface; who implements it is handed in'},
  compat: {may: ['core', 'config', 'system/paths.ts', 'launch/secrets.ts', 'control/api.ts'], why: 'Old clients see what new clients see'},
  dashboard: {
    may: ['core', 'control/api.ts', 'cli/format.ts', 'cli/printable.ts'],
    why: 'A screen knows the interface, not the supervisor; it shows things as the tables of the command line do',
  },
  web: {may: ['core', 'control/api.ts'], why: 'A page knows the interface, not the supervisor'},
  doctor: {
    may: ['core', 'system', 'config', 'ports', 'launch', 'logs', 'frontend', 'boot', 'control/api.ts'],
    why: 'The doctor must be able to speak when no supervisor starts',
  },
  admin: {
    may: ['core', 'system', 'config', 'ports', 'frontend'],
    why: 'What root does for all users is made of texts and facts, and of no supervisor',
  },
  cli: {
    may: [
      ...['core', 'system', 'config', 'ports', 'launch', 'logs', 'frontend', 'export', 'boot'],
      ...['admin', 'compat', 'dashboard', 'doctor'],
      ...['control/api.ts', 'control/client.ts', 'control/protocol.ts', 'gateway/routes.ts', 'notify/letter.ts'],
    ],
    why: 'Commands reach the supervisor through its socket only',
  },
  daemon: {
    may: [
      ...['core', 'system', 'config', 'ports', 'launch', 'logs', 'schedule', 'frontend', 'boot'],
      ...['supervisor', 'control', 'notify', 'compat', 'web', 'gateway/routes.ts'],
    ],
    why: 'The composition root sees what it composes, and no terminal',
  },
};

const own = (name) => (name.endsWith('.ts') ? `^src/${name.replace('.', '\\.')}$` : `^src/${name}/`);

const roomRules = Object.entries(rooms).map(([room, {may, why}]) => ({
  name: `${room}-imports`,
  comment: `${why}.`,
  severity: 'error',
  from: {path: own(room)},
  to: {path: '^src/', pathNot: [room, 'errors.ts', ...(room === 'core' ? [] : ['version.ts']), ...may].map(own)},
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...roomRules,
    {
      name: 'core-is-pure',
      comment: 'core has no node:, no package, nothing that could look at the world.',
      severity: 'error',
      from: {path: own('core')},
      to: {pathNot: '^src/'},
    },
    {
      name: 'errors-imports-nothing',
      comment: 'Every room may import src/errors.ts, so it must drag nothing in.',
      severity: 'error',
      from: {path: own('errors.ts')},
      to: {},
    },
    {
      name: 'rooms-are-known',
      comment: 'A new folder of src/ needs a line in the table above.',
      severity: 'error',
      from: {path: '^src/[^/]+/', pathNot: Object.keys(rooms).map(own)},
      to: {},
    },
    {
      name: 'main-is-the-outside',
      comment: 'Main modules choose the real adapters and hand them in: who imports one has chosen, too.',
      severity: 'error',
      from: {},
      to: {path: '^src/[^/]+/main\\.ts$'},
    },
    {
      name: 'one-door-to-the-terminal',
      comment: 'blessed is as old as it is; what knows it is one file, which one verb loads.',
      severity: 'error',
      from: {path: '^src/', pathNot: '^src/dashboard/terminal\\.ts$'},
      to: {path: 'node_modules/(@types/)?blessed/'},
    },
    {
      name: 'no-cycles',
      comment: 'A circle has no first file to read, and no part that can be tested alone.',
      severity: 'error',
      from: {},
      to: {circular: true},
    },
    {
      name: 'only-what-is-installed',
      comment: 'What src/ imports must be there for users: a dependency, and not one of development.',
      severity: 'error',
      from: {path: '^src/'},
      to: {dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown']},
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere would escape every other rule.',
      severity: 'error',
      from: {},
      to: {couldNotResolve: true},
    },
  ],
  options: {
    doNotFollow: {path: 'node_modules'},
    // Types bind rooms together just as values do.
    tsPreCompilationDeps: true,
    tsConfig: {fileName: 'tsconfig.json'},
    enhancedResolveOptions: {exportsFields: ['exports'], conditionNames: ['import', 'require', 'node', 'default', 'types']},
  },
};
