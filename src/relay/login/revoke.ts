import type { Uin } from '../../domain/uin.ts'
import { ImError } from '../../protocol/errors.ts'
import type { DeviceRecord } from '../../protocol/records.ts'
import { shownDevice } from '../accounts/account-state.ts'
import type { Session } from '../connections/session.ts'
import type { RelayParts } from '../context.ts'

/** Ends a device: its token is refused from now on, and its session is cut unless it is the one that asks. */
export async function revoke(
  relay: RelayParts,
  uin: Uin,
  deviceId: string,
  asking: Session | null,
): Promise<DeviceRecord> {
  const device = await relay.accounts.one(uin, (account) => {
    const known = account.device(deviceId)
    if (known === undefined) throw new ImError('NO_SUCH_DEVICE', undefined, { hint: 'im account devices' })
    const revoked = known.revokedAt === null ? { ...known, revokedAt: account.now } : known
    if (revoked !== known) account.putDevice(revoked)
    return shownDevice(revoked)
  })
  const session = relay.sessions.device(uin, deviceId)
  if (session !== undefined && session !== asking) {
    session.close(new ImError('TOKEN_REFUSED', 'This device has been logged out.').toData())
  }
  return device
}
