/**
 * What goes when its time has come, though nobody asks for it: requests nobody answered, backups that were over long
 * ago, what a crash left of a deleted account. A plain pass over all accounts, a few at a time with a rest in between,
 * past the cache, so that the accounts in use stay in it. A pass that is interrupted loses nothing.
 */
import { DAY_MS, type Instant } from '../../domain/instant.ts'
import { isUin, type Uin } from '../../domain/uin.ts'
import type { BackupRecord, FriendRecord } from '../../protocol/records.ts'
import { type Reader, StoreError } from '../../store/store.ts'
import { within } from '../accounts/account-state.ts'
import type { RelayParts } from '../context.ts'
import { lapse } from '../friends/friendship.ts'
import { finishDeletion } from '../login/deletion.ts'
import { trimLog } from './trim.ts'

/** A request for friendship that nobody answers, whether or not there is anybody: it goes on both sides. */
const REQUEST_LAPSES_MS = 30 * DAY_MS

const ACCOUNTS_AT_ONCE = 100
const ROWS_AT_ONCE = 256
const REST_MS = 50

export interface Housekept {
  accounts: number
  /** Requests taken back. */
  lapsed: number
  /** Backups forgotten. */
  forgotten: number
  /** Entries of logs that newer ones have made void, and old messages. */
  trimmed: number
  /** Deleted accounts of which something was left. */
  buried: number
}

/** Whether a pass found nothing to do. */
export function isIdle({ accounts: _, ...done }: Housekept): boolean {
  return Object.values(done).every((count) => count === 0)
}

type House = Pick<RelayParts, 'accounts' | 'board' | 'config' | 'host'>

/** What there is to do for one account. */
interface Chores {
  lapsed: Uin[]
  ended: boolean
  half: boolean
}

export async function keepHouse(house: House, signal: AbortSignal): Promise<Housekept> {
  const done: Housekept = { accounts: 0, lapsed: 0, forgotten: 0, trimmed: 0, buried: 0 }
  let after: Uin | null = null
  for (;;) {
    const page: Uin[] = await house.accounts.page(after, ACCOUNTS_AT_ONCE)
    for (const uin of page) {
      if (signal.aborted) return done
      if (isUin(uin)) await tryAccount(house, uin, done)
    }
    after = page.at(-1) ?? null
    if (page.length < ACCOUNTS_AT_ONCE || signal.aborted) return done
    await rest(house, signal)
  }
}

function rest({ host }: House, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = () => {
      stop()
      signal.removeEventListener('abort', over)
      resolve()
    }
    const stop = host.timers.after(REST_MS, over)
    signal.addEventListener('abort', over, { once: true })
  })
}

/** One that is damaged is told of, and passed over: those behind it have their turn. */
async function tryAccount(house: House, uin: Uin, done: Housekept): Promise<void> {
  try {
    await keepAccount(house, uin, done)
  } catch (cause) {
    if (!(cause instanceof StoreError && cause.reason === 'damaged')) throw cause
    house.host.log.error('an account is not kept', { cause: String(cause) })
  }
}

async function keepAccount(house: House, uin: Uin, done: Housekept): Promise<void> {
  const { accounts, config, host } = house
  const now = host.clock.now()
  const chores = await accounts.peek(uin, (reader) => choresOf(reader, now, config.limits.finishedForMs))
  done.accounts++
  for (const friend of chores.lapsed) {
    const lapsed = await accounts.two(uin, friend, (me, other) => lapse(me, other, now - REQUEST_LAPSES_MS))
    if (lapsed) done.lapsed++
  }
  if (chores.ended) done.forgotten += await accounts.one(uin, (account) => account.forgetEnded())
  if (!chores.half) done.trimmed += await trimLog(accounts, uin, config.retention, now)
  if (chores.half) {
    await finishDeletion(house, uin)
    done.buried++
  }
}

async function choresOf(reader: Reader, now: Instant, finishedForMs: number): Promise<Chores> {
  const { rows } = reader
  if (rows.has('gone')) return { lapsed: [], ended: false, half: rows.size > 1 }
  const lapsed: Uin[] = []
  for await (const value of rowsOf(reader, 'friend')) {
    const { state, since, uin } = value as FriendRecord
    if (state === 'outgoing' && since <= now - REQUEST_LAPSES_MS) lapsed.push(uin)
  }
  for await (const value of rowsOf(reader, 'backup')) {
    const { endedAt } = value as BackupRecord
    if (endedAt !== null && now - endedAt > finishedForMs) return { lapsed, ended: true, half: false }
  }
  return { lapsed, ended: false, half: false }
}

async function* rowsOf(reader: Reader, space: string): AsyncGenerator<unknown> {
  if ((reader.rows.get(space) ?? 0) === 0) return
  const { gte, lt } = within(space)
  for (let from = gte; ; ) {
    const rows = await reader.range({ gt: from, lt, limit: ROWS_AT_ONCE })
    for (const [key, value] of rows) {
      from = key
      yield value
    }
    if (rows.length < ROWS_AT_ONCE) return
  }
}
