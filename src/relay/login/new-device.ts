import type { Host } from '../../host/host.ts'
import { hashDeviceToken, makeDeviceToken } from '../../sealing/device-token.ts'
import type { StoredDevice } from '../accounts/account-state.ts'

/** A new device and its token; only the token's hash is kept. The id is hex: none may look like a flag in a shell. */
export function newDevice(host: Host, name: string): { device: StoredDevice; token: string } {
  const id = Buffer.from(host.random(12)).toString('hex')
  const token = makeDeviceToken(id, host.random)
  const createdAt = host.clock.now()
  const device = { id, name, createdAt, revokedAt: null, tokenHash: hashDeviceToken(token), lastSeenAt: null }
  return { device, token }
}
