/**
 * Text frames over a Unix socket or a Windows named pipe. The command line loads this file on every start: nothing is
 * imported but what Node has loaded anyway.
 */
import { chmodSync, lstatSync, rmSync } from 'node:fs'
import { connect, createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import { lineChannel } from './line-channel.ts'
import {
  errorCode,
  LocalSocketError,
  makeDirectory,
  refuseLongPath,
  refuseUnsafeDirectory,
  removeIfEmpty,
} from './local-path.ts'
import type { Channel } from './peer.ts'

/** What a server takes: no call is longer. */
export const MAX_LOCAL_FRAME_BYTES = 4 * 1024 * 1024

/** What a client takes from its own daemon: a list of 20,000 backups is one answer. */
const MAX_LOCAL_ANSWER_BYTES = 256 * 1024 * 1024

const MOST_TRIES = 5

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
    const channel = lineChannel(socket, MAX_LOCAL_FRAME_BYTES)
    channels.add(channel)
    channel.closed.then(() => channels.delete(channel))
    onChannel(channel)
  })
  try {
    await (isFile ? listenOnFile(server, path, options) : listen(server, path))
  } catch (error) {
    throw errorCode(error) === 'EADDRINUSE' ? inUse(path) : error
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

async function listenOnFile(server: Server, path: string, { unlinkStale = false }: ListenLocalOptions): Promise<void> {
  // Another socket of this directory may close meanwhile and take it along; a stale one may go by itself.
  for (let tries = 1; ; tries++) {
    makeDirectory(path)
    try {
      return await listen(server, path)
    } catch (error) {
      const code = tries < MOST_TRIES ? errorCode(error) : null
      if (code === 'EADDRINUSE' && unlinkStale && !(await isTaken(path))) rmSync(path, { force: true })
      else if (code !== 'ENOENT') throw error
    }
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/**
 * Connects to `path`. Once it is closed here nobody waits for the other side's end: what was written is on its way, and the
 * process may end. Rejects with {@link LocalSocketError}, with the error of connecting, or with `signal.reason`. */
export async function connectLocal(path: string, signal?: AbortSignal): Promise<Channel> {
  refuseLongPath(path)
  if (process.platform !== 'win32') refuseUnsafeDirectory(path)
  const socket = await openSocket(path, signal)
  const channel = lineChannel(socket, MAX_LOCAL_ANSWER_BYTES)
  return {
    ...channel,
    get bufferedBytes() {
      return channel.bufferedBytes
    },
    close(code, reason) {
      channel.close(code, reason)
      if (channel.bufferedBytes === 0) socket.unref()
    },
  }
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
