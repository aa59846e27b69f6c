/**
 * What is left of a damaged account, made whole: pure. The log says every object's state, so what one of the two has
 * lost the other gives back. What nobody has any more is named.
 */
import { isUin } from '../../domain/uin.ts'
import type { BackupRecord, LogEntry, LogEntryBody } from '../../protocol/records.ts'
import { keys, type LogFloor, type OwnEpoch } from '../accounts/account-state.ts'
import { messageKeys, pointersIn, stateIn, stateKeyOf, tombOf } from './account-check.ts'
import { heldIfUnsure } from './restored.ts'

export interface Repaired {
  rows: ReadonlyMap<string, unknown>
  /** Keys that are there again, from another row. */
  back: string[]
  /** A sentence for each thing that is gone. */
  lost: string[]
  /** Backups that are held, since nobody knows whether they were sent. */
  held: number
}

/** What it means that a row of this space is gone, where nothing else holds the same. */
const GONE: Readonly<Record<string, (rest: string) => string>> = {
  login: () => 'its password record: nobody can log in with it again',
  device: (id) => `device ${id}: it has to log in again`,
  backup: (id) => `backup ${id}`,
  friend: (uin) => `the friend ${uin}`,
  mark: (uin) => `how far the conversation with ${uin} was read`,
  setting: () => 'its nick, status and quiet hours',
  invite: (hash) => `invite ${hash.slice(0, 12)}`,
  veil: () => 'from whom it was hidden since when',
  gone: () => 'when it was deleted',
  floor: () => 'how far its log was cut',
  log: (seq) => `log entry ${Number(seq)}, a message or a change`,
}
/** Made anew by itself, or out of the log; or nothing is lost but what a restore left behind. */
const DERIVED: ReadonlySet<string> = new Set([
  'presence',
  'epoch',
  'message',
  'indexed',
  'sent',
  'reported',
  'head',
  'wake',
])

export interface DamagedAccount {
  account: string
  /** The sound ones. */
  rows: ReadonlyMap<string, unknown>
  /** Keys of rows that are there and damaged. */
  damaged: readonly string[]
  /** Rows per space that the head counts, where it is sound. */
  counted: ReadonlyMap<string, number> | null
}

export function repairAccount(broken: DamagedAccount, storeEpoch: number, now: number): Repaired {
  const { account } = broken
  const rows = new Map(broken.rows)
  if (rows.has(keys.gone) || broken.damaged.includes(keys.gone)) {
    rows.set(keys.gone, rows.get(keys.gone) ?? now)
    return { rows, back: [], lost: [], held: 0 }
  }
  if (!isUin(account)) return { rows, back: [], lost: goneOf(broken, rows), held: 0 }
  // That there was one is all that a tomb says, and its key says it.
  for (const key of broken.damaged) if (key.startsWith('tomb/')) rows.set(key, now)
  const log = logOf(rows)
  const back = [...pointersFrom(log.entries, rows, broken), ...statesFrom(log, rows)]
  const lost = goneOf(broken, rows)
  const held = settleBackups(log, rows, now)
  for (const entry of log.added) rows.set(keys.log(entry.seq), { ...entry, at: now })
  rows.set(keys.epoch, nextEpoch(rows, storeEpoch, now))
  return { rows, back, lost, held }
}

interface Log {
  /** Sound, in order. */
  entries: readonly LogEntry[]
  /** Above it all entries are there. */
  floor: number
  head: number
  added: Omit<LogEntry, 'at'>[]
}

/** The log up to its newest sound entry; up to the last gap it is only what it still has. */
function logOf(rows: Map<string, unknown>): Log {
  const entries = [...rows].flatMap(([key, value]) => (key.startsWith('log/') ? [value as LogEntry] : []))
  entries.sort((a, b) => a.seq - b.seq)
  const before = (rows.get(keys.floor) as LogFloor | undefined)?.seq ?? 0
  const head = Math.max(entries.at(-1)?.seq ?? 0, pointedAt(rows), before)
  let floor = head
  for (let i = entries.length - 1; floor > before && entries[i]?.seq === floor; i--) floor--
  const kept = entries.filter(({ seq }) => seq <= floor).length
  if (floor > 0) rows.set(keys.floor, { seq: floor, kept } satisfies LogFloor)
  return { entries, floor, head, added: [] }
}

function append(log: Log, body: LogEntryBody): void {
  log.head++
  log.added.push({ seq: log.head, ...body } as LogEntry)
}

/** Rows that lead into the log tell how far it went. */
function pointedAt(rows: ReadonlyMap<string, unknown>): number {
  let last = 0
  for (const [key, value] of rows) {
    if (key === keys.indexed || key.startsWith('sent/')) last = Math.max(last, value as number)
    if (key.startsWith('message/')) for (const [, seq] of pointersIn(key, value)) last = Math.max(last, seq)
    if (key.startsWith('backup/')) last = Math.max(last, (value as BackupRecord).armedSeq)
  }
  return last
}

/**
 * Where messages lie follows from the log, a row for each message: such rows need no `indexed/log`, and a store of any
 * format may hold them. The keys that came back.
 */
function* pointersFrom(
  entries: readonly LogEntry[],
  rows: Map<string, unknown>,
  { account, counted }: DamagedAccount,
): Generator<string> {
  const pointers = new Map<string, number>()
  for (const entry of entries) {
    if (entry.type === 'message') for (const to of messageKeys(entry.message, account)) pointers.set(to, entry.seq)
  }
  const hadRows = (counted?.get('message') ?? 0) > 0 || [...rows.keys()].some((key) => key.startsWith('message/'))
  const indexed = (rows.get(keys.indexed) as number | undefined) ?? (hadRows ? Number.POSITIVE_INFINITY : 0)
  const told = new Set<string>()
  for (const [key, value] of [...rows]) {
    if (key.startsWith('message/')) for (const [place] of pointersIn(key, value)) told.add(place)
    else if (key.startsWith('sent/')) told.add(key)
    else if (key !== keys.indexed) continue
    rows.delete(key)
  }
  for (const [key, seq] of pointers) {
    if (!told.has(key) && (seq <= indexed || key.startsWith('sent/'))) yield key
    rows.set(key, seq)
  }
}

/** What the log says of an object, where its row is gone or says something else; the keys that came back. */
function* statesFrom(log: Log, rows: Map<string, unknown>): Generator<string> {
  const said = new Map<string, LogEntry>()
  for (const entry of log.entries) {
    const key = stateKeyOf(entry)
    if (key !== null) said.set(key, entry)
  }
  for (const [key, entry] of said) {
    const row = rows.get(key)
    if (row === undefined && rows.has(tombOf(key))) continue
    if (row !== undefined && JSON.stringify(row) === JSON.stringify(stateIn(entry))) continue
    // Newer is the row, if entries may be missing that said so; else the log, which has them all.
    if (row !== undefined && log.floor > 0) append(log, { type: entry.type, [entry.type]: row } as LogEntryBody)
    else {
      rows.set(key, stateIn(entry))
      yield key
    }
  }
}

/** Holds what may have gone, and lets nothing count from before the log has every entry. How many are held. */
function settleBackups(log: Log, rows: Map<string, unknown>, now: number): number {
  let held = 0
  for (const [key, value] of [...rows]) {
    if (!key.startsWith('backup/')) continue
    const record = value as BackupRecord
    const settled = heldIfUnsure({ ...record, armedSeq: Math.max(record.armedSeq, log.floor) }, now)
    if (settled.state !== record.state) held++
    if (settled.state === record.state && settled.armedSeq === record.armedSeq) continue
    rows.set(key, settled)
    append(log, { type: 'backup', backup: settled })
  }
  return held
}

function nextEpoch(rows: ReadonlyMap<string, unknown>, store: number, now: number): OwnEpoch {
  const own = rows.get(keys.epoch) as OwnEpoch | undefined
  return { store, epoch: Math.max(now, store + 1, (own?.epoch ?? 0) + 1) }
}

/** What is damaged or counted and is not there, in words. */
function goneOf({ damaged, counted }: DamagedAccount, rows: ReadonlyMap<string, unknown>): string[] {
  const named = damaged.filter((key) => !rows.has(key) && !DERIVED.has(spaceOf(key)))
  const words = named.map((key) => (GONE[spaceOf(key)] ?? (() => key))(key.slice(key.indexOf('/') + 1)))
  for (const [space, count] of counted ?? []) {
    if (DERIVED.has(space)) continue
    const there = [...rows.keys()].filter((key) => spaceOf(key) === space).length
    const missing = count - there - named.filter((key) => spaceOf(key) === space).length
    if (missing > 0) words.push(`${missing} of its ${count} rows of the kind ${space}`)
  }
  return words
}

function spaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'))
}
