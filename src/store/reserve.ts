import { StoreError } from './store.ts'

export interface ReserveOptions {
  freeBytes(): Promise<number>
  minBytes: number
  clock: { monotonic(): number }
}

const LOOK_EVERY_CHANGES = 64
const LOOK_EVERY_MS = 1_000

/**
 * Refuses changes while the disk is nearly full, because a failed write ends the process: LevelDB acknowledged synced
 * writes after a full disk and lost them at reopening.
 */
export class Reserve {
  readonly #options: ReserveOptions
  #changesLeft = 0
  #lookAgainAt = 0
  #full = false
  #looking: Promise<void> | null = null

  constructor(options: ReserveOptions) {
    this.#options = options
  }

  /** Throws or rejects with StoreError 'full' below the reserve. Undefined: there is room, as of the last look. */
  check(): Promise<void> | undefined {
    if (this.#changesLeft > 0 && this.#options.clock.monotonic() < this.#lookAgainAt) {
      this.#changesLeft--
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
    this.#changesLeft = LOOK_EVERY_CHANGES
    this.#lookAgainAt = this.#options.clock.monotonic() + LOOK_EVERY_MS
  }

  #assertRoom(): void {
    if (this.#full) throw new StoreError('full', 'the disk is nearly full: changes are refused until there is room')
  }
}
