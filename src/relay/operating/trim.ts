/**
 * Makes an account's log shorter, where the relay is told to. Entries older than `logForMs` go when a newer one says the
 * same object's state, messages older than `messagesForMs` when they have been read. What the log keeps from then on up
 * to its floor has gaps: a device that stands below the floor resyncs.
 *
 * The floor never passes what a live backup counts from. Of each conversation the newest message stays, since the next
 * one is numbered after it. A run looks at so many entries of an account and the next one goes on from there.
 */

import type { Instant } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import type { LogEntry, MessageRecord } from '../../protocol/records.ts'
import { keys, type LogFloor } from '../accounts/account-state.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { Accounts } from '../accounts/accounts.ts'
import type { Retention } from '../config.ts'
import { stateIn, stateKeyOf } from '../durability/account-check.ts'

const ENTRIES_AT_ONCE = 256
const ENTRIES_A_RUN = 8 * ENTRIES_AT_ONCE

/** How many entries went. */
export async function trimLog(accounts: Accounts, uin: Uin, retention: Retention, now: Instant): Promise<number> {
  const logForMs = retention.logForMs ?? retention.messagesForMs
  if (logForMs === null) return 0
  const before = { log: now - logForMs, messages: retention.messagesForMs === null ? 0 : now - retention.messagesForMs }
  let removed = 0
  for (let looked = 0; looked < ENTRIES_A_RUN; ) {
    const piece = await accounts.one(uin, (account) => trimPiece(account, before))
    looked += piece.looked
    removed += piece.removed
    if (piece.done) break
  }
  return removed
}

interface Before {
  log: Instant
  messages: Instant
}

async function trimPiece(
  account: AccountTx,
  before: Before,
): Promise<{ looked: number; removed: number; done: boolean }> {
  const { floor } = account
  const from = floor.next ?? 0
  const most = Math.min(account.head, ...account.backups.live().map(({ armedSeq }) => armedSeq))
  const rows = await account.storedRange({ gt: keys.log(from), lte: keys.log(most), limit: ENTRIES_AT_ONCE })
  const entries = rows.map(([, entry]) => entry as LogEntry)
  const young = entries.findIndex(({ seq, at }) => seq > floor.seq && at >= before.log)
  const old = young < 0 ? entries : entries.slice(0, young)
  const last = old.at(-1)
  const done = old.length < ENTRIES_AT_ONCE
  const next: LogFloor = { seq: Math.max(floor.seq, last?.seq ?? 0), kept: floor.kept }
  if (!done && last !== undefined) next.next = last.seq
  let removed = 0
  for (const entry of old) {
    const wasKept = entry.seq <= floor.seq
    const goes = await isVoid(account, entry, before)
    if (goes) {
      await account.removeEntry(entry)
      removed++
    }
    next.kept += (goes ? 0 : 1) - (wasKept ? 1 : 0)
  }
  const moved = next.seq !== floor.seq || next.kept !== floor.kept || next.next !== floor.next
  if (moved) account.putFloor(next)
  return { looked: old.length, removed, done }
}

async function isVoid(account: AccountTx, entry: LogEntry, before: Before): Promise<boolean> {
  if (entry.type === 'message') return isOver(account, entry.message, before.messages)
  if (entry.type === 'device') return account.device(entry.device.id) === undefined
  const key = stateKeyOf(entry)
  if (key === null) return false
  return JSON.stringify(await account.stored(key)) !== JSON.stringify(stateIn(entry))
}

async function isOver(account: AccountTx, message: MessageRecord, before: Instant): Promise<boolean> {
  const { friend, from, n, at } = message
  if (at >= before || n >= (await account.log.count(friend))) return false
  return from === account.uin || n <= account.mark(friend).read
}
