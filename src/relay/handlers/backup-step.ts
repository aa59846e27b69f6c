import { isLive } from '../../domain/life.ts'
import { ImError } from '../../protocol/errors.ts'
import type { DeviceHandler } from '../context.ts'
import { stepped } from '../firing/backup-steps.ts'
import { Room } from '../firing/room.ts'

/** What the owner does with a backup as a whole: `backup-steps.ts` has each of them. */
export const backupStep: DeviceHandler<'backup.step'> = (params, relay, session) => {
  relay.changes.take(session.uin, 1)
  return relay.accounts.one(session.uin, async (account) => {
    const record = await account.backups.get(params.id)
    if (record === undefined) throw new ImError('NO_SUCH_BACKUP')
    const next = stepped(record, params, { now: account.now, seq: account.head, deviceId: session.deviceId })
    if (isLive(next.state) && !isLive(record.state)) new Room(account, relay.config.limits).take(record.plan.to)
    if (next !== record) account.putBackup(next)
    return { record: next }
  })
}
