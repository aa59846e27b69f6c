import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { HostError, systemCode } from './host-error.ts'

/**
 * Replaces the file as a whole, mode 0600: after a crash the old content is there or the new one, never a part.
 * Resolves once it is on disk.
 */
export async function writePrivateFile(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`
  try {
    await withFile(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, async (file) => {
      await file.writeFile(content)
      await file.sync()
    })
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

/**
 * The text of a private file, or null if there is none. A file that is not ours, a link or not a plain file is a
 * HostError `insecure`; one over `maxBytes` or not UTF-8 is `bad-file`. A mode that is too wide is narrowed.
 */
export async function readPrivateFile(path: string, maxBytes: number): Promise<string | null> {
  try {
    return await withFile(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK, async (file) => {
      await checkPrivate(file, path, maxBytes)
      return utf8(await file.readFile(), path)
    })
  } catch (error) {
    const code = systemCode(error)
    if (code === 'ENOENT') return null
    if (code === 'ELOOP') throw new HostError('insecure', `${path} is a link; it must be a file of your own.`, error)
    throw error
  }
}

/** As {@link readPrivateFile}, parsed. What is not whole JSON is a HostError `bad-file`. */
export async function readPrivateJson(path: string, maxBytes: number): Promise<unknown> {
  const text = await readPrivateFile(path, maxBytes)
  if (text === null) return null
  try {
    return JSON.parse(text)
  } catch {
    // The parser's message quotes the content, which may be a secret: it goes no further.
    throw new HostError('bad-file', `${path} is damaged: it is not whole JSON.`)
  }
}

async function checkPrivate(file: FileHandle, path: string, maxBytes: number): Promise<void> {
  const stat = await file.stat()
  if (!stat.isFile()) throw new HostError('insecure', `${path} is not a plain file.`)
  if (process.getuid !== undefined) {
    if (stat.uid !== process.getuid()) throw new HostError('insecure', `${path} belongs to another user.`)
    if ((stat.mode & 0o077) !== 0) await file.chmod(0o600)
  }
  if (stat.size > maxBytes)
    throw new HostError('bad-file', `${path} is too large: ${stat.size} bytes, at most ${maxBytes}.`)
}

function utf8(bytes: Uint8Array, path: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch (error) {
    throw new HostError('bad-file', `${path} is damaged: it is not UTF-8.`, error)
  }
}

/** A rename is on disk only when its directory is. Windows has no such call and needs none. */
export async function syncDirectory(path: string): Promise<void> {
  if (process.platform === 'win32') return
  await withFile(path, constants.O_RDONLY, (directory) => directory.sync())
}

async function withFile<T>(path: string, flags: number, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags, 0o600)
  try {
    return await use(file)
  } finally {
    await file.close()
  }
}
