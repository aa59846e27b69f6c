import { readdirSync, readlinkSync, realpathSync } from 'node:fs'
import { runProgram } from '../../host/run-program.ts'
import type { Io } from '../io.ts'

/** Whether a process has a file open. False also where that cannot be known: on Windows, of another user's process. */
export async function holdsOpen(
  pid: number,
  path: string,
  { env, platform }: Pick<Io, 'env' | 'platform'>,
): Promise<boolean> {
  if (platform === 'darwin') return (await runProgram(['lsof', '-a', '-p', String(pid), '-t', '--', path], env)).ok
  try {
    const file = realpathSync(path)
    return readdirSync(`/proc/${pid}/fd`).some((fd) => linkAt(`/proc/${pid}/fd/${fd}`) === file)
  } catch {
    return false
  }
}

/** Null: it was closed meanwhile. */
function linkAt(path: string): string | null {
  try {
    return readlinkSync(path)
  } catch {
    return null
  }
}
