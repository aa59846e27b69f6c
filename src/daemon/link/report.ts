/**
 * A relay that was restored or repaired may know less than its devices do: what it no longer has, and how backups stand
 * that it thinks are still to be sent. Whoever comes with a log of another epoch says so, before taking up the new one.
 */

import { isOlder } from '../../domain/life.ts'
import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { BackupRecord, LogEntryBody, MessageRecord } from '../../protocol/records.ts'
import type { RangeQuery } from '../../store/store.ts'
import type { Ledger } from '../mirror/ledger.ts'
import { keys, type MessageRow, within } from '../mirror/rows.ts'
import type { RelayPeer } from './relay-peer.ts'

export interface RelayState {
  items: LogEntryBody[]
  /** Where the log stood when it was read: it is followed from there. */
  seq: number
}

/** More state than an account can have: who goes on telling means no good. */
const MOST_STATE_ITEMS = 500_000
/** Of one conversation: what was said since the last snapshot. */
const MOST_MESSAGES = 5_000
const PAGE = 200
const MOST_PAGES = MOST_MESSAGES / PAGE
const BYTES_AT_ONCE = 64 * 1024
const MOST_AT_ONCE = 200

/** All pages of current state. */
export async function readState(peer: RelayPeer): Promise<RelayState> {
  const items: LogEntryBody[] = []
  let seq: number | null = null
  for await (const page of peer.statePages()) {
    items.push(...page.items)
    seq ??= page.seq
    if (items.length > MOST_STATE_ITEMS || (page.next !== null && page.items.length === 0)) {
      throw new Error('the state has no end')
    }
  }
  // The state has no devices; backups name the one that made them.
  const { devices } = await peer.call('device.list', {})
  for (const { id, name, createdAt, revokedAt } of devices) {
    items.push({ type: 'device', device: { id, name, createdAt, revokedAt } })
  }
  return { items, seq: seq ?? 0 }
}

/** Tells the relay what it has lost, as far as it is known here. Whether there was anything. */
export async function reportLost(peer: RelayPeer, ledger: Ledger, items: readonly LogEntryBody[]): Promise<boolean> {
  const backups = newerBackups(ledger, items)
  const messages = await unknownMessages(peer, ledger, items)
  let told = false
  for (const some of inPieces(backups)) {
    if (await each(some, (few) => peer.call('log.report', { backups: few, messages: [] }))) told = true
  }
  for (const some of inPieces(messages)) {
    if (await each(some, (few) => peer.call('log.report', { backups: [], messages: few }))) told = true
  }
  return (await redoRefusals(peer, ledger, items)) || told
}

/** Tells all at once, or, where that is refused, one by one. Whether anything was taken. */
async function each<T>(all: T[], tell: (some: T[]) => Promise<unknown>): Promise<boolean> {
  if (await isTaken(() => tell(all))) return true
  let told = false
  for (const one of all.length > 1 ? all : []) {
    if (await isTaken(() => tell([one]))) told = true
  }
  return told
}

/**
 * Whether the relay took it. A device may have believed a relay that lied: what an honest one refuses for good stays here
 * and is in the way of nothing.
 */
async function isTaken(call: () => Promise<unknown>): Promise<boolean> {
  try {
    await call()
    return true
  } catch (error) {
    if (error instanceof ImError && !error.retry && error.code !== 'INTERNAL') return false
    throw error
  }
}

function newerBackups(ledger: Ledger, items: readonly LogEntryBody[]): BackupRecord[] {
  const theirs = new Map(items.flatMap((item) => (item.type === 'backup' ? [[item.backup.id, item.backup]] : [])))
  return [...ledger.state.backups.values()].flatMap(({ record, local }) => {
    const known = theirs.get(record.id)
    return !local && (known === undefined || isOlder(known, record)) ? [record] : []
  })
}

async function unknownMessages(
  peer: RelayPeer,
  ledger: Ledger,
  items: readonly LogEntryBody[],
): Promise<MessageRecord[]> {
  const told = new Map<Uin, MessageRecord[]>()
  for (const item of items) {
    if (item.type !== 'message') continue
    const { friend } = item.message
    const of = told.get(friend)
    if (of === undefined) told.set(friend, [item.message])
    else of.push(item.message)
  }
  const { account, friends } = ledger.state
  const found: MessageRecord[] = []
  for (const friend of [...(account === null ? [] : [account.uin]), ...friends.keys()]) {
    found.push(...(await unknownOf(peer, ledger, friend, told.get(friend) ?? [])))
  }
  return found
}

/**
 * What stands here in a conversation and the relay does not tell of. It tells of the newest; older ones are asked for
 * until all that is here of a page is told, and of the same time: what was lost was once the newest, and may have messages
 * above it that are new, or that were lost as well and came again.
 */
async function unknownOf(
  peer: RelayPeer,
  ledger: Ledger,
  friend: Uin,
  newest: readonly MessageRecord[],
): Promise<MessageRecord[]> {
  const { gte, lt } = within(`message/${friend}`)
  /** When each came to the relay. */
  const told = new Map<string, number>()
  let lost: MessageRecord[] = []
  let page = newest
  let below = lt
  for (let pages = 0; pages < MOST_PAGES; pages++) {
    for (const { id, at } of page) told.set(id, at)
    const oldest = Math.min(...page.map(({ n }) => n))
    const from = page.length === 0 ? gte : keys.message(friend, oldest)
    const here = await messagesHere(ledger, { gte: from, lt: below, limit: MOST_MESSAGES })
    const missing = here.filter(({ id }) => !told.has(id))
    lost = [...missing, ...lost]
    const agrees = here.length > 0 && here.every(({ id, at }) => told.get(id) === at)
    below = from
    if (agrees || (await messagesHere(ledger, { gte, lt: below, limit: 1 })).length === 0) break
    let older: MessageRecord[] = []
    const asked = await isTaken(async () => {
      older = (await peer.call('log.history', { friend, before: oldest, limit: PAGE })).messages
    })
    if (!asked) break
    page = older.filter(({ n }) => n < oldest)
  }
  return lost
}

async function messagesHere(ledger: Ledger, range: RangeQuery): Promise<MessageRecord[]> {
  const rows = await ledger.read((reader) => reader.range(range))
  return rows.map(([, row]) => (row as MessageRow).message)
}

/** Whoever was blocked or revoked since is so again: else a restore would let them back in. */
async function redoRefusals(peer: RelayPeer, ledger: Ledger, items: readonly LogEntryBody[]): Promise<boolean> {
  const { friends, devices } = ledger.state
  let redone = false
  for (const item of items) {
    if (item.type === 'friend' && item.friend.state !== 'blocked') {
      if (friends.get(item.friend.uin)?.state !== 'blocked') continue
      if (await isTaken(() => peer.call('friend.block', { uin: item.friend.uin }))) redone = true
    }
    if (item.type === 'device' && item.device.revokedAt === null) {
      if ((devices.get(item.device.id)?.revokedAt ?? null) === null) continue
      if (await isTaken(() => peer.call('device.revoke', { id: item.device.id }))) redone = true
    }
  }
  return redone
}

/** In order, as many at once as fit well into a frame. */
function* inPieces<T>(all: readonly T[]): Generator<T[]> {
  let piece: T[] = []
  let bytes = 0
  for (const one of all) {
    const size = Buffer.byteLength(JSON.stringify(one))
    if (piece.length > 0 && (bytes + size > BYTES_AT_ONCE || piece.length === MOST_AT_ONCE)) {
      yield piece
      piece = []
      bytes = 0
    }
    piece.push(one)
    bytes += size
  }
  if (piece.length > 0) yield piece
}
