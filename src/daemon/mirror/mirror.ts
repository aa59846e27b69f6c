import { isOlder } from '../../domain/life.ts'
import { isListening } from '../../domain/repeating.ts'
import type { Uin } from '../../domain/uin.ts'
import type { BackupRecord, Cursor, FriendRecord, LogEntry, MarkRecord, MessageRecord } from '../../protocol/records.ts'
import { sameKeys } from '../../sealing/keys.ts'
import { keyChanged } from './friend-keys.ts'
import { openRow } from './opening.ts'
import { type BackupRow, type CursorRow, keys, type LogRow, type MarkRow, type MessageRow } from './rows.ts'
import { seenFor, withSighting } from './sightings.ts'
import { type Texts, textOf } from './texts.ts'
import type { Tx } from './tx.ts'

/** Something that happened in the log, for those who watch and for popups. */
export interface Told extends LogRow {
  seq: number
  /** For a message. */
  message?: MessageRow
  /** For a reminder: this device has shown it already, while the relay was away. */
  shownHere?: boolean
}

/** Who reads, and with what. */
export interface Reading {
  me: Uin
  texts: Texts
}

/** Told entries kept for `--after CURSOR`. */
const LOG_KEPT = 10_000

export function noMark(friend: Uin): MarkRow {
  return { mark: { friend, delivered: 0, read: 0, friendDelivered: 0, friendRead: 0, at: 0 }, arrived: 0 }
}

function mergedMark(a: MarkRecord, b: MarkRecord): MarkRecord {
  return {
    friend: a.friend,
    delivered: Math.max(a.delivered, b.delivered),
    read: Math.max(a.read, b.read),
    friendDelivered: Math.max(a.friendDelivered, b.friendDelivered),
    friendRead: Math.max(a.friendRead, b.friendRead),
    at: Math.max(a.at, b.at),
  }
}

/** Takes a backup's record, from the log or from an answer. `logged`: the log says so. */
export function putBackup(
  tx: Tx,
  record: BackupRecord,
  from: { logged: boolean; whole: boolean; args?: string | null },
): void {
  const before = tx.backup(record.id)
  // An answer may come before older entries of the log: those must not turn the backup back.
  const current = before !== undefined && !before.local && isOlder(record, before.record) ? before.record : record
  const row: BackupRow = {
    record: current,
    seen: seenFor(current, before?.seen, from.whole),
    logged: from.logged
      ? { rev: record.rev, occurrence: record.occurrence, state: record.state }
      : (before?.logged ?? null),
    args: from.args ?? before?.args ?? null,
    local: false,
  }
  tx.put(keys.backup(record.id), row)
  const due = tx.state.localDue.get(record.id)
  if (due !== undefined && (current.occurrence !== due.occurrence || !isListening(current))) {
    tx.remove(keys.localDue(record.id))
  }
}

/** `place`: where the log tells it, if it does. A message told in a log before this one keeps its place there. */
export async function putMessage(tx: Tx, message: MessageRecord, place: Cursor | null, key: string | null) {
  const at = keys.message(message.friend, message.n)
  const before = await tx.get<MessageRow>(at)
  const same = before?.message.id === message.id
  const unchanged = same && JSON.stringify(before.message.content) === JSON.stringify(message.content)
  if (before !== undefined && !same) tx.remove(keys.messageId(before.message.id))
  const nowhere: Pick<MessageRow, 'seq' | 'epoch'> = { seq: null }
  const { seq, epoch } = same && before.seq !== null ? before : (place ?? nowhere)
  const row: MessageRow = {
    message,
    opening: unchanged ? before.opening : null,
    seq,
    ...(epoch !== undefined && { epoch }),
    key: key ?? (same ? before.key : null),
  }
  tx.put(at, row)
  tx.put(keys.messageId(message.id), at)
  return row
}

export function putMark(tx: Tx, mark: MarkRecord): void {
  const before = tx.mark(mark.friend) ?? noMark(mark.friend)
  tx.put(keys.mark(mark.friend), { ...before, mark: mergedMark(before.mark, mark) })
}

async function sightAll(
  tx: Tx,
  entry: LogEntry,
  person: Uin,
  { me, texts }: Reading,
  text: string | null,
): Promise<void> {
  const ids = tx.backupIds((before) => [...before.mentioning(person), ...before.lookingAtOwner()])
  for (const id of ids) {
    const row = tx.backup(id)
    if (row === undefined) continue
    const seen = await withSighting(row, entry, me, { text, texts })
    if (seen !== row) tx.put(keys.backup(id), seen)
  }
}

/** From a friend, or from another device of mine to me. */
export function isForHere(tx: Tx, message: MessageRecord): boolean {
  if (message.from !== message.friend) return false
  return message.to !== message.from || message.deviceId !== tx.state.account?.deviceId
}

async function applyMessage(tx: Tx, entry: LogEntry & { type: 'message' }, reading: Reading): Promise<Told | null> {
  const { message } = entry
  const known = await tx.get<MessageRow>(keys.message(message.friend, message.n))
  const { cursor } = tx.state
  const place = cursor === null ? null : { epoch: cursor.epoch, seq: entry.seq }
  const row = await openRow(tx, await putMessage(tx, message, place, null), reading.texts)
  await sightAll(tx, entry, message.friend, reading, textOf(reading.texts.message(row)))
  const mark = tx.mark(message.friend) ?? noMark(message.friend)
  if (isForHere(tx, message) && message.n > mark.arrived) {
    tx.put(keys.mark(message.friend), { ...mark, arrived: message.n })
  }
  if (known !== undefined && known.seq !== null) return null
  return {
    seq: entry.seq,
    at: entry.at,
    type: 'message',
    ref: { friend: message.friend, n: message.n },
    change: message.from === reading.me && message.friend !== reading.me ? 'sent' : 'arrived',
    message: row,
  }
}

async function applyMark(tx: Tx, entry: LogEntry & { type: 'mark' }, reading: Reading): Promise<Told | null> {
  const { mark } = entry
  const before = (tx.mark(mark.friend) ?? noMark(mark.friend)).mark
  putMark(tx, mark)
  await sightAll(tx, entry, mark.friend, reading, null)
  const told = { seq: entry.seq, at: entry.at, type: 'receipt' as const }
  if (mark.friendRead > before.friendRead) {
    return { ...told, ref: { friend: mark.friend, n: mark.friendRead }, change: 'read' }
  }
  if (mark.friendDelivered > before.friendDelivered) {
    return { ...told, ref: { friend: mark.friend, n: mark.friendDelivered }, change: 'delivered' }
  }
  return null
}

/** What the log says of a backup that it did not say before; null: nothing new. */
function backupChange(record: BackupRecord, before: BackupRow['logged']): string | null {
  if (before === null) return record.state === 'armed' ? 'added' : record.state
  if (record.rev < before.rev || record.occurrence < before.occurrence) return null
  const outcome = record.occurrences.at(-1)?.outcome
  if (record.state === 'due' && record.occurrence !== before.occurrence && outcome === 'reminded') return 'due'
  if (record.state !== before.state && record.state !== 'armed') return record.state
  if (record.state === 'armed' && before.state !== 'armed' && before.state !== 'due') return 'armed'
  if (record.occurrence !== before.occurrence) return outcome ?? record.state
  if (record.state !== before.state) return record.state
  return record.rev === before.rev ? null : 'edited'
}

function applyBackup(tx: Tx, entry: LogEntry & { type: 'backup' }): Told | null {
  const { backup } = entry
  const change = backupChange(backup, tx.backup(backup.id)?.logged ?? null)
  const reminded = backup.occurrences.findLast(({ outcome }) => outcome === 'reminded')?.n
  const shownHere = reminded !== undefined && tx.state.localDue.get(backup.id)?.occurrence === reminded
  putBackup(tx, backup, { logged: true, whole: true })
  if (change === null) return null
  return { seq: entry.seq, at: entry.at, type: 'backup', ref: { backup: backup.id }, change, shownHere }
}

/** Keys once seen are remembered on this device; those the owner has said yes to anywhere take their place. */
export function putFriend(tx: Tx, friend: FriendRecord, texts: Texts): void {
  tx.put(keys.friend(friend.uin), friend)
  const pinned = texts.friendPrivate(friend).firstKeys ?? tx.pin(friend.uin) ?? friend.keys
  if (pinned !== null) tx.put(keys.pin(friend.uin), pinned)
}

function applyFriend(tx: Tx, entry: LogEntry & { type: 'friend' }, { texts }: Reading): Told | null {
  const { friend } = entry
  const before = tx.friend(friend.uin)
  putFriend(tx, friend, texts)
  const told = { seq: entry.seq, at: entry.at, type: 'friend' as const, ref: { friend: friend.uin, n: 0 } }
  const offered = friend.keys !== null && before?.keys != null && !sameKeys(before.keys, friend.keys)
  if (offered && keyChanged({ state: tx.state, texts }, friend)) return { ...told, change: 'key-changed' }
  if (before !== undefined && before.loopCapAt !== friend.loopCapAt) return { ...told, change: 'loop-cap' }
  if (before?.state === friend.state) return { ...told, change: 'changed' }
  return { ...told, change: friend.state === 'incoming' ? 'request' : friend.state }
}

async function applyBody(tx: Tx, entry: LogEntry, reading: Reading): Promise<Told | null> {
  switch (entry.type) {
    case 'message':
      return applyMessage(tx, entry, reading)
    case 'mark':
      return applyMark(tx, entry, reading)
    case 'backup':
      return applyBackup(tx, entry)
    case 'friend':
      return applyFriend(tx, entry, reading)
    case 'setting':
      tx.put(keys.setting, entry.setting)
      return null
    case 'device':
      tx.put(keys.device(entry.device.id), entry.device)
      return null
    default:
      return entry satisfies never
  }
}

function isGapless(cursor: CursorRow, entries: readonly LogEntry[]): boolean {
  return entries.every((entry, index) => entry.seq === cursor.seq + 1 + index)
}

/** Those up to this number go; those up to the other went before. */
async function forgetTold(tx: Tx, gone: number, upTo: number): Promise<void> {
  if (upTo < 1) return
  for (const [key] of await tx.range({ gt: keys.log(Math.max(0, gone)), lte: keys.log(upTo) })) tx.remove(key)
}

/**
 * Applies entries that follow the cursor, and moves it, in one transaction; those before it are known and skipped.
 * `gap`: entries are missing in between, nothing was applied.
 */
export async function applyEntries(
  tx: Tx,
  epoch: number,
  entries: readonly LogEntry[],
  reading: Reading,
): Promise<{ told: Told[]; gap: boolean }> {
  const cursor = tx.state.cursor
  if (cursor === null || cursor.epoch !== epoch) return { told: [], gap: true }
  const fresh = entries.filter((entry) => entry.seq > cursor.seq)
  const last = fresh.at(-1)
  if (last === undefined) return { told: [], gap: false }
  if (!isGapless(cursor, fresh)) return { told: [], gap: true }
  const told: Told[] = []
  for (const entry of fresh) {
    if (entry.seq <= cursor.floor) {
      // Part of a resync's state already; read again only for what conditions wait for.
      if (entry.type === 'message') await applyMessage(tx, entry, reading)
      continue
    }
    const one = await applyBody(tx, entry, reading)
    if (one === null) continue
    told.push(one)
    const { seq, message: _, shownHere: __, ...row } = one
    tx.put(keys.log(seq), row)
  }
  await forgetTold(tx, cursor.seq - LOG_KEPT, last.seq - LOG_KEPT)
  tx.put(keys.cursor, { ...cursor, seq: last.seq })
  return { told, gap: false }
}
