/** Unit files for systemd. */
import { join } from 'node:path'
import { MADE_BY, type ServiceFile, type ServiceSpec } from './service.ts'

/** One word of a command line: quotes and backslashes as in C, `%` is a specifier and `$` a variable unless doubled. */
export function execWord(word: string): string {
  return quoted(word).replaceAll('$', '$$$$')
}

function quoted(text: string): string {
  const escaped = text.replaceAll('%', '%%').replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return /^[A-Za-z0-9_@%+=:,./-]+$/.test(escaped) ? escaped : `"${escaped}"`
}

/** systemd looks up a bare program name itself; the first word must be no variable, and no prefix like `-` or `@`. */
function execLine(argv: readonly string[]): string {
  return argv.map(execWord).join(' ')
}

function environment(env: ServiceSpec['env']): string[] {
  return env.map(([name, value]) => `Environment=${quoted(`${name}=${value}`)}`)
}

/** The daemon, for one user. No sandbox: it runs the user's own commands and talks to the desktop. */
export function userUnit({ description, argv, env }: ServiceSpec): string {
  return [
    `# ${MADE_BY} daemon install; im daemon uninstall removes it.`,
    '[Unit]',
    `Description=${description}`,
    // A daemon that cannot run is given up after five tries.
    'StartLimitIntervalSec=120',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=exec',
    `ExecStart=${execLine(argv)}`,
    ...environment(env),
    'Restart=on-failure',
    'RestartSec=5',
    // A wrong command line stays wrong.
    'RestartPreventExitStatus=2',
    'TimeoutStopSec=20',
    'UMask=0077',
    '',
    '[Install]',
    'WantedBy=default.target',
    '',
  ].join('\n')
}

export function systemdUserService(spec: ServiceSpec, configHome: string): ServiceFile {
  const unit = `${spec.name}.service`
  const systemctl = (...args: string[]) => ['systemctl', '--user', ...args] as const
  return {
    manager: 'systemd',
    unit,
    path: join(configHome, 'systemd', 'user', unit),
    text: userUnit(spec),
    encoding: 'utf8',
    probe: systemctl('show-environment'),
    load: [systemctl('daemon-reload'), systemctl('enable', unit), systemctl('restart', unit)],
    start: systemctl('start', '--no-block', unit),
    stop: systemctl('stop', unit),
    unload: [systemctl('disable', '--now', unit)],
    forget: [systemctl('daemon-reload')],
  }
}

export interface RelayUnit {
  argv: readonly string[]
  /** Below /var/lib, or anywhere else that the unit may then write to. */
  dataDir: string
  /** A port below 1024. */
  isLowPort: boolean
  /** It has a certificate that SIGHUP reads again. */
  hasCertificate: boolean
  /** Something it reads lies in somebody's home. */
  readsHome: boolean
}

export const RELAY_USER = 'im-relay'
export const RELAY_UNIT = 'im-relay.service'

/** A system user of its own, whom nobody can log in as. */
export function relaySysusers(dataDir: string): string {
  return [`# ${MADE_BY} relay install.`, `u ${RELAY_USER} - "im relay" ${dataDir}`, ''].join('\n')
}

/**
 * The relay, with nothing it does not need. Not MemoryDenyWriteExecute: V8 compiles to memory that it then runs. A fixed
 * user and not DynamicUser: the data directory would become a link, and the operator's verbs could not be run as that user.
 */
export function relayUnit({ argv, dataDir, isLowPort, hasCertificate, readsHome }: RelayUnit): string {
  const state = /^\/var\/lib\/([A-Za-z0-9_-]+)$/.exec(dataDir)?.[1]
  const capability = isLowPort ? 'CAP_NET_BIND_SERVICE' : ''
  return [
    `# ${MADE_BY} relay install.`,
    '[Unit]',
    'Description=im relay: backup messages, written now and sent later',
    'Wants=network-online.target',
    'After=network-online.target',
    'StartLimitIntervalSec=120',
    'StartLimitBurst=5',
    '',
    '[Service]',
    'Type=exec',
    `User=${RELAY_USER}`,
    `Group=${RELAY_USER}`,
    `ExecStart=${execLine(argv)}`,
    ...(hasCertificate ? ['ExecReload=/bin/kill -HUP $MAINPID'] : []),
    'Restart=on-failure',
    'RestartSec=2',
    'RestartPreventExitStatus=2',
    // It drains for ten seconds at most.
    'TimeoutStopSec=20',
    'LimitNOFILE=65536',
    'UMask=0077',
    ...(state === undefined
      ? [`ReadWritePaths=${quoted(dataDir)}`]
      : [`StateDirectory=${state}`, 'StateDirectoryMode=0700']),
    '',
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    `ProtectHome=${readsHome ? 'read-only' : 'yes'}`,
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'ProtectClock=yes',
    'ProtectControlGroups=yes',
    'ProtectHostname=yes',
    'ProtectKernelLogs=yes',
    'ProtectKernelModules=yes',
    'ProtectKernelTunables=yes',
    'ProtectProc=invisible',
    'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'RemoveIPC=yes',
    'LockPersonality=yes',
    `CapabilityBoundingSet=${capability}`,
    `AmbientCapabilities=${capability}`,
    'SystemCallArchitectures=native',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    'SystemCallErrorNumber=EPERM',
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n')
}
