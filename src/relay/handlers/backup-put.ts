import { isLive } from '../../domain/life.ts'
import { ImError, toErrorData } from '../../protocol/errors.ts'
import type { Limits } from '../../protocol/limits.ts'
import type { NewBackup, PutResult } from '../../protocol/relay-api.ts'
import type { AccountTx } from '../account-tx.ts'
import { created } from '../backup-change.ts'
import { checkPlan } from '../check-plan.ts'
import { checkContentSize } from '../content-size.ts'
import type { DeviceHandler } from '../context.ts'

/** A batch counts as five changes, however many it has. */
const BATCH_COST = 5

/** Live backups of an account, counted once a request. */
interface Room {
  all: number
  byFriend: Map<string, number>
}

function roomTaken(account: AccountTx): Room {
  const room: Room = { all: 0, byFriend: new Map() }
  for (const backup of account.backups()) {
    if (isLive(backup.state)) take(room, backup.plan.to)
  }
  return room
}

function take(room: Room, to: string): void {
  room.all++
  room.byFriend.set(to, (room.byFriend.get(to) ?? 0) + 1)
}

function checkRoom(room: Room, to: string, limits: Limits): void {
  if (room.all >= limits.backupsPerAccount) {
    throw new ImError('LIMIT', `An account may have ${limits.backupsPerAccount} live backups.`)
  }
  if ((room.byFriend.get(to) ?? 0) >= limits.backupsPerFriend) {
    throw new ImError('LIMIT', `A friend may have ${limits.backupsPerFriend} live backups.`)
  }
}

function put(account: AccountTx, backup: NewBackup, room: Room, limits: Limits, deviceId: string): PutResult {
  const known = account.backup(backup.id)
  if (known !== undefined) return { ok: true, created: false, record: known }
  try {
    if (backup.plan.to !== account.uin) account.requireFriend(backup.plan.to)
    checkPlan(account, backup.plan, limits)
    checkContentSize(backup.content, limits)
    checkRoom(room, backup.plan.to, limits)
  } catch (error) {
    return { ok: false, id: backup.id, error: toErrorData(error) }
  }
  take(room, backup.plan.to)
  const record = created(backup, { now: account.now, seq: account.head, deviceId })
  account.putBackup(record)
  return { ok: true, created: true, record }
}

/** Stores new backups, all in one transaction; one that is refused leaves the others alone. */
export const backupPut: DeviceHandler<'backup.put'> = async ({ backups }, relay, session) => {
  relay.changes.take(session.uin, backups.length === 1 ? 1 : BATCH_COST)
  const results = await relay.accounts.one(session.uin, (account) => {
    account.lookSoon()
    const room = roomTaken(account)
    return backups.map((backup) => put(account, backup, room, relay.config.limits, session.deviceId))
  })
  return { results }
}
