/** What the people of a run did and were told: all that the promises speak of. */
import type { Account, Device } from './world.ts'

export interface AddTold {
  owner: Account
  id: string
  to: string
}

export interface EditTold {
  owner: Account
  id: string
  text: string
}

export interface CancelTold {
  owner: Account
  id: string
}

export interface MessageSent {
  device: Device
  to: string
  text: string
  /** It may be sent again later, and takes its place then if the first time came to nothing. */
  keyed: boolean
  /** The daemon has taken it: it is at the relay, or on the way to it. */
  taken: boolean
}

export class Book {
  /** Adds that were acknowledged, wherever they were stored. */
  readonly adds: AddTold[] = []
  /** Edits of a text that the relay has taken. */
  readonly edits: EditTold[] = []
  /** "Cancelled", as opposed to "cancel queued". */
  readonly cancels: CancelTold[] = []
  /** Ids somebody asked to cancel, whether or not an answer came: a daemon may die between the two. */
  readonly askedToCancel = new Set<string>()
  /** Cancels that were told that it has been sent. */
  readonly tooLate: CancelTold[] = []
  /** Sends by hand that the relay has taken. */
  readonly sends: CancelTold[] = []
  /** Somebody asked for these to come back. */
  readonly undone = new Set<string>()
  /** In the order people sent them. */
  readonly messages: MessageSent[] = []
  /** Accounts that have other keys since then, and how far their log had come. */
  readonly newKeys: { account: Account; after: number; keyId: string }[] = []
  /** The relay was taken back to an older state: what was sent to nobody who has it may be gone. */
  restored = false
  /** Codes that people were told, by method. */
  readonly refusals = new Map<string, number>()
  /** What no daemon may ever do. */
  readonly faults: string[] = []
  #texts = 0

  /** A text that no other has; every third can satisfy a condition that waits for words. */
  nextText(what: string): string {
    const n = this.#texts++
    return n % 3 === 0 ? `${what} ${n} alpha` : `${what} ${n}`
  }
}
