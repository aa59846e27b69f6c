import { ImError } from '../../protocol/errors.ts'
import type { Limits } from '../../protocol/limits.ts'
import { MAX_FRAME_BYTES, type NewBackup, type PutResult } from '../../protocol/relay-api.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import type { DeviceHandler } from '../context.ts'
import { created } from '../firing/backup-change.ts'
import { checkPlan } from '../firing/check-plan.ts'
import { checkContentSeal, checkPrivateSeal } from '../firing/check-seal.ts'
import { checkContentSize, checkPrivateSize } from '../firing/content-size.ts'
import { goesToFriend, heldUnlessFresh } from '../firing/key-change.ts'
import { Room } from '../firing/room.ts'

/** So many of a batch count as one change: a full one, of 500, as five. */
const BACKUPS_PER_CHANGE = 100

/** Room for answers in a frame; what is put beside them is small. */
const ANSWER_BYTES = MAX_FRAME_BYTES / 2

async function put(
  account: AccountTx,
  backup: NewBackup,
  room: Room,
  limits: Limits,
  deviceId: string,
): Promise<PutResult> {
  const known = await account.backups.get(backup.id)
  if (known !== undefined) return { ok: true, created: false, record: known }
  try {
    if (await account.backups.isForgotten(backup.id)) throw new ImError('ALREADY_FINISHED')
    if (backup.plan.to !== account.uin) account.requireFriend(backup.plan.to)
    checkPlan(account, backup.plan, limits)
    checkContentSize(backup.content, limits)
    checkPrivateSize(backup.private, limits)
    checkContentSeal(backup.content, backup.id, goesToFriend(account, backup))
    checkPrivateSeal(backup.private, backup.id)
    room.take(backup.plan.to)
  } catch (error) {
    if (!(error instanceof ImError)) throw error
    return { ok: false, id: backup.id, error: error.toData() }
  }
  const made = created(backup, { now: account.now, seq: account.head, deviceId })
  const record = heldUnlessFresh(account, made, false)
  account.putBackup(record)
  return { ok: true, created: true, record }
}

/** All refusals, and as many records as fit in the frame. */
function answerable(results: readonly PutResult[]): PutResult[] {
  let bytes = 0
  return results.filter((result) => {
    bytes += result.ok ? Buffer.byteLength(JSON.stringify(result)) : 0
    return !result.ok || bytes <= ANSWER_BYTES
  })
}

/** Stores new backups, all in one transaction; one that is refused leaves the others alone. */
export const backupPut: DeviceHandler<'backup.put'> = async ({ backups }, relay, session) => {
  const { limits } = relay.config
  if (backups.length > limits.putBatch) throw new ImError('LIMIT', `At most ${limits.putBatch} backups at once.`)
  relay.changes.take(session.uin, Math.ceil(backups.length / BACKUPS_PER_CHANGE))
  const results = await relay.accounts.one(session.uin, async (account) => {
    const room = new Room(account, limits)
    const done: PutResult[] = []
    for (const backup of backups) done.push(await put(account, backup, room, limits, session.deviceId))
    return done
  })
  return { results: results.length === 1 ? results : answerable(results) }
}
