/** Clock and timers of this machine. Apart from the rest, which would cost the command line its start. */
import type { Clock, Timers } from './host.ts'

/** The longest delay `setTimeout` keeps: beyond it Node fires after 1 ms. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1

export const nodeClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
}

/** A wait longer than one `setTimeout` can keep is made of several. */
export const nodeTimers: Timers = {
  after(ms, run) {
    let timeout: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS)
      timeout = setTimeout(() => (leftMs > stepMs ? wait(leftMs - stepMs) : run()), stepMs)
    }
    wait(Math.max(0, ms))
    return () => clearTimeout(timeout)
  },
}
