/**
 * Text frames over a Unix socket or a Windows named pipe, one per line (JSON text never holds a raw newline). A line
 * that begins with ':' is the last one and says how the channel ends: `:CODE REASON`.
 * The command line loads this file on every start: nothing is imported but what Node has loaded anyway.
 */
import { isUtf8 } from 'node:buffer'
import { chmodSync, lstatSync, mkdirSync, rmdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { dirname } from 'node:path'
import type { Channel } from './peer.ts'

/** What a server takes: no call is longer. */
export const MAX_LOCAL_FRAME_BYTES = 4 * 1024 * 1024

/** What a client takes from its own daemon: a list of 20,000 backups is one answer. */
const MAX_LOCAL_ANSWER_BYTES = 256 * 1024 * 1024

/** How long the other end may be silent after a close before the socket is torn down. */
const CLOSE_TIMEOUT_MS = 2_000
const MOST_TRIES = 5
const NEWLINE = 0x0a

/** Why a local socket cannot be used. Failures of connecting itself keep Node's `code` (ENOENT, ECONNREFUSED, …). */
export class LocalSocketError extends Error {
  readonly reason: 'path-too-long' | 'unsafe-directory' | 'in-use'
  constructor(reason: LocalSocketError['reason'], message: string) {
    super(message)
    this.name = 'LocalSocketError'
    this.reason = reason
  }
}

export interface ListenLocalOptions {
  /**
   * Replaces a socket file nobody listens on. Looking and replacing is not one step: two processes that do this at
   * once must be kept apart by a lock of the caller's.
   */
  unlinkStale?: boolean
}

export interface LocalServer {
  /** Connections open now. */
  readonly clients: number
  /** Stops listening, closes all channels and removes the socket file. Resolves when all are gone. */
  close(code?: number, reason?: string): Promise<void>
}

/** Whether the platform takes the path whole: Node cuts a longer one without a word. */
export function socketPathFits(path: string, platform: NodeJS.Platform = process.platform): boolean {
  const limit = platform === 'win32' ? 256 : platform === 'linux' ? 107 : 103
  return Buffer.byteLength(path) <= limit
}

/**
 * Listens at `path`, for this user only: the directory is made with 0700 or must already be so, ours and no link; the
 * file is 0600. Throws {@link LocalSocketError}, or the error of listening.
 */
export async function listenLocal(
  path: string,
  onChannel: (channel: Channel) => void,
  options: ListenLocalOptions = {},
): Promise<LocalServer> {
  refuseLongPath(path)
  const isFile = process.platform !== 'win32'
  const channels = new Set<Channel>()
  const server = createServer({ pauseOnConnect: true }, (socket) => {
    const channel = channelOn(socket, MAX_LOCAL_FRAME_BYTES)
    channels.add(channel)
    channel.closed.then(() => channels.delete(channel))
    onChannel(channel)
  })
  const listen = (): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(path, () => {
        server.off('error', reject)
        resolve()
      })
    })
  // Another socket of this directory may close meanwhile and take it along; a stale one may go by itself.
  for (let tries = 1; ; tries++) {
    if (isFile) makeDirectory(path)
    try {
      await listen()
      break
    } catch (error) {
      const code = isFile && tries < MOST_TRIES ? errorCode(error) : null
      const isStale = code === 'EADDRINUSE' && options.unlinkStale === true && !(await isTaken(path))
      if (isStale) rmSync(path, { force: true })
      else if (code !== 'ENOENT') throw errorCode(error) === 'EADDRINUSE' ? inUse(path) : error
    }
  }
  if (isFile) chmodSync(path, 0o600)

  return {
    get clients() {
      return channels.size
    },
    async close(code = 1001, reason = 'closing') {
      const ends = [...channels].map((channel) => channel.closed)
      await new Promise<void>((resolve) => {
        server.close(() => resolve())
        for (const channel of channels) channel.close(code, reason)
      })
      await Promise.all(ends)
      if (isFile) removeIfEmpty(dirname(path))
    },
  }
}

function makeDirectory(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  refuseUnsafeDirectory(path)
}

/** A socket may have a directory of its own under /tmp; nothing is left there when it closes. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error
  }
}

/** Connects to `path`. Rejects with {@link LocalSocketError}, with the error of connecting, or with `signal.reason`. */
export async function connectLocal(path: string, { signal }: { signal?: AbortSignal } = {}): Promise<Channel> {
  refuseLongPath(path)
  if (process.platform !== 'win32') refuseUnsafeDirectory(path)
  return channelOn(await openSocket(path, signal), MAX_LOCAL_ANSWER_BYTES)
}

function openSocket(path: string, signal: AbortSignal | undefined): Promise<Socket> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const socket = connect({ path })
    const settle = (): void => {
      signal?.removeEventListener('abort', onAbort)
      socket.off('error', onError)
      socket.off('connect', onConnect)
    }
    const onError = (error: Error): void => {
      settle()
      reject(error)
    }
    const onConnect = (): void => {
      settle()
      resolve(socket)
    }
    const onAbort = (): void => {
      settle()
      socket.destroy()
      reject(signal?.reason)
    }
    socket.once('error', onError)
    socket.once('connect', onConnect)
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** The socket is not read before `start`, so the kernel holds back a sender that is too early. */
function channelOn(socket: Socket, maxFrameBytes: number): Channel {
  let ending: { code: number; reason: string } | null = null
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', () => resolve(ending ?? { code: 1006, reason: 'the other side went away' }))
  })
  // 'close' follows; without a listener the process would end.
  socket.on('error', (error) => {
    ending ??= { code: 1006, reason: error.message }
  })

  function close(code = 1000, reason = ''): void {
    if (ending !== null) return
    ending = { code, reason }
    socket.end(`:${code} ${reason.replaceAll('\n', ' ')}\n`)
    // Unread data at the end would become a reset, and the other side lose the last line.
    socket.resume()
    socket.setTimeout(CLOSE_TIMEOUT_MS, () => socket.destroy())
  }

  function start(onFrame: (frame: string) => void): void {
    const takeLine = (line: Buffer): void => {
      if (ending !== null) return
      const text = isUtf8(line) ? line.toString() : null
      if (text === null) close(1007, 'not UTF-8')
      else if (!text.startsWith(':')) onFrame(text)
      else {
        ending = readEnding(text)
        socket.end()
      }
    }
    const takeChunk = lineReader(maxFrameBytes, takeLine, () => close(1009, 'frame too long'))
    socket.on('data', (chunk: Buffer) => {
      if (ending === null) takeChunk(chunk)
    })
    socket.resume()
  }

  return {
    send(frame) {
      if (ending === null) socket.write(`${frame}\n`)
    },
    get bufferedBytes() {
      return socket.writableLength
    },
    start,
    close,
    closed,
  }
}

/** Cuts a stream into lines, without their newlines. A line is copied only when it came in several chunks. */
function lineReader(maxBytes: number, onLine: (line: Buffer) => void, onTooLong: () => void): (chunk: Buffer) => void {
  let parts: Buffer[] = []
  let partBytes = 0
  return (chunk) => {
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (partBytes + at - from > maxBytes) return onTooLong()
      const end = chunk.subarray(from, at)
      onLine(parts.length === 0 ? end : Buffer.concat([...parts, end]))
      parts = []
      partBytes = 0
      from = at + 1
    }
    if (from === chunk.length) return
    parts.push(chunk.subarray(from))
    partBytes += chunk.length - from
    if (partBytes > maxBytes) onTooLong()
  }
}

function readEnding(line: string): { code: number; reason: string } {
  const [, code, reason] = /^:([0-9]{4}) (.*)$/s.exec(line) ?? []
  return { code: Number(code ?? 1005), reason: reason ?? '' }
}

function refuseLongPath(path: string): void {
  if (!socketPathFits(path)) throw new LocalSocketError('path-too-long', `the socket path is too long: ${path}`)
}

/** Another local user who owns the directory, or may write there, could put a socket of their own in place. */
function refuseUnsafeDirectory(path: string): void {
  const directory = dirname(path)
  const stats = lstatSync(directory)
  if (!stats.isDirectory()) throw unsafe(directory, 'is no directory')
  if (stats.uid !== process.getuid?.()) throw unsafe(directory, 'belongs to somebody else')
  if ((stats.mode & 0o077) !== 0) throw unsafe(directory, 'is open to others: it must have mode 0700')
}

function unsafe(directory: string, why: string): LocalSocketError {
  return new LocalSocketError('unsafe-directory', `${directory} ${why}`)
}

/** Whether something answers at `path`, or is there that no socket of ours left behind. */
async function isTaken(path: string): Promise<boolean> {
  const there = lstatSync(path, { throwIfNoEntry: false })
  if (there === undefined) return false
  if (!there.isSocket()) return true
  try {
    const socket = await openSocket(path, undefined)
    socket.destroy()
    return true
  } catch (error) {
    return errorCode(error) !== 'ECONNREFUSED' && errorCode(error) !== 'ENOENT'
  }
}

function inUse(path: string): LocalSocketError {
  return new LocalSocketError('in-use', `something else is at ${path}`)
}

function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
