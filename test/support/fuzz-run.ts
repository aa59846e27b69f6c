/** How long a fuzz is, where it begins, and what it may cost. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { nodeClock } from '../../src/host/node-host.ts'

const DEFAULT_FRAMES = 100_000
const DEFAULT_SEED = 20_261_122
const MIB = 1024 * 1024

export interface FuzzRun {
  frames: number
  seed: number
}

/** `share`: which part of all frames is this one's. IM_FUZZ_FRAMES and IM_FUZZ_SEED change length and seed. */
export function fuzzRun(share: number): FuzzRun {
  const frames = Number(process.env.IM_FUZZ_FRAMES ?? DEFAULT_FRAMES)
  return { frames: Math.ceil(frames * share), seed: Number(process.env.IM_FUZZ_SEED ?? DEFAULT_SEED) }
}

/** Prints what a fuzz did, in one line that says how to do it again. */
export function report(name: string, run: FuzzRun, figures: Readonly<Record<string, number | string>>): void {
  const words = Object.entries(figures).map(([figure, value]) => `${figure} ${value}`)
  process.stdout.write(`fuzz ${name}: ${run.frames} frames, seed ${run.seed}: ${words.join(', ')}\n`)
}

/** MiB in use once all that can be let go is let go. */
export function heapMib(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  collect()
  return process.memoryUsage().heapUsed / MIB
}

/**
 * All frames of a run, some at a time, each part in a world of its own: `attack` takes a seed and how many, and says by
 * how many MiB that world's heap grew. By how much it grew in the worst of them, and from the first to the last.
 */
export async function attackWorlds(
  { frames, seed }: FuzzRun,
  perWorld: number,
  attack: (seed: number, frames: number) => Promise<number>,
): Promise<{ withinOneMib: number; overAllMib: number }> {
  const after: number[] = []
  let withinOneMib = 0
  for (let done = 0, n = 0; done < frames; done += perWorld, n++) {
    withinOneMib = Math.max(withinOneMib, await attack(seed + n, Math.min(perWorld, frames - done)))
    after.push(heapMib())
  }
  return { withinOneMib, overAllMib: (after.at(-1) ?? 0) - (after[0] ?? 0) }
}

/** Times calls, in ms. */
export class Stopwatch {
  readonly #times: number[] = []

  async time<T>(run: () => Promise<T>): Promise<T> {
    const since = nodeClock.monotonic()
    const result = await run()
    this.#times.push(nodeClock.monotonic() - since)
    return result
  }

  /** One that was timed elsewhere. */
  add(ms: number): void {
    this.#times.push(ms)
  }

  get count(): number {
    return this.#times.length
  }

  /** The time that this part of them stayed below. */
  at(part: number): number {
    const sorted = this.#times.toSorted((a, b) => a - b)
    return Number((sorted[Math.floor(sorted.length * part)] ?? 0).toFixed(2))
  }

  get p99(): number {
    return this.at(0.99)
  }
}
