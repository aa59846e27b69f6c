/** What a run draws its choices from: a small generator (xoshiro128**, Blackman and Vigna), the same for the same seed. */
export class Dice {
  readonly #state: Uint32Array

  constructor(seed: number) {
    // Splitmix32 spreads neighbouring seeds far apart.
    let mixed = seed >>> 0
    this.#state = Uint32Array.from({ length: 4 }, () => {
      mixed = (mixed + 0x9e3779b9) >>> 0
      let word = mixed ^ (mixed >>> 16)
      word = Math.imul(word, 0x21f0aaad)
      word ^= word >>> 15
      word = Math.imul(word, 0x735a2d97)
      return (word ^ (word >>> 15)) >>> 0
    })
  }

  /** 0 to 2^32 - 1. */
  word(): number {
    const [a = 0, b = 0, c = 0, d = 0] = this.#state
    const scrambled = Math.imul(b, 5)
    const word = Math.imul((scrambled << 7) | (scrambled >>> 25), 9) >>> 0
    this.#state[2] = c ^ a
    this.#state[3] = d ^ b
    this.#state[1] = b ^ c ^ a
    this.#state[0] = a ^ d ^ b
    this.#state[2] ^= b << 9
    const last = (d ^ b) >>> 0
    this.#state[3] = (last << 11) | (last >>> 21)
    return word
  }

  /** A whole number from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + (this.word() % (high - low + 1))
  }

  chance(percent: number): boolean {
    return this.word() % 100 < percent
  }

  pick<T>(from: readonly T[]): T {
    const one = from[this.word() % from.length]
    if (one === undefined) throw new RangeError('nothing to pick from')
    return one
  }

  /** One of the names, as often as its weight says. */
  weighed<K extends string>(weights: Readonly<Record<K, number>>): K {
    const entries = Object.entries<number>(weights) as [K, number][]
    let left = this.word() % entries.reduce((sum, [, weight]) => sum + weight, 0)
    for (const [name, weight] of entries) {
      if (left < weight) return name
      left -= weight
    }
    throw new RangeError('nothing to pick from')
  }
}
