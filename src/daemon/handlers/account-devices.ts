import { toRfc3339 } from '../../domain/instant.ts'
import type { RelayResults } from '../../protocol/relay-api.ts'
import type { DeviceView } from '../../protocol/views.ts'
import { type Handler, RELAY_WAIT_MS, requireAccount } from '../core.ts'

export type ListedDevice = RelayResults['device.list']['devices'][number]

export function deviceView(device: ListedDevice, current: string): DeviceView {
  const { id, name, connected, lastSeenAt } = device
  return {
    v: 1,
    id,
    name,
    current: id === current,
    connected,
    lastSeenAt: lastSeenAt === null ? null : toRfc3339(lastSeenAt),
  }
}

export const accountDevices: Handler<'account.devices'> = async (core) => {
  const { deviceId } = requireAccount(core)
  const peer = await core.link.ready(RELAY_WAIT_MS)
  const { devices } = await peer.call('device.list', {})
  return devices.filter((device) => device.revokedAt === null).map((device) => deviceView(device, deviceId))
}
