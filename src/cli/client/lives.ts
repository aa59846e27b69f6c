import { readFileSync } from 'node:fs'

/**
 * Whether the process runs. One that has ended does not, although it is there until somebody waits for it: a daemon's
 * parent has gone, and the init of a container may take seconds, or never do it.
 */
export function lives(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return true // no /proc here
  }
}
