import { randomBytes } from 'node:crypto'
import { Ledger } from '../../../src/daemon/mirror/ledger.ts'
import { keys } from '../../../src/daemon/mirror/rows.ts'
import { Texts } from '../../../src/daemon/mirror/texts.ts'
import type { BackupPlan, Condition } from '../../../src/domain/backup.ts'
import type { Uin } from '../../../src/domain/uin.ts'
import type {
  BackupRecord,
  Envelope,
  FriendRecord,
  LogEntry,
  LogEntryBody,
  MessageRecord,
} from '../../../src/protocol/records.ts'
import type { RelayResults } from '../../../src/protocol/relay-api.ts'
import { sealContent } from '../../../src/sealing/content.ts'
import { makeAccountKeys } from '../../../src/sealing/keys.ts'
import { openStore, type StoreOptions } from '../../../src/store/account-store.ts'
import { MemoryDisk } from '../../../src/store/memory-engine.ts'
import type { Store } from '../../../src/store/store.ts'
import { MemoryWitness } from '../../../src/store/witness.ts'
import { dummyContent, dummyPrivate } from '../../support/dummy-seal.ts'

export const ME = '7992739875' as Uin
export const BO = '4835022718' as Uin
export const CY = '1234567897' as Uin

const random = (length: number) => randomBytes(length)
const mine = makeAccountKeys(random)
const bos = makeAccountKeys(random)
export const BO_KEYS = bos.publicKeys

/** The texts of the owner of these samples, with the keys at hand. */
export function openTexts(): Texts {
  const texts = new Texts(random)
  texts.unlock(ME, mine)
  return texts
}

/** What Bo seals for a message of that id. */
export function byBo(id: string, text: string): Promise<Envelope> {
  const place = { sender: BO, recipient: ME, origin: id, contentRev: 1, repeats: false }
  return sealContent(text, place, bos, mine.publicKeys, random)
}

/** Pages of state, until one is the last. */
export async function* statePages(page: () => RelayResults['log.state']): AsyncGenerator<RelayResults['log.state']> {
  for (let more = true; more; ) {
    const next = page()
    more = next.next !== null
    yield next
  }
}

export function friend(over: Partial<FriendRecord> = {}): FriendRecord {
  return {
    uin: BO,
    name: 'Bo',
    nick: 'Bo',
    state: 'friend',
    note: null,
    since: 1,
    notify: 'on',
    hide: false,
    quiet: null,
    loopCapAt: null,
    keys: BO_KEYS,
    private: null,
    ...over,
  }
}

export function plan(conditions: readonly Condition[] = [], over: Partial<BackupPlan> = {}): BackupPlan {
  return {
    to: BO,
    trigger: { match: 'all', conditions },
    action: { kind: 'remind' },
    window: null,
    unless: { reply: null },
    late: { graceMs: 600_000, then: 'remind' },
    repeat: null,
    ...over,
  }
}

export function backup(id: string, over: Partial<BackupRecord> = {}): BackupRecord {
  return {
    id,
    rev: 1,
    plan: plan(),
    state: 'armed',
    heldReason: null,
    content: dummyContent(`text of ${id}`, id, null),
    private: dummyPrivate(id),
    blobs: [],
    occurrence: 1,
    armedAt: 1_000,
    resumeAt: null,
    final: false,
    armedSeq: 0,
    createdAt: 1_000,
    createdBy: 'desk',
    updatedAt: 1_000,
    updatedBy: 'desk',
    dueAt: null,
    endedAt: null,
    sent: null,
    error: null,
    occurrences: [],
    conflictOf: null,
    changes: [],
    ...over,
  }
}

export function message(n: number, over: Partial<MessageRecord> = {}): MessageRecord {
  const id = `message-${n}-of-bo-000`
  return {
    id,
    friend: BO,
    n,
    from: BO,
    to: ME,
    at: 10_000 + n,
    content: dummyContent(`message ${n}`, id, BO_KEYS),
    automatic: false,
    answering: false,
    backupId: null,
    deviceId: null,
    ...over,
  }
}

export function entry(seq: number, body: LogEntryBody): LogEntry {
  return { seq, at: 20_000 + seq, ...body } as LogEntry
}

/** A profile's store in memory, with the cursor at the beginning of the log. */
export async function openLedger(
  disk = new MemoryDisk(),
  witness = new MemoryWitness(),
  reserve?: NonNullable<StoreOptions['reserve']>,
): Promise<{ ledger: Ledger; store: Store }> {
  const store = await openStore({
    engine: await disk.open(),
    kind: 'daemon',
    witness,
    ...(reserve !== undefined && { reserve }),
    verifyWrites: true,
  })
  const ledger = await Ledger.open(store)
  await ledger.change((tx) => {
    tx.put(keys.cursor, { epoch: 0, seq: 0, floor: 0 })
    tx.put(keys.account, {
      uin: ME,
      relay: 'ws://127.0.0.1:1',
      deviceId: 'desk',
      deviceName: 'desk',
      nick: null,
      tokenStore: 'file',
      refused: null,
    })
  })
  return { ledger, store }
}
