import { open } from 'node:fs/promises'
import { systemCode } from '../../host/host-error.ts'
import { ImError } from '../../protocol/errors.ts'
import { pause, timeLimit } from '../client/time-limit.ts'
import type { Context } from '../context.ts'

const TAIL_BYTES = 64 * 1024
const LOOK_AGAIN_MS = 250

/** The end of the log, and with -f what is added, until interrupted. */
export async function run({ flags, io, out, paths, timeoutMs }: Context): Promise<number> {
  const end = await printFrom(paths.logFile, null, out.lines)
  if (end === null && !flags.follow) {
    throw new ImError('BAD_FILE', 'there is no log yet', { hint: `it would be ${paths.logFile}` })
  }
  if (!flags.follow) return 0
  const { signal, cancel } = timeLimit(io, timeoutMs)
  try {
    for (let from = end ?? 0; ; ) {
      await pause(io, LOOK_AGAIN_MS, signal)
      from = (await printFrom(paths.logFile, from, out.lines)) ?? 0
    }
  } finally {
    cancel()
  }
}

/** Prints whole lines from a place (null: the last 64 KiB) and returns where the next begins; null without a file. */
async function printFrom(path: string, from: number | null, print: (text: string) => void): Promise<number | null> {
  const file = await open(path, 'r').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return null
    throw error
  })
  if (file === null) return null
  try {
    const { size } = await file.stat()
    const tail = from === null && size > TAIL_BYTES
    // A log that is shorter than it was has been put aside; the rest of it comes first, then the new one.
    if (from !== null && from > size) await printFrom(`${path}.1`, from, print)
    const start = from === null ? Math.max(0, size - TAIL_BYTES) : from > size ? 0 : from
    const bytes = Buffer.alloc(size - start)
    await file.read(bytes, 0, bytes.length, start)
    const last = bytes.lastIndexOf(0x0a)
    if (last === -1) return start
    const first = tail ? bytes.indexOf(0x0a) + 1 : 0
    if (last > first) print(bytes.toString('utf8', first, last))
    return start + last + 1
  } finally {
    await file.close()
  }
}
