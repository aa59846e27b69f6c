import { Ledger } from '../../../src/daemon/ledger.ts'
import { keys } from '../../../src/daemon/rows.ts'
import type { BackupPlan, Condition } from '../../../src/domain/backup.ts'
import type { Uin } from '../../../src/domain/uin.ts'
import type { BackupRecord, LogEntry, LogEntryBody, MessageRecord } from '../../../src/protocol/records.ts'
import { openStore } from '../../../src/store/account-store.ts'
import { MemoryDisk } from '../../../src/store/memory-engine.ts'
import type { Store } from '../../../src/store/store.ts'
import { MemoryWitness } from '../../../src/store/witness.ts'

export const ME = '7992739875' as Uin
export const BO = '4835022718' as Uin
export const CY = '1234567897' as Uin

export const plain = (text: string) => ({ kind: 'plain' as const, text })

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
    content: plain(`text of ${id}`),
    private: plain('{"key":null,"note":null,"matching":[]}'),
    blobs: [],
    occurrence: 1,
    armedAt: 1_000,
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
  return {
    id: `message-${n}-of-bo-000`,
    friend: BO,
    n,
    from: BO,
    to: ME,
    at: 10_000 + n,
    content: plain(`message ${n}`),
    automatic: false,
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
): Promise<{ ledger: Ledger; store: Store }> {
  const store = await openStore({
    engine: await disk.open(),
    kind: 'daemon',
    witness,
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
