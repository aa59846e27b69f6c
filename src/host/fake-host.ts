import { createHash } from 'node:crypto'
import type { Clock, Host, Log, RandomBytes, Timers } from './host.ts'

/** A machine that does nothing by itself: tests and the simulation turn its clock. */
export interface FakeHost extends Host {
  clock: FakeClock
  disk: Host['disk'] & { setFreeBytes(bytes: number): void }
  log: Log & { readonly lines: readonly LogLine[] }
}

export interface FakeClock extends Clock {
  /** Moves both clocks on and runs each timer that comes due, in order, at its own instant. */
  advance(ms: number): void
  /** The same, but after each timer lets promises settle that need no I/O. */
  advanceAsync(ms: number): Promise<void>
  /** Somebody sets the wall clock: timers and the monotonic clock do not notice. */
  jump(ms: number): void
  /** When the next timer is due, as `now()` would show it, or null. */
  nextTimerAt(): number | null
  /** Timers that wait. */
  readonly pending: number
}

export interface LogLine {
  level: keyof Log
  event: string
  fields: object
}

export interface FakeHostOptions {
  /** What the wall clock shows at first, epoch ms. */
  startAt?: number
  /** Same seed, same bytes. */
  seed?: number | string
  freeBytes?: number
}

const DEFAULT_START = Date.UTC(2026, 0, 5, 9)
const DEFAULT_FREE_BYTES = 100 * 2 ** 30

export function fakeHost(options: FakeHostOptions = {}): FakeHost {
  const { clock, timers } = fakeTime(options.startAt ?? DEFAULT_START)
  let free = options.freeBytes ?? DEFAULT_FREE_BYTES
  return {
    clock,
    timers,
    random: seededBytes(options.seed ?? 1),
    disk: {
      freeBytes: async () => free,
      setFreeBytes: (bytes) => {
        free = bytes
      },
    },
    log: recordingLog(),
  }
}

interface Timer {
  dueMs: number
  run: () => void
}

/** A clock and the timers that hang on it. Timers of the same instant run in the order they were set. */
export function fakeTime(startAt: number): { clock: FakeClock; timers: Timers } {
  let elapsedMs = 0
  let wallOffset = startAt
  let waiting: Timer[] = []

  const takeDue = (untilMs: number): Timer | undefined => {
    const first = waiting[0]
    if (first === undefined || first.dueMs > untilMs) return undefined
    waiting.shift()
    elapsedMs = Math.max(elapsedMs, first.dueMs)
    return first
  }

  const clock: FakeClock = {
    now: () => wallOffset + elapsedMs,
    monotonic: () => elapsedMs,
    advance(ms) {
      const untilMs = elapsedMs + ms
      for (let timer = takeDue(untilMs); timer !== undefined; timer = takeDue(untilMs)) timer.run()
      elapsedMs = Math.max(elapsedMs, untilMs)
    },
    async advanceAsync(ms) {
      const untilMs = elapsedMs + ms
      await settled()
      for (let timer = takeDue(untilMs); timer !== undefined; timer = takeDue(untilMs)) {
        timer.run()
        await settled()
      }
      elapsedMs = Math.max(elapsedMs, untilMs)
    },
    jump(ms) {
      wallOffset += ms
    },
    nextTimerAt() {
      const first = waiting[0]
      return first === undefined ? null : wallOffset + first.dueMs
    },
    get pending() {
      return waiting.length
    },
  }

  const timers: Timers = {
    after(ms, run) {
      const timer = { dueMs: elapsedMs + Math.max(0, ms), run }
      const place = waiting.findLastIndex((other) => other.dueMs <= timer.dueMs) + 1
      waiting.splice(place, 0, timer)
      return () => {
        waiting = waiting.filter((other) => other !== timer)
      }
    },
  }
  return { clock, timers }
}

/** One turn of the event loop: every promise that waits for nothing outside the process has gone on by then. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

/** SHA-256 in counter mode: the same bytes for the same seed, whatever lengths they are asked for in. */
export function seededBytes(seed: number | string): RandomBytes {
  let counter = 0
  let block = Buffer.alloc(0)
  return (length) => {
    const bytes = Buffer.alloc(length)
    for (let filled = 0; filled < length; ) {
      if (block.length === 0) block = createHash('sha256').update(`${seed}/${counter++}`).digest()
      const taken = block.copy(bytes, filled)
      block = block.subarray(taken)
      filled += taken
    }
    return new Uint8Array(bytes)
  }
}

export function recordingLog(): Log & { readonly lines: readonly LogLine[] } {
  const lines: LogLine[] = []
  const at =
    (level: keyof Log) =>
    (event: string, fields: object = {}): void => {
      lines.push({ level, event, fields })
    }
  return { lines, debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') }
}
