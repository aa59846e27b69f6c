/**
 * Which ids an account has certainly sent no message of. A look for a row that is not there goes through every table of
 * LevelDB, and makes it compact those that were looked at in vain: together a fifth of what a message costs (measured).
 */
import { type Soon, soon } from '../../store/soon.ts'
import { type Reader, StoreError } from '../../store/store.ts'
import { within } from './account-state.ts'

/** One look for an id costs what reading so many of them does: whoever sends seldom is not worth reading them all. */
const IDS_A_LOOK = 16
const IDS_AT_ONCE = 1_000
const FEWEST_IDS = 512

/** Made of all ids there are, once that pays; from then on each new one is added. Those that went since do no harm. */
export class SentIds {
  #filters: IdFilter[] | null = null
  #looks = 0

  get bytes(): number {
    return (this.#filters ?? []).reduce((sum, { bytes }) => sum + bytes, 0)
  }

  /** False: there is no message of that id on disk. */
  perhaps(id: string, reader: Reader): Soon<boolean> {
    if (this.#filters !== null) return this.#has(id)
    const sent = reader.rows.get('sent') ?? 0
    this.#looks++
    if (this.#looks * IDS_A_LOOK < sent) return true
    return soon(readIds(reader, sent), (filter) => {
      this.#filters = [filter]
      return this.#has(id)
    })
  }

  add(id: string): void {
    const newest = this.#filters?.at(-1)
    if (newest?.isFull === true) this.#filters?.push(new IdFilter(2 * newest.capacity))
    this.#filters?.at(-1)?.add(id)
  }

  #has(id: string): boolean {
    return this.#filters?.some((filter) => filter.has(id)) ?? true
  }
}

function readIds(reader: Reader, sent: number): Soon<IdFilter> {
  const filter = new IdFilter(Math.max(FEWEST_IDS, 2 * sent))
  return sent === 0 ? filter : addAll(filter, reader, sent)
}

async function addAll(filter: IdFilter, reader: Reader, sent: number): Promise<IdFilter> {
  const { gte, lt } = within('sent')
  let from = gte
  let found = 0
  for (;;) {
    const page = await reader.texts({ gt: from, lt, limit: IDS_AT_ONCE })
    for (const [key] of page) filter.add(key.slice(gte.length))
    found += page.length
    from = page.at(-1)?.[0] ?? from
    if (page.length < IDS_AT_ONCE) break
  }
  if (found !== sent) throw new StoreError('damaged', `space "sent" has ${found} rows and counts ${sent}`)
  return filter
}

const BITS_AN_ID = 16
const PROBES = 4

/**
 * A Bloom filter (Bloom 1970): what was added is always found, and what was not, when it is full, once in 400 times. The
 * places of an id follow from two hashes of it (Kirsch and Mitzenmacher 2006).
 */
export class IdFilter {
  readonly capacity: number
  readonly #bits: Uint8Array
  /** The number of bits is a power of two, and this one less. */
  readonly #mask: number
  #count = 0

  /** `capacity`: ids it is made for, at most 2 to the 27th. */
  constructor(capacity: number) {
    const bits = 2 ** Math.ceil(Math.log2(capacity * BITS_AN_ID))
    this.capacity = bits / BITS_AN_ID
    this.#bits = new Uint8Array(bits / 8)
    this.#mask = bits - 1
  }

  get bytes(): number {
    return this.#bits.length
  }

  get isFull(): boolean {
    return this.#count >= this.capacity
  }

  add(id: string): void {
    const first = fnv1a(id)
    const step = stepOf(first)
    for (let i = 0; i < PROBES; i++) {
      const bit = (first + i * step) & this.#mask
      this.#bits[bit >>> 3] = (this.#bits[bit >>> 3] ?? 0) | (1 << (bit & 7))
    }
    this.#count++
  }

  has(id: string): boolean {
    const first = fnv1a(id)
    const step = stepOf(first)
    for (let i = 0; i < PROBES; i++) {
      const bit = (first + i * step) & this.#mask
      if (((this.#bits[bit >>> 3] ?? 0) & (1 << (bit & 7))) === 0) return false
    }
    return true
  }
}

function fnv1a(id: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

/** Odd, so that it reaches every bit. */
function stepOf(hash: number): number {
  return (Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) >>> 0) | 1
}
