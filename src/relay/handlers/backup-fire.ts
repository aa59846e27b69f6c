import { ImError } from '../../protocol/errors.ts'
import { presencesOf } from '../accounts/waits.ts'
import type { DeviceHandler } from '../context.ts'
import { fire, stopReason } from '../firing/firing.ts'

/** A device asks; the transaction decides. Firings count against no budget. */
export const backupFire: DeviceHandler<'backup.fire'> = async (request, relay, session) => {
  const { accounts, board, meter, host, config } = relay
  const uin = session.uin
  const cause = { by: 'device', deviceId: session.deviceId } as const
  const record = await accounts.read(uin, (view) => view.backups.get(request.id))
  if (record === undefined) throw new ImError('NO_SUCH_BACKUP')
  await board.fetch(presencesOf(uin, record))
  const { result, dueSince } = await accounts.pair(uin, record.plan.to, (me, other) =>
    fire(me, other, request, cause, (who) => board.seenBy(uin, who), config.limits),
  )
  const lateMs = dueSince === null ? null : host.clock.now() - dueSince
  meter?.fired('device', result.outcome, stopReason(result), lateMs)
  return result
}
