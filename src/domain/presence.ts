import type { Instant } from './instant.ts'

/** How friends see an account. Invisible is shown as offline. */
export type Presence = 'online' | 'away' | 'busy' | 'offline'

/** What the owner chose. `auto` is "online while somebody is at a terminal, else away". */
export type ChosenStatus = 'auto' | 'busy' | 'away' | 'invisible'

/**
 * An account's presence as its friends see it.
 * `onlineSince` is when it last stopped being offline; null while offline.
 */
export interface PresenceFact {
  status: Presence
  onlineSince: Instant | null
  statusSince: Instant
  statusText: string | null
}

export const NEVER_SEEN: PresenceFact = { status: 'offline', onlineSince: null, statusSince: 0, statusText: null }

/** What one connected device contributes: when a person last acted on it. */
export interface DevicePresence {
  activeAt: Instant | null
}

/** A device counts as active this long after a person last acted on it. */
export const ACTIVE_FOR_MS = 15 * 60_000

/** The status friends see, from the owner's choice and the devices that are connected now. */
export function statusOf(chosen: ChosenStatus, devices: Iterable<DevicePresence>, now: Instant): Presence {
  if (chosen === 'invisible') return 'offline'
  let connected = false
  let active = false
  for (const device of devices) {
    connected = true
    if (device.activeAt !== null && now - device.activeAt < ACTIVE_FOR_MS) active = true
  }
  if (!connected) return 'offline'
  if (chosen !== 'auto') return chosen
  return active ? 'online' : 'away'
}

/** The fact after a change, or the same object when nothing friends can see has changed. */
export function nextPresence(
  before: PresenceFact,
  status: Presence,
  statusText: string | null,
  now: Instant,
): PresenceFact {
  const text = status === 'offline' ? null : statusText
  if (before.status === status && before.statusText === text) return before
  return {
    status,
    onlineSince: status === 'offline' ? null : (before.onlineSince ?? now),
    statusSince: before.status === status ? before.statusSince : now,
    statusText: text,
  }
}
