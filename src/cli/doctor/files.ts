/** The profile's directories and files: ours, private, and with room to write. */
import { chmodSync, lstatSync, type Stats } from 'node:fs'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { readConfig } from '../../host/config.ts'
import { systemCode } from '../../host/host-error.ts'
import { type Check, type Finding, fine, shellWord, wrong } from './check.ts'

/** What the daemon keeps free: below it changes are refused. */
const RESERVE_BYTES = 256 * 2 ** 20

export const directories: Check = {
  name: 'directories',
  look({ context: { paths } }) {
    const dirs = [...new Set([paths.config, paths.data, paths.state, paths.runtime])]
    const found = dirs.flatMap((dir) => privateFault(dir, 0o700))
    return found.length > 0 ? found : fine(`private: ${[paths.config, paths.data, paths.state].join(', ')}`)
  },
}

export const socket: Check = {
  name: 'socket',
  look({ context: { io, paths } }) {
    if (io.platform === 'win32') return fine(paths.socket)
    const found = [paths.socket, paths.tokenFile, paths.configFile].flatMap((file) => privateFault(file, 0o600))
    return found.length > 0 ? found : fine(paths.socket)
  },
}

export const config: Check = {
  name: 'config',
  async look({ context: { paths } }) {
    const file = paths.configFile
    const edit = `"${'$'}{EDITOR:-vi}" ${shellWord(file)}`
    try {
      const { unknown } = await readConfig(file)
      return unknown.length === 0 ? fine(file) : wrong(`${file} names what is no setting: ${unknown.join(', ')}`, edit)
    } catch (error) {
      return wrong(error instanceof Error ? error.message : `${file} cannot be read`, edit)
    }
  },
}

/** Nothing where it is private, or not there yet. */
function privateFault(path: string, mode: number): Finding[] {
  const stats = statsOf(path)
  if (stats === null || process.getuid === undefined) return []
  if (stats.isSymbolicLink()) return wrong(`${path} is a link`, `rm ${shellWord(path)}`)
  if (stats.uid !== process.getuid()) {
    return wrong(`${path} belongs to another user`, `sudo chown "$(id -u)" ${shellWord(path)}`)
  }
  if ((stats.mode & 0o077) === 0) return []
  const octal = mode.toString(8)
  const mend = async () => chmodSync(path, mode)
  return wrong(
    `${path} is open to others (${(stats.mode & 0o777).toString(8)})`,
    `chmod ${octal} ${shellWord(path)}`,
    mend,
  )
}

function statsOf(path: string): Stats | null {
  try {
    return lstatSync(path)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(systemCode(error) ?? '')) return null
    throw error
  }
}

export const disk: Check = {
  name: 'disk',
  async look({ context: { paths } }) {
    let dir = paths.data
    while (statsOf(dir) === null && dirname(dir) !== dir) dir = dirname(dir)
    const { bavail, bsize } = await statfs(dir)
    return diskFinding(dir, bavail * bsize)
  },
}

export function diskFinding(dir: string, freeBytes: number): Finding[] {
  const free = `${(freeBytes / 1e9).toFixed(1)} GB free at ${dir}`
  if (freeBytes >= RESERVE_BYTES) return fine(free)
  return wrong(`${free}: changes are refused`, `df -h ${shellWord(dir)}`)
}
