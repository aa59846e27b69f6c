/** Where a local socket may lie: in a directory of this user's alone, under a path the platform takes whole. */
import { lstatSync, mkdirSync, rmdirSync } from 'node:fs'
import { dirname } from 'node:path'

/** Why a local socket cannot be used. Failures of connecting itself keep Node's `code` (ENOENT, ECONNREFUSED, …). */
export class LocalSocketError extends Error {
  readonly reason: 'path-too-long' | 'unsafe-directory' | 'in-use'
  constructor(reason: LocalSocketError['reason'], message: string) {
    super(message)
    this.name = 'LocalSocketError'
    this.reason = reason
  }
}

/** Whether the platform takes the path whole: Node cuts a longer one without a word. */
export function socketPathFits(path: string, platform: NodeJS.Platform = process.platform): boolean {
  const limit = platform === 'win32' ? 256 : platform === 'linux' ? 107 : 103
  return Buffer.byteLength(path) <= limit
}

/** Throws {@link LocalSocketError}. */
export function refuseLongPath(path: string): void {
  if (!socketPathFits(path)) throw new LocalSocketError('path-too-long', `the socket path is too long: ${path}`)
}

/** Another local user who owns the directory, or may write there, could put a socket of their own in place. */
export function refuseUnsafeDirectory(path: string): void {
  const directory = dirname(path)
  const stats = lstatSync(directory)
  if (!stats.isDirectory()) throw unsafe(directory, 'is no directory')
  if (stats.uid !== process.getuid?.()) throw unsafe(directory, 'belongs to somebody else')
  if ((stats.mode & 0o077) !== 0) throw unsafe(directory, 'is open to others: it must have mode 0700')
}

function unsafe(directory: string, why: string): LocalSocketError {
  return new LocalSocketError('unsafe-directory', `${directory} ${why}`)
}

/** Made with 0700, or refused where it is there and not so. */
export function makeDirectory(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  refuseUnsafeDirectory(path)
}

/** A socket may have a directory of its own under /tmp; nothing is left there when it closes. */
export function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory)
  } catch (error) {
    const code = errorCode(error)
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST' && code !== 'ENOENT') throw error
  }
}

export function errorCode(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
