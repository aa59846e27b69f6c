import { ImError } from '../../protocol/errors.ts'
import type { DeviceHandler } from '../context.ts'

export const backupGet: DeviceHandler<'backup.get'> = ({ id }, relay, session) =>
  relay.accounts.read(session.uin, async (view) => {
    const record = await view.backups.get(id)
    if (record === undefined) throw new ImError('NO_SUCH_BACKUP')
    return { record }
  })
