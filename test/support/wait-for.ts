/** Waiting for something to happen, bounded, with a message that says what did not. */

const PATIENCE_MS = 10_000

/** Keeps what it is handed, and lets a test wait for an item that fits: past ones count. */
export interface Recorder<T> {
  readonly all: readonly T[]
  push(item: T): void
  /** The first item that fits, now or later. Rejects with what came instead. */
  waitFor(what: string, fits: (item: T) => boolean, patienceMs?: number): Promise<T>
}

export function recorder<T>(): Recorder<T> {
  const all: T[] = []
  const waiting = new Set<(item: T) => void>()
  return {
    all,
    push(item) {
      all.push(item)
      for (const look of [...waiting]) look(item)
    },
    waitFor(what, fits, patienceMs = PATIENCE_MS) {
      const past = all.find(fits)
      if (past !== undefined) return Promise.resolve(past)
      return new Promise((resolve, reject) => {
        const look = (item: T): void => {
          if (!fits(item)) return
          clearTimeout(late)
          waiting.delete(look)
          resolve(item)
        }
        const late = setTimeout(() => {
          waiting.delete(look)
          reject(new Error(`waited ${patienceMs} ms for ${what}; there came ${JSON.stringify(all)}`))
        }, patienceMs)
        waiting.add(look)
      })
    },
  }
}

/**
 * Looks again and again until the check no longer throws; for what tells nobody when it happens (a file, a process).
 * Where there is an event, await the event.
 */
export async function eventually<T>(check: () => Promise<T> | T, patienceMs = PATIENCE_MS): Promise<T> {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return await check()
    } catch (error) {
      if (performance.now() > deadline) throw error
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}
