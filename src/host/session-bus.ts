import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * The address of the session's D-Bus, or null when the session has none. Never `autolaunch:`: that would start a bus
 * nobody else is on, and leave it running.
 */
export function sessionBus(env: Readonly<Record<string, string | undefined>>): string | null {
  const given = (env.DBUS_SESSION_BUS_ADDRESS ?? '').split(';').filter((address) => !/^(autolaunch:|$)/.test(address))
  if (given.length > 0) return given.join(';')
  if (!env.XDG_RUNTIME_DIR) return null
  const socket = join(env.XDG_RUNTIME_DIR, 'bus')
  return existsSync(socket) ? `unix:path=${socket}` : null
}
