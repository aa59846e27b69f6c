/** What the verbs for a relay that is stopped ask of its data directory. */
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { ImError } from '../../protocol/errors.ts'
import { isFree } from '../../store/level-engine.ts'
import { isThere, storePlace } from '../../store/place.ts'

/** The relay's identity with the root secret of all logins. */
export function keyFile(dataDir: string): string {
  return join(dataDir, 'relay.key')
}

/** Throws RELAY_RUNNING while a relay has the store open. */
export async function refuseRunning(dataDir: string, verb: string): Promise<void> {
  const { store } = storePlace(dataDir)
  if (!(await isThere(store)) || (await isFree(store))) return
  throw new ImError('RELAY_RUNNING', `a relay runs on ${dataDir}; im relay ${verb} needs it stopped`, {
    hint: `im relay stop --data ${dataDir}`,
  })
}

/** Bytes of all files of a directory, not of those within it. */
export async function sizeOf(path: string): Promise<number> {
  let bytes = 0
  for (const name of await readdir(path)) bytes += (await stat(join(path, name)).catch(() => ({ size: 0 }))).size
  return bytes
}

/** Throws DISK_FULL where a directory has not that much room. */
export async function requireRoom(path: string, bytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(path)
  const free = bavail * bsize
  if (free >= bytes) return
  const mib = (count: number) => `${Math.ceil(count / 2 ** 20)} MiB`
  throw new ImError('DISK_FULL', `${path} has ${mib(free)} free, and ${mib(bytes)} are needed`, {
    hint: 'make room, or take a directory on another disk',
  })
}
