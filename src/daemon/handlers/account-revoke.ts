import { ImError } from '../../protocol/errors.ts'
import { type Handler, RELAY_WAIT_MS, requireAccount } from '../core.ts'
import { findId } from '../ids.ts'
import { deviceView } from './account-devices.ts'

/** By id, the beginning of one, or a name that only one device has. */
export const accountRevoke: Handler<'account.revoke'> = async (core, { device: typed }) => {
  const { deviceId } = requireAccount(core)
  const peer = await core.link.ready(RELAY_WAIT_MS)
  const { devices } = await peer.call('device.list', {})
  const active = devices.filter((device) => device.revokedAt === null)
  const named = active.filter((device) => device.name === typed)
  if (named.length > 1) throw new ImError('AMBIGUOUS', `Several devices are called ${typed}.`, { hint: 'use the id' })
  const id =
    named[0]?.id ??
    findId(
      typed,
      active.map((device) => device.id),
    )
  const found = active.find((device) => device.id === id)
  if (found === undefined) throw new ImError('NO_SUCH_DEVICE', undefined, { hint: 'im account devices' })
  await peer.call('device.revoke', { id: found.id })
  return { ...deviceView(found, deviceId), connected: false }
}
