/**
 * What a transaction has put over a map of its account. Most transactions touch one or two of an account's maps, so
 * nothing is made before the first write. `W`: what is written may say more than what is kept.
 */
export class Overlay<K, V, W extends V = V> {
  readonly #below: ReadonlyMap<K, V>
  #written: Map<K, W> | null = null

  constructor(below: ReadonlyMap<K, V>) {
    this.#below = below
  }

  get(key: K): V | undefined {
    return this.#written?.get(key) ?? this.#below.get(key)
  }

  getWritten(key: K): W | undefined {
    return this.#written?.get(key)
  }

  set(key: K, value: W): void {
    this.#written ??= new Map()
    this.#written.set(key, value)
  }

  /** What was there before keeps its place. */
  values(): V[] {
    const { size } = this.#written ?? { size: 0 }
    return size === 0 ? [...this.#below.values()] : [...new Map<K, V>([...this.#below, ...this.written()]).values()]
  }

  /** What this transaction wrote. */
  written(): Iterable<[K, W]> {
    return this.#written ?? []
  }

  /** Puts what it wrote into the map, which is the one below. */
  applyTo(map: Map<K, V>): void {
    this.#written?.forEach((value, key) => {
      map.set(key, value)
    })
  }
}
