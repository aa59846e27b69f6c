import type { Uin } from '../../domain/uin.ts'
import type { RandomBytes } from '../../host/host.ts'
import { type ErrorCode, ImError } from '../../protocol/errors.ts'
import { envelopeSchema } from '../../protocol/record-schema.ts'
import type {
  BackupPrivate,
  BackupRecord,
  Envelope,
  FriendPrivate,
  FriendRecord,
  MessageRecord,
  PublicKeys,
} from '../../protocol/records.ts'
import { openAsFriend, openAsOwner, openKept, type Parties, sealContent } from '../../sealing/content.ts'
import type { SealedEnvelope } from '../../sealing/envelope.ts'
import { type AccountKeys, keyId } from '../../sealing/keys.ts'
import { type DraftPrivate, openPrivate, type PrivatePlace, sealPrivate } from '../../sealing/private.ts'
import { SealError } from '../../sealing/seal-error.ts'
import type { MessageRow, Opening } from './rows.ts'

/** What an envelope held, or why that cannot be said. */
export type Opened = { text: string } | { code: ErrorCode }

/** For whom a text is sealed beside its owner; without keys for the owner alone. */
export interface Addressee {
  uin: Uin
  keys: PublicKeys | null
}

/** What a text is first written for, and how often it has been written anew. */
export interface Draft {
  origin: string
  contentRev: number
  repeats: boolean
}

type BackupTexts = Pick<BackupRecord, 'id' | 'conflictOf' | 'plan' | 'content' | 'private'>
type FriendText = Pick<FriendRecord, 'uin' | 'private'>

export const NO_PRIVATE: BackupPrivate = { key: null, note: null, matching: [], command: null }
const NO_FRIEND_PRIVATE: FriendPrivate = { alias: null, firstKeys: null, verified: false }

export const textOf = (opened: Opened): string | null => ('text' in opened ? opened.text : null)

export function nextRev(envelope: Envelope | null): number {
  return envelope?.kind === 'sealed' ? envelope.contentRev + 1 : 1
}

/** Whatever carries it may have made it: the form is looked at before anything is believed. */
function sealedOf(envelope: unknown): SealedEnvelope {
  const parsed = envelopeSchema.safeParse(envelope)
  if (parsed.success && parsed.data.kind === 'sealed') return parsed.data
  if (parsed.success) throw new ImError('NOT_SEALED')
  const kind = (envelope as { kind?: unknown } | null | undefined)?.kind
  throw new ImError(kind === 'sealed' || kind === 'plain' ? 'BAD_SEAL' : 'UNKNOWN_KIND')
}

function codeOf(error: unknown): ErrorCode {
  if (error instanceof ImError) return error.code
  if (error instanceof SealError) return error.reason === 'not-sealed' ? 'NOT_SEALED' : 'BAD_SEAL'
  throw error
}

/**
 * The only place that puts text into envelopes and takes it out, with the keys of whoever is logged in here. What cannot
 * be opened has a code, never a guess.
 */
export class Texts {
  readonly #random: RandomBytes
  #me: { uin: Uin; keys: AccountKeys } | null = null
  /** Records stay the same objects in memory, and views ask for their texts again and again. */
  #read = new WeakMap<Envelope, Opened>()
  #parsed = new WeakMap<Envelope, unknown>()

  constructor(random: RandomBytes) {
    this.#random = random
  }

  unlock(uin: Uin, keys: AccountKeys): void {
    this.#me = { uin, keys }
    this.#forget()
  }

  lock(): void {
    this.#me = null
    this.#forget()
  }

  #forget(): void {
    this.#read = new WeakMap()
    this.#parsed = new WeakMap()
  }

  /** Throws KEYCHAIN_LOCKED while the keys of the account are not here. */
  #own(): { uin: Uin; keys: AccountKeys } {
    if (this.#me === null) throw new ImError('KEYCHAIN_LOCKED', 'The keys of this account cannot be read now.')
    return this.#me
  }

  get publicKeys(): PublicKeys {
    return this.#own().keys.publicKeys
  }

  async seal(text: string, draft: Draft, to: Addressee): Promise<Envelope> {
    const { uin, keys } = this.#own()
    return sealContent(text, { sender: uin, recipient: to.uin, ...draft }, keys, to.keys, this.#random)
  }

  #sealPrivate(
    value: BackupPrivate | FriendPrivate | DraftPrivate,
    place: Omit<PrivatePlace, 'owner'>,
    before: Envelope | null,
  ) {
    const { uin, keys } = this.#own()
    return sealPrivate(value, { owner: uin, ...place }, nextRev(before), keys.dataKey, this.#random)
  }

  sealBackupPrivate(value: BackupPrivate, id: string, before: Envelope | null = null): Envelope {
    return this.#sealPrivate(value, { kind: 'backup', about: id }, before)
  }

  sealFriendPrivate(value: FriendPrivate, { uin, private: before }: FriendText): Envelope {
    return this.#sealPrivate(value, { kind: 'friend', about: uin }, before)
  }

  sealDraft(value: DraftPrivate, to: Uin): Envelope {
    return this.#sealPrivate(value, { kind: 'draft', about: to }, null)
  }

  /** A text of mine, by its envelope alone: in a backup, or in a message on its way. */
  #mine(envelope: Envelope, recipient: Uin, origins: readonly (string | null)[] | null): Opened {
    const known = this.#read.get(envelope)
    if (known !== undefined) return known
    let opened: Opened
    try {
      const { uin, keys } = this.#own()
      const sealed = sealedOf(envelope)
      // The text of another draft to the same friend would open as well.
      if (origins !== null && !origins.includes(sealed.origin)) throw new ImError('BAD_SEAL')
      opened = { text: openAsOwner(sealed, { sender: uin, recipient }, keys.dataKey) }
    } catch (error) {
      opened = { code: codeOf(error) }
    }
    if (typeof envelope === 'object' && envelope !== null) this.#read.set(envelope, opened)
    return opened
  }

  backup({ id, conflictOf, plan, content }: BackupTexts): Opened {
    return this.#mine(content, plan.to, [id, conflictOf])
  }

  /** A message of mine that waits for the relay. */
  queued(id: string, to: Uin, content: Envelope): Opened {
    return this.#mine(content, to, [id])
  }

  /** JSON that I wrote for myself; null when it cannot be read. */
  #private(envelope: Envelope | null, kind: PrivatePlace['kind'], abouts: readonly string[]): object | null {
    if (envelope === null || this.#me === null) return null
    const known = this.#parsed.get(envelope)
    if (known !== undefined) return known as object | null
    let value: unknown = null
    try {
      const { uin, keys } = this.#me
      const sealed = sealedOf(envelope)
      const about = abouts.find((one) => one === sealed.origin) ?? abouts[0] ?? ''
      value = openPrivate(sealed, { owner: uin, kind, about }, keys.dataKey)
    } catch (error) {
      codeOf(error)
    }
    const read = typeof value === 'object' ? value : null
    if (typeof envelope === 'object') this.#parsed.set(envelope, read)
    return read
  }

  /** The owner's private part of a backup; null when it cannot be read here. */
  backupPrivate({ id, conflictOf, private: sealed }: BackupTexts): BackupPrivate | null {
    const value = this.#private(sealed, 'backup', conflictOf === null ? [id] : [id, conflictOf])
    return value === null ? null : { ...NO_PRIVATE, ...value }
  }

  /** What I keep of a friend; nothing, when there is nothing or it cannot be read here. */
  friendPrivate({ uin, private: sealed }: FriendText): FriendPrivate {
    const value = this.#private(sealed, 'friend', [uin])
    return value === null ? NO_FRIEND_PRIVATE : { ...NO_FRIEND_PRIVATE, ...value }
  }

  /** Text for somebody that is not sent yet; null when it cannot be read here. */
  draft(envelope: Envelope, to: Uin): DraftPrivate | null {
    return this.#private(envelope, 'draft', [to]) as DraftPrivate | null
  }

  /**
   * Opens a message for the first time. `trusted`: the keys the sender is known by; `offered`: those the relay names now.
   * Null: it cannot be tried yet, as the keys of this account are not here.
   */
  async open(message: MessageRecord, trusted: PublicKeys | null, offered: PublicKeys | null): Promise<Opening | null> {
    if (this.#me === null) return null
    const { uin, keys } = this.#me
    try {
      const sealed = sealedOf(message.content)
      const parties: Parties = { sender: message.from, recipient: message.to }
      if (message.from === uin) {
        openAsOwner(sealed, parties, keys.dataKey)
        return { kept: null }
      }
      if (message.to !== uin || sealed.sealedTo !== keyId(keys.publicKeys)) throw new ImError('WRONG_RECIPIENT')
      if (trusted === null) throw new ImError('BAD_SEAL')
      return await this.#openFrom(sealed, parties, trusted, offered)
    } catch (error) {
      return { refused: codeOf(error) }
    }
  }

  async #openFrom(sealed: SealedEnvelope, parties: Parties, trusted: PublicKeys, offered: PublicKeys | null) {
    const { keys } = this.#own()
    try {
      const { kept } = await openAsFriend(sealed, parties, keys, trusted, this.#random)
      return { kept }
    } catch (error) {
      if (offered === null || !(error instanceof SealError) || error.reason !== 'bad-signature') throw error
      // By the keys that nobody has said yes to: it waits for that.
      await openAsFriend(sealed, parties, keys, offered, this.#random)
      throw new ImError('KEY_CHANGED')
    }
  }

  message({ message, opening }: MessageRow): Opened {
    if (opening === null) return { code: 'KEYCHAIN_LOCKED' }
    if ('refused' in opening) return { code: opening.refused }
    const { from, to, content } = message
    try {
      const { keys } = this.#own()
      const parties = { sender: from, recipient: to }
      const { kept } = opening
      const { dataKey } = keys
      return {
        text: kept === null ? openAsOwner(content, parties, dataKey) : openKept(content, parties, kept, dataKey),
      }
    } catch (error) {
      return { code: codeOf(error) }
    }
  }
}
