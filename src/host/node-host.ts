import { randomBytes } from 'node:crypto'
import { statfs } from 'node:fs/promises'
import type { Disk, Host, Log } from './host.ts'
import { nodeClock, nodeTimers } from './node-clock.ts'

export { nodeClock, nodeTimers }

/** The machine this process runs on. */
export function nodeHost({ log }: { log: Log }): Host {
  return { clock: nodeClock, timers: nodeTimers, random: randomBytes, disk: nodeDisk, log }
}

const nodeDisk: Disk = {
  async freeBytes(path) {
    const { bavail, bsize } = await statfs(path)
    return bavail * bsize
  },
}
