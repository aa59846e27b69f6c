import { createHash } from 'node:crypto'
import { isLive } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import type { RelayParams } from '../../protocol/relay-api.ts'
import type { DeviceHandler } from '../context.ts'
import { conflictCopy, edited } from '../firing/backup-change.ts'
import { checkPlan, refusing } from '../firing/check-plan.ts'
import { checkContentSeal, checkPrivateSeal } from '../firing/check-seal.ts'
import { checkContentSize, checkPrivateSize } from '../firing/content-size.ts'
import { goesToFriend, heldUnlessFresh } from '../firing/key-change.ts'
import { Room } from '../firing/room.ts'

/** The id of the backup that keeps the text of an edit that lost: a retry finds it again. */
function conflictId(edit: RelayParams<'backup.edit'>): string {
  return createHash('sha256').update(`im conflict ${edit.id} ${edit.change}`).digest('hex').slice(0, 22)
}

/** Changes a backup if it is still at the revision the editor saw; else the text is kept as a backup of its own. */
export const backupEdit: DeviceHandler<'backup.edit'> = async (edit, relay, session) => {
  relay.changes.take(session.uin, 1)
  if (edit.content !== undefined) {
    checkContentSize(edit.content, relay.config.limits)
    checkContentSeal(edit.content, edit.id, false)
  }
  if (edit.private !== undefined) {
    checkPrivateSize(edit.private, relay.config.limits)
    checkPrivateSeal(edit.private, edit.id)
  }
  return relay.accounts.one(session.uin, async (account) => {
    const record = await account.backups.get(edit.id)
    if (record === undefined) throw new ImError('NO_SUCH_BACKUP')
    const kept = await account.backups.get(conflictId(edit))
    if (kept !== undefined) return { record, conflict: kept }
    if (record.changes.includes(edit.change)) return { record, conflict: null }
    if (edit.plan !== undefined) {
      if (edit.plan.to !== record.plan.to) throw new ImError('USAGE', 'A backup cannot change its recipient.')
      checkPlan(account, edit.plan, relay.config.limits)
      if (edit.rearm && edit.plan.to !== account.uin) account.requireFriend(edit.plan.to)
    }
    const context = { now: account.now, seq: account.head, deviceId: session.deviceId }
    const outcome = refusing(() => edited(record, edit, context))
    if (outcome.kind === 'edited') {
      if (!isLive(record.state)) new Room(account, relay.config.limits).take(record.plan.to)
      const next = heldUnlessFresh(account, outcome.record, edit.content !== undefined)
      if (next.state === 'armed' && goesToFriend(account, next)) checkContentSeal(next.content, next.id, true)
      account.putBackup(next)
      return { record: next, conflict: null }
    }
    if (!edit.keep || edit.content === undefined) throw outcome.error
    new Room(account, relay.config.limits).take(record.plan.to)
    const conflict = conflictCopy(record, edit, conflictId(edit), context)
    account.putBackup(conflict)
    return { record, conflict }
  })
}
