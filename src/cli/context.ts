import { DEFAULT_PROFILE, type ProfilePaths, profilePaths } from '../host/paths.ts'
import type { LocalMethod, LocalParams, LocalResults } from '../protocol/local-api.ts'
import { type Connection, openDaemon } from './client/client.ts'
import type { Io } from './io.ts'
import { createOutput, type Output } from './output/output.ts'
import type { Flags } from './tree/flags.ts'
import type { VerbSpec } from './tree/verb.ts'

export const DEFAULT_TIMEOUT_MS = 15_000

/** `im` alone never blocks: a daemon that is well answers in some milliseconds. */
const DASHBOARD_ANSWER_MS = 1_000

/** Everything a verb's body is given. */
export interface Context {
  io: Io
  verb: VerbSpec | null
  flags: Flags
  /** What stands after the verb, as declared in its `words`. */
  words: readonly string[]
  /** What stands after `--`, for the verbs that run a command. */
  command: readonly string[]
  out: Output
  paths: ProfilePaths
  /** Somebody is there who can be asked. */
  canAsk: boolean
  /** Null: for as long as it takes. */
  timeoutMs: number | null
  /** The connection to the daemon, opened (and the daemon started) at the first use. */
  daemon: () => Connection
  /** From the next use on it is another connection, to a daemon that runs: none is started. */
  reconnect: () => void
  call: <M extends LocalMethod>(method: M, params: LocalParams<M>) => Promise<LocalResults[M]>
  /** Closes what was opened. Idempotent. */
  close: () => void
}

export interface Invocation {
  verb: VerbSpec | null
  words: readonly string[]
  command: readonly string[]
  flags: Flags
  timeoutMs: number | null
  /** The daemon is asked to wait for something, up to `timeoutMs`. */
  daemonWaits: boolean
}

export function createContext(io: Io, invocation: Invocation): Context {
  const { flags, timeoutMs, daemonWaits } = invocation
  const answerMs = invocation.verb === null && flags.timeout === undefined ? DASHBOARD_ANSWER_MS : null
  const paths = profilePaths({ env: io.env, platform: io.platform, profile: profileName(io, flags) })
  const out = createOutput(io, flags)
  const trace = flags.debug ? { trace: (line: string) => out.talk(`im: debug: ${line}`) } : {}
  let connection: Connection | null = null
  let onlyRunning = false
  const daemon = (): Connection => {
    connection ??= openDaemon({ io, paths, timeoutMs, answerMs, daemonWaits, onlyRunning, ...trace })
    return connection
  }
  return {
    io,
    ...invocation,
    paths,
    out,
    canAsk: io.stdin.isTTY === true && io.stderr.isTTY === true && !flags.noInput && !io.env.IM_NO_INPUT,
    daemon,
    reconnect: () => {
      connection?.close()
      connection = null
      onlyRunning = true
    },
    call: (method, params) => daemon().call(method, params),
    close: () => connection?.close(),
  }
}

/** An empty variable is unset. */
function profileName(io: Io, flags: Flags): string {
  return flags.profile ?? (io.env.IM_PROFILE || DEFAULT_PROFILE)
}
