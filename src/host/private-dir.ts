import { closeSync, constants, fchmodSync, fstatSync, mkdirSync, openSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { HostError, systemCode } from './host-error.ts'

/**
 * Makes the directory (0700, parents too) or checks the one that is there: ours, no link, nobody else's to enter.
 * A mode that is too wide is narrowed; anything else is a HostError `insecure`, and `usage` where no directory can be.
 * Other failures are system errors.
 * Synchronous, since it stands before the first thing every program does.
 */
export function ensurePrivateDir(path: string): void {
  makeDirectories(path)
  if (process.getuid === undefined) return // Windows: a user's profile directory is private by its access list
  const fd = openDirectory(path)
  try {
    const { uid, mode } = fstatSync(fd)
    if (uid !== process.getuid())
      throw new HostError('insecure', `${path} belongs to another user; im keeps private files only in its own.`)
    if ((mode & 0o077) !== 0) fchmodSync(fd, 0o700)
  } finally {
    closeSync(fd)
  }
}

/**
 * Makes the directory and the parents it lacks, 0700 each. Where a file system takes no directories, as /proc, Node's own
 * `recursive` tries for ever: there this throws a HostError `usage`. Other failures are system errors.
 */
export function makeDirectories(path: string): void {
  if (isMade(path)) return
  const parent = dirname(path)
  const lacksParent = parent !== path && statSync(parent, { throwIfNoEntry: false }) === undefined
  if (lacksParent) makeDirectories(parent)
  // Once more: another process may make the same, and have made the parent between two looks.
  if (!isMade(path)) throw new HostError('usage', `No directory can be made in ${parent}.`)
}

/** False: its parent is missing, or takes none. */
function isMade(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o700 })
    return true
  } catch (error) {
    const code = systemCode(error)
    if (code !== 'EEXIST' && code !== 'ENOENT') throw error
    return code === 'EEXIST'
  }
}

/** Checks go through the descriptor, so that nobody can swap the directory between look and use. */
function openDirectory(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ELOOP' || code === 'ENOTDIR')
      throw new HostError('insecure', `${path} is a link; im keeps private files only in real directories.`, error)
    throw error
  }
}
