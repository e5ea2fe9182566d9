import type {Remark} from '../imported.ts';

type Fate = readonly [Remark['fate'], string];

const LOG = 'appsup logs shows what it prints, and [logs] bounds it';
const BOOT = 'what you have started comes back after a reboot: appsup boot install';
const CHECK = 'health = { ... } says when it counts as running, and whether it is asked again';
const ROOT = 'needs root, so it is not carried over';
const OTHER_SOCKET = 'only sockets of a stream can be held';

/** Directives that nothing stands for, and why, in `Section.Key`; the first pattern that matches counts. */
const DROPPED: readonly (readonly [RegExp, Remark['fate'], string])[] = [
  [/^Unit\.(Description|Documentation|SourcePath)$/, 'dropped', 'it has no effect'],
  [/^Unit\.(Condition|Assert)/, 'dropped', 'say it in the program, or start it when it holds'],
  [/^Unit\.On(Failure|Success)/, 'dropped', '[notify] in config.toml tells of failures'],
  [
    /^Unit\.(Before|Conflicts|PartOf|Upholds|PropagatesReloadTo|JoinsNamespaceOf)$/,
    'dropped',
    'name what has to be there first: after = ["..."]',
  ],
  [/^Unit\.RequiresMountsFor$/, 'dropped', 'a program whose directory is not there is tried again'],
  [
    /^Unit\.StartLimit(Interval|IntervalSec|Action)$/,
    'dropped',
    'give_up counts quick failures in a row, over any time',
  ],
  [/^Unit\./, 'dropped', 'it concerns the order of the host'],
  [/^Install\./, 'dropped', BOOT],
  [/^Service\.PIDFile$/, 'dropped', 'the process that is started is the one that is watched'],
  [
    /^Service\.(GuessMainPID|RemainAfterExit|BusName|NotifyAccess|NonBlocking|FileDescriptorStoreMax|ExitType)$/,
    'dropped',
    'the process that is started is the one that is watched',
  ],
  [/^Service\.(Standard(Output|Error)|Syslog\w*|Log\w+)$/, 'dropped', LOG],
  [/^Service\.(StandardInput\w*|TTY\w*)$/, 'dropped', 'a program has no terminal and an empty input'],
  [
    /^Service\.(SendSIGKILL|SendSIGHUP|FinalKillSignal|WatchdogSignal)$/,
    'dropped',
    'what does not end in its time is killed',
  ],
  [/^Service\.(WatchdogSec|StartupWatchdogSec)$/, 'dropped', CHECK],
  [
    /^Service\.(SuccessExitStatus|RestartPreventExitStatus|RestartForceExitStatus)$/,
    'dropped',
    'only 0 is a success',
  ],
  [/^Service\.(ExecStop|ExecStopPost)$/, 'dropped', 'stop_signal and stop_timeout say how it is stopped'],
  [/^Service\.(ExecStartPost|ExecCondition)$/, 'dropped', CHECK],
  [
    /^Service\.(Group|SupplementaryGroups|DynamicUser)$/,
    'dropped',
    'everything runs as you, with your groups',
  ],
  [/^Service\.(PassEnvironment|UnsetEnvironment)$/, 'dropped', 'the environment is built and not inherited'],
  [
    /^Service\.(TimeoutAbortSec|TimeoutStartFailureMode|TimeoutStopFailureMode|ReloadSignal)$/,
    'dropped',
    'ready_timeout, stop_timeout and reload_signal say it',
  ],
  [
    /^Service\.(Private|Protect|Restrict|System|Capabilit|Ambient|NoNewPrivileges|Read(Only|Write)|Inaccessible|Exec(Paths|SearchPath)|NoExec|LockPersonality|MemoryDeny|RemoveIPC|Keyring|Secure|Root|Bind|Mount|Temporary|Load(Cred)|SetCred|Personality|SELinux|AppArmor|Smack|PAM|Utmp|IgnoreSIGPIPE|Mountflags|ConfigurationDirectory|Timer|User|Proc)/,
    'dropped',
    ROOT,
  ],
  [
    /^Service\.(CPU|IO|Block|Tasks|Slice|Delegate|Device|IP|OOM|Memory|Allowed|Disable|Startup|Managed|NUMA|Net)/,
    'dropped',
    ROOT,
  ],
  [/^Service\.Limit/, 'dropped', 'limits = { ... } has memory, nofile, nproc and core'],
  [/^Service\.\w+DirectoryMode$/, 'dropped', 'only you may enter it'],
  [/^Service\.RuntimeDirectoryPreserve$/, 'dropped', 'it stays'],
  [
    /^Socket\.(SocketUser|SocketGroup|SocketMode|DirectoryMode)$/,
    'dropped',
    'only the web server’s account may connect to the Unix socket',
  ],
  [/^Socket\.Listen/, 'refused', OTHER_SOCKET],
  [/^Socket\./, 'dropped', 'the socket is held with the settings that web servers need'],
];

/** What becomes of a directive that is not read; a section or a key that systemd has never read is `unknown`. */
export function fateOf(section: string, key: string): Fate {
  if (section.startsWith('X-') || key.startsWith('X-')) return ['dropped', 'it is for other tools'];
  if (section === '') return ['unknown', 'a line before the first [Section]'];
  if (key === '') return ['unknown', 'expected Key=value'];
  const [, fate, text] = DROPPED.find(([pattern]) => pattern.test(`${section}.${key}`)) ?? [];
  return fate === undefined || text === undefined ? ['unknown', 'nothing is known of it here'] : [fate, text];
}
