import { rm } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { DESKTOP_VARIABLES } from '../host/caller-variables.ts'
import { type Config, readConfig } from '../host/config.ts'
import type { Host } from '../host/host.ts'
import { openLog } from '../host/log.ts'
import { nodeHost } from '../host/node-host.ts'
import type { ProfilePaths } from '../host/paths.ts'
import { ensurePrivateDir } from '../host/private-dir.ts'
import { writePrivateFile } from '../host/private-file.ts'
import { openSecrets } from '../host/secrets.ts'
import { ImError } from '../protocol/errors.ts'
import { BUILD, DEFAULT_RELAY, IM_VERSION } from '../protocol/version.ts'
import type { DaemonRepairView } from '../protocol/views.ts'
import { openStore } from '../store/account-store.ts'
import { openLevelEngine } from '../store/level-engine.ts'
import { refuseHalfPlaced } from '../store/place.ts'
import { type Store, StoreError } from '../store/store.ts'
import { tryTablesIn } from '../store/try-tables.ts'
import { FileWitness } from '../store/witness.ts'
import type { DaemonOptions, DaemonSettings } from './core.ts'
import { createDaemon } from './daemon.ts'
import { toImError } from './errors.ts'
import { connectRelay } from './link/relay-connect.ts'
import { serveLocal } from './local-server.ts'
import { loginInChild } from './login/login-work.ts'
import { repairDaemonStore as repair } from './mirror/repair.ts'
import { DAEMON_MIGRATIONS } from './mirror/store-format.ts'
import { desktopNotifier } from './notifications/desktop.ts'
import { COMMAND_LIMIT_MS, NotifyCommand } from './notifications/notify-command.ts'
import { terminalOpener } from './notifications/open-terminal.ts'
import { reachWith } from './notifications/reach.ts'
import { terminalNotifier } from './notifications/terminal-notice.ts'
import { commandRunner, type RunCommand } from './run-command.ts'

export { probeRelay } from './link/probe-relay.ts'

/** Makes the damaged store of a daemon that is stopped whole. */
export function repairDaemonStore(dataDir: string, now: number): Promise<DaemonRepairView> {
  return repair(dataDir, now, tryTablesIn(new URL('./table-child.js', import.meta.url)))
}

export interface RunOptions {
  paths: ProfilePaths
  env: Readonly<Record<string, string | undefined>>
  debug: boolean
  /** Stops it; SIGTERM and SIGINT do too. */
  signal: AbortSignal
}

/** Below this much free disk changes are refused. */
const RESERVE_BYTES = 256 * 2 ** 20

/** The daemon of one profile, in this process, until it is stopped. Resolves with the exit code. */
export async function runDaemon({ paths, env, debug, signal }: RunOptions): Promise<number> {
  for (const dir of [paths.data, paths.state]) ensurePrivateDir(dir)
  using log = await openLog({ to: { file: paths.logFile }, debug })
  const host = nodeHost({ log })
  const stopped = stopSignal(signal)
  try {
    const config = await readConfig(paths.configFile)
    const store = await openProfileStore(paths, host)
    const command = config.get('notify.command')
    const run = commandRunner(env, host.timers, COMMAND_LIMIT_MS)
    const notifyCommand = command === null ? null : new NotifyCommand({ command, run, host })
    const machine = machineOf({ paths, env, host, config, notifyCommand })
    const daemon = await createDaemon({ ...machine, host, store, onStop: stopped.stop })
    // First, so that nobody is answered before the keys of the account have been read.
    await daemon.start()
    // Before anybody can reach it: what one that was killed has left there would have this one taken for that one.
    const about = { v: 1, socket: paths.socket, pid: process.pid, version: IM_VERSION, build: BUILD }
    await writePrivateFile(paths.daemonFile, `${JSON.stringify(about)}\n`)
    const server = await serveLocal(paths.socket, daemon, host)
    log.info('daemon started', { pid: process.pid, version: IM_VERSION })

    const broken = await Promise.race([stopped.promise, store.failed])
    await server.close(1001, 'the daemon stops')
    await daemon.close()
    notifyCommand?.close()
    await rm(paths.daemonFile, { force: true })
    // A handle that failed a write is never written again; what it holds is read anew by the next process.
    if (broken === null) await store.close()
    log.info('daemon stopped', { clean: broken === null })
    return broken === null ? 0 : toImError(broken).exit
  } catch (error) {
    const known = toImError(error)
    log.error('daemon not started', { code: known.code, error })
    throw known
  } finally {
    stopped.forget()
  }
}

interface Given extends Pick<RunOptions, 'paths' | 'env'> {
  host: Host
  config: Config
  notifyCommand: NotifyCommand | null
}

/** What a daemon takes from this machine and its profile's settings. */
function machineOf({
  paths,
  env,
  host,
  config,
  notifyCommand,
}: Given): Omit<DaemonOptions, 'host' | 'store' | 'onStop'> {
  const { platform } = process
  const { timers } = host
  return {
    secrets: (choice) => openSecrets({ choice, account: paths.data, filePath: paths.tokenFile, env, platform, timers }),
    notifier: reachWith({
      desktop: desktopNotifier({ env, platform, timers }),
      terminal: terminalNotifier(env),
      command: notifyCommand,
    }),
    openTerminal: terminalOpener({
      env,
      platform,
      timers,
      configured: config.get('terminal'),
      self: selfCommand(paths.profile, env),
    }),
    connect: connectRelay(host, config.get('relay-ca')),
    loadLogin: async () => loginInChild(new URL('./login-child.js', import.meta.url), timers),
    version: IM_VERSION,
    profile: paths.profile,
    deviceName: deviceName(),
    defaultRelay: env.IM_RELAY || config.get('relay') || DEFAULT_RELAY,
    settings: settingsOf(config, commandRunner(env, timers)),
    desktop: Object.fromEntries(DESKTOP_VARIABLES.map((name) => [name, env[name]])),
    process: {
      pid: process.pid,
      socket: paths.socket,
      rssBytes: () => process.memoryUsage.rss(),
      notifyFailure: () => notifyCommand?.failure ?? null,
    },
  }
}

async function openProfileStore(paths: ProfilePaths, host: Host): Promise<Store> {
  await refuseHalfPlaced(paths.data)
  const engine = await openEngine(paths.store)
  const reserve = { freeBytes: () => host.disk.freeBytes(paths.data), minBytes: RESERVE_BYTES, clock: host.clock }
  const witness = new FileWitness(join(paths.data, 'witness'))
  return openStore({ engine, kind: 'daemon', witness, migrations: DAEMON_MIGRATIONS, reserve })
}

/** The store's lock is the profile's: a second daemon ends here. */
async function openEngine(path: string) {
  try {
    return await openLevelEngine(path)
  } catch (error) {
    if (!(error instanceof StoreError) || error.reason !== 'locked') throw error
    throw new ImError('IO', 'A daemon of this profile is running already.', { hint: 'im daemon status', cause: error })
  }
}

function settingsOf(config: Config, run: RunCommand): DaemonSettings {
  return {
    tokenStore: config.get('token-store'),
    notify: {
      messages: config.get('notify.messages'),
      friends: config.get('notify.friends'),
      preview: config.get('notify.preview'),
    },
    snooze: config.get('notify.snooze'),
    active: config.get('presence.active'),
    run: config.get('run.enabled') ? run : null,
  }
}

/** Runs this program for this profile, also from where nothing of this environment is inherited. */
function selfCommand(profile: string, env: RunOptions['env']): readonly string[] {
  const home = env.IM_HOME ? ['env', `IM_HOME=${resolve(env.IM_HOME)}`] : []
  return [...home, process.execPath, process.argv[1] ?? '', '--profile', profile]
}

/** What the owner's other devices call this one. */
function deviceName(): string {
  return hostname().slice(0, 64) || 'unnamed'
}

function stopSignal(signal: AbortSignal): { promise: Promise<null>; stop: () => void; forget: () => void } {
  let stop = () => {}
  const promise = new Promise<null>((resolve) => {
    stop = () => resolve(null)
  })
  const names = ['SIGTERM', 'SIGINT'] as const
  for (const name of names) process.once(name, stop)
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  const forget = () => {
    for (const name of names) process.off(name, stop)
  }
  return { promise, stop, forget }
}
