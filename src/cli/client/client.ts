/** The one way to the daemon: find it, start it where none runs, say hello and call in one breath. */
import { readFileSync } from 'node:fs'
import { compareVersions } from '../../domain/compare-versions.ts'
import type { ProfilePaths } from '../../host/paths.ts'
import { type ErrorData, ImError, toErrorData } from '../../protocol/errors.ts'
import type { LocalEvents, LocalHello, LocalMethod, LocalParams, LocalResults } from '../../protocol/local-api.ts'
import { BUILD, IM_VERSION } from '../../protocol/version.ts'
import type { DaemonView } from '../../protocol/views.ts'
import { createPeer } from '../../rpc/json-rpc-peer.ts'
import { type Channel, LinkLost, type Peer } from '../../rpc/peer.ts'
import type { Io } from '../io.ts'
import { callerPlace } from './caller-place.ts'
import { dial, unanswered, whenEnded } from './dial.ts'
import { type TimeLimit, timeLimit, unlessAborted } from './time-limit.ts'
import { callerZone } from './zone.ts'

export interface Connection {
  call<M extends LocalMethod>(method: M, params: LocalParams<M>): Promise<LocalResults[M]>
  /** Receives every event of this name from now on. */
  on<E extends keyof LocalEvents>(event: E, take: (params: LocalEvents[E]) => void): void
  /** Resolves when the daemon has gone, or `close` was called. */
  readonly closed: Promise<void>
  close(): void
}

export interface ConnectOptions {
  io: Io
  paths: ProfilePaths
  /** Null: as long as it takes. */
  timeoutMs: number | null
  /** How long a daemon that runs may take to answer; null: until `timeoutMs` is over. */
  answerMs?: number | null
  /** Told what happens, for --debug. */
  trace?: (line: string) => void
  /** The daemon itself ends a wait after `timeoutMs`, and says how things stand then. */
  daemonWaits?: boolean
  /** Never starts one: DAEMON_UNREACHABLE instead. */
  onlyRunning?: boolean
  /** Its calls come by themselves, and say nothing of a person at the terminal. */
  unattended?: boolean
  /** Talks also to a daemon of another version, and leaves it alone. */
  anyVersion?: boolean
}

/** How much longer than `--timeout` the daemon has to say how its wait ended. */
const ANSWER_GRACE_MS = 1_000

/** Begins to connect at once; whether that works shows at the first call. */
export function openDaemon(options: ConnectOptions): Connection {
  const { io, timeoutMs } = options
  const limitMs = timeoutMs === null ? null : timeoutMs + (options.daemonWaits ? ANSWER_GRACE_MS : 0)
  const takers = new Map<string, ((params: never) => void)[]>()
  let opened: Promise<Peer> | null = null
  let opening: TimeLimit | null = null
  /** The user's interrupt, from the first call on. */
  let stop: AbortSignal | null = null

  const limited = (): AbortSignal => {
    opening ??= timeLimit(io, limitMs)
    return opening.signal
  }
  const session = (): Promise<Peer> => {
    opened ??= openPeer(options, limited, (event, params) => {
      for (const take of takers.get(event) ?? []) take(params as never)
    }).finally(() => opening?.cancel())
    return opened
  }
  const close = (): void => {
    opened?.then(
      (peer) => peer.close(),
      () => {},
    )
  }
  return {
    async call(method, params) {
      const peer = await session()
      // Whoever has been interrupted, as in an editor between two calls, changes nothing any more.
      stop?.throwIfAborted()
      const answering = peer.call(method, params)
      // What a limit costs a short verb, 0.8 ms (measured), it costs while the daemon is at work.
      await sent(answering)
      stop ??= io.interrupted()
      // Of each call: a person may take their time between two of them.
      const limit = timeLimit(io, limitMs, { stop })
      const answerBy = timeLimit(io, options.answerMs ?? null, { error: unanswered, stop: limit.signal })
      try {
        const answer = await unlessAborted(answering, answerBy.signal)
        options.trace?.(`${method} is answered`)
        return answer as LocalResults[typeof method]
      } catch (error) {
        if (error instanceof LinkLost) throw gone(options.paths, error)
        throw error
      } finally {
        answerBy.cancel()
        limit.cancel()
      }
    },
    on: (event, take) => takers.set(event, [...(takers.get(event) ?? []), take]),
    closed: session().then(
      async (peer) => {
        await peer.closed
      },
      () => {},
    ),
    close,
  }
}

/** What was written in this turn of the event loop leaves at its end. */
function sent(answering: Promise<unknown>): Promise<void> {
  // How it ends is told to whoever waits for it then.
  answering.catch(() => {})
  // biome-ignore lint/style/noRestrictedGlobals: no time passes; it is the event loop's own turn
  return new Promise((resolve) => setImmediate(resolve))
}

/** A daemon that has just been started is left so long to read what came meanwhile, where the relay answers. */
const SETTLE_MS = 1_000

/** Connects, replaces a daemon of an older version or build, and sends the hello; its answer is not waited for. */
async function openPeer(
  options: ConnectOptions,
  limited: () => AbortSignal,
  onEvent: (event: string, params: unknown) => void,
): Promise<Peer> {
  const { io, paths } = options
  let channel = await dial(paths.socket)
  let answeredBy: ((pid: number | null) => void) | null = null
  const mayStart = !options.onlyRunning && !io.env.IM_NO_AUTOSTART
  if (channel !== null && !options.anyVersion) {
    const about = written(paths)
    // One of the same version is better than none.
    const givesWay = about.version !== IM_VERSION || (mayStart && isOlderBuild(about) && !(await isKept(options)))
    if (givesWay) channel = await replaceOlder(channel, options, limited())
  }
  if (channel === null) {
    if (!mayStart) {
      throw new ImError('DAEMON_UNREACHABLE', 'no daemon runs for this profile', { hint: 'im daemon start' })
    }
    options.trace?.('no daemon runs; starting one')
    const { startDaemon } = await import('./start-daemon.ts')
    ;({ channel, answeredBy } = await startDaemon(options, limited()))
  }
  options.trace?.(`connected to ${paths.socket}`)
  const peer = peerOn(channel, io, onEvent)
  const hello = helloOf(io)
  peer.call('hello', options.unattended ? { ...hello, person: false } : hello).then(
    () => {},
    // The call that follows on the same connection tells.
    () => {},
  )
  if (answeredBy !== null) {
    const status = await peer.call('daemon.status', { settleMs: SETTLE_MS }, { signal: limited() })
    answeredBy((status as DaemonView).pid)
  }
  return peer
}

export interface Written {
  version: string
  /** When it was built, in ms; 0: it runs from its sources, or comes from a time when it was not noted. */
  build: number
  pid: number | null
}

/** What the running daemon wrote down; where it did not it is taken for one like this program. */
export function written(paths: ProfilePaths): Written {
  try {
    const about = JSON.parse(readFileSync(paths.daemonFile, 'utf8')) as { [K in keyof Written]?: unknown } | null
    const { version, build, pid } = about ?? {}
    return {
      version: typeof version === 'string' ? version : IM_VERSION,
      build: typeof build === 'number' ? build : 0,
      pid: typeof pid === 'number' ? pid : null,
    }
  } catch {
    return { version: IM_VERSION, build: BUILD, pid: null }
  }
}

/** Of this version, and from before this program was built: its files may be gone. */
export function isOlderBuild({ version, build }: Written): boolean {
  return version === IM_VERSION && build < BUILD
}

/** Whether what comes after it would be of the same older build. */
async function isKept({ io, paths }: ConnectOptions): Promise<boolean> {
  const { isKeptByAnother } = await import('../units/daemon-service.ts')
  return isKeptByAnother({ io, paths })
}

/** Stops a daemon that is older than this program; the caller starts another. */
async function replaceOlder(channel: Channel, options: ConnectOptions, signal: AbortSignal): Promise<null> {
  const { version, pid } = written(options.paths)
  if (compareVersions(version, IM_VERSION) > 0) {
    channel.close()
    throw new ImError('DAEMON_NEWER', `the daemon is im ${version}, this is ${IM_VERSION}`, {
      hint: 'use the newer im, or stop it: im daemon stop',
    })
  }
  const peer = peerOn(channel, options.io, () => {})
  const said = peer.call('hello', helloOf(options.io), { signal })
  await Promise.all([said, peer.call('daemon.stop', {}, { signal })]).catch(() => {})
  peer.close()
  await whenEnded(options.io, options.paths.socket, pid, signal)
  return null
}

function peerOn(channel: Channel, io: Io, onEvent: (event: string, params: unknown) => void): Peer {
  return createPeer(channel, {
    handle: (method, params) => onEvent(method, params),
    errorPayload: toErrorData,
    reviveError: (payload) => ImError.fromData({ hint: null, retryAfterMs: null, ...payload } as ErrorData),
    timers: io.timers,
  })
}

function helloOf(io: Io): LocalHello {
  return {
    version: IM_VERSION,
    zone: callerZone(io),
    person: io.stdin.isTTY === true || io.stderr.isTTY === true,
    desktop: callerPlace(io),
  }
}

function gone(paths: ProfilePaths, cause: unknown): ImError {
  return new ImError('DAEMON_UNREACHABLE', 'the daemon went away before it answered', {
    hint: `its log: ${paths.logFile}`,
    cause,
  })
}
