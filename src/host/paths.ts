/** Where a profile's files lie. On the path of every verb: nothing here may cost start-up time. */
import { isAbsolute, join, resolve } from 'node:path'
import envPaths from 'env-paths'
import { HostError } from './host-error.ts'

export interface ProfilePaths {
  profile: string
  /** Directories, not made yet; see `ensurePrivateDir`. */
  config: string
  data: string
  state: string
  /** Holds the socket, and nothing that outlives the daemon. */
  runtime: string
  configFile: string
  /** LevelDB's directory; its lock is the daemon's. */
  store: string
  /** The device's token, where the keychain does not hold it. */
  tokenFile: string
  /** Names the running daemon's socket, pid and version, for people and `doctor`. */
  daemonFile: string
  logFile: string
  /** The daemon's local socket; on Windows a named pipe. */
  socket: string
}

export interface PathOptions {
  env: Readonly<Record<string, string | undefined>>
  platform: NodeJS.Platform
  /** The platform's own directories for `im`; what `env-paths` says by default. */
  base?: BaseDirs
}

/** As `env-paths` names them; on Linux `log` is the XDG state directory. */
export interface BaseDirs {
  config: string
  data: string
  log: string
}

export const DEFAULT_PROFILE = 'default'

/**
 * Bytes a socket's path may have, without the final NUL: Node cuts longer ones off in silence.
 * unix(7): 108 with the NUL on Linux, 104 on macOS and the BSDs.
 */
const SOCKET_PATH_BYTES = { linux: 107, others: 103 } as const

/**
 * The same for cron, ssh and desktop: XDG_RUNTIME_DIR and TMPDIR differ between them and are not looked at. The socket
 * lies with the profile's state; where that path is too long it moves to a directory of its own under /tmp.
 */
export function profilePaths(options: PathOptions & { profile: string }): ProfilePaths {
  const profile = checkedProfile(options.profile)
  const { config, data, state } = profileDirs(profile, options)
  return {
    profile,
    config,
    data,
    state,
    configFile: join(config, 'config.toml'),
    store: join(data, 'store'),
    tokenFile: join(data, 'token.json'),
    daemonFile: join(data, 'daemon.json'),
    logFile: join(state, 'daemon.log'),
    ...socketPlace(join(state, 'run'), 'daemon', data, options.platform),
  }
}

/** The operator's socket of the relay on this data directory; elsewhere when that path is too long. */
export function relaySocket(dataDir: string, platform: NodeJS.Platform): string {
  const data = resolve(dataDir)
  return socketPlace(join(data, 'run'), 'admin', data, platform).socket
}

/** Where `im relay start` keeps its store unless told otherwise. No profile may be called `relay`. */
export function relayDataDir(options: PathOptions): string {
  const home = imHome(options.env)
  return home === null ? join(platformDirs(options).data, 'relay') : join(home, 'relay')
}

function checkedProfile(name: string): string {
  if (!/^[a-z0-9_-]{1,32}$/.test(name))
    throw new HostError('usage', `A profile's name is 1 to 32 of a-z, 0-9, _ and -, not ${JSON.stringify(name)}.`)
  if (name === 'relay')
    throw new HostError('usage', 'No profile can be called "relay": the relay keeps its data there.')
  return name
}

function profileDirs(profile: string, options: PathOptions): Pick<ProfilePaths, 'config' | 'data' | 'state'> {
  const home = imHome(options.env)
  if (home !== null) {
    const own = join(home, profile)
    return { config: join(own, 'config'), data: join(own, 'data'), state: join(own, 'state') }
  }
  const base = platformDirs(options)
  return { config: join(base.config, profile), data: join(base.data, profile), state: join(base.log, profile) }
}

/** An empty variable is unset. */
function imHome(env: PathOptions['env']): string | null {
  return env.IM_HOME ? resolve(env.IM_HOME) : null
}

/** Refuses a relative directory (XDG allows none): each working directory would get a daemon of its own. */
function platformDirs({ base = envPaths('im', { suffix: '' }) }: PathOptions): BaseDirs {
  for (const dir of [base.config, base.data, base.log]) {
    if (!isAbsolute(dir))
      throw new HostError('usage', `HOME and the XDG_*_HOME variables must be absolute paths; one gives "${dir}".`)
  }
  return base
}

function socketPlace(
  runtime: string,
  name: string,
  data: string,
  platform: NodeJS.Platform,
): { runtime: string; socket: string } {
  if (platform === 'win32') return { runtime, socket: `\\\\.\\pipe\\im-${name}-${digest(data)}` }

  const socket = join(runtime, `${name}.sock`)
  const longest = platform === 'linux' ? SOCKET_PATH_BYTES.linux : SOCKET_PATH_BYTES.others
  if (Buffer.byteLength(socket) <= longest) return { runtime, socket }

  const moved = `/tmp/im-${process.getuid?.() ?? 0}-${digest(data)}`
  return { runtime: moved, socket: `${moved}/${name}.sock` }
}

function digest(path: string): string {
  // Imported, it would cost every start 2 ms, for the few whose path is too long.
  const { createHash } = process.getBuiltinModule('node:crypto')
  return createHash('sha256').update(path).digest('hex').slice(0, 16)
}
