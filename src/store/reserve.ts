import { StoreError } from './store.ts'

export interface ReserveOptions {
  freeBytes(): Promise<number>
  minBytes: number
  clock: { monotonic(): number }
}

/** Small against any reserve worth having, and room for a few thousand messages. */
const LOOK_EVERY_BYTES = 16 * 1024 * 1024
/** A UTF-16 unit in UTF-8. */
const MOST_BYTES_A_CHAR = 3
const LOOK_EVERY_MS = 1_000

/**
 * Refuses changes while the disk is nearly full, because a failed write ends the process: LevelDB acknowledged synced
 * writes after a full disk and lost them at reopening.
 */
export class Reserve {
  readonly #options: ReserveOptions
  #bytesLeft = 0
  #lookAgainAt = 0
  #full = false
  #looking: Promise<void> | null = null

  constructor(options: ReserveOptions) {
    this.#options = options
  }

  /**
   * Throws or rejects with StoreError 'full' below the reserve. Undefined: there is room for a change of so many UTF-16
   * units, as of the last look.
   */
  check(chars: number): Promise<void> | undefined {
    this.#bytesLeft -= chars * MOST_BYTES_A_CHAR
    if (this.#bytesLeft >= 0 && this.#options.clock.monotonic() < this.#lookAgainAt) {
      this.#assertRoom()
      return undefined
    }
    this.#looking ??= this.#look().finally(() => {
      this.#looking = null
    })
    return this.#looking.then(() => this.#assertRoom())
  }

  async #look(): Promise<void> {
    let free: number
    try {
      free = await this.#options.freeBytes()
    } catch (error) {
      throw new StoreError('io', 'the free space of the disk cannot be read', error)
    }
    this.#full = free < this.#options.minBytes
    this.#bytesLeft = LOOK_EVERY_BYTES
    this.#lookAgainAt = this.#options.clock.monotonic() + LOOK_EVERY_MS
  }

  #assertRoom(): void {
    if (this.#full) throw new StoreError('full', 'the disk is nearly full: changes are refused until there is room')
  }
}
