/** What happens in one part of a relay, and what the others do about it. */
import type { Uin } from '../domain/uin.ts'
import { topics } from './accounts/waits.ts'
import type { Session } from './connections/session.ts'
import type { RelayParts } from './context.ts'

/** A friend's presence has changed: every account that has a backup waiting for it is looked at. */
export async function presenceChanged({ host, board, accounts, standIn }: RelayParts, uin: Uin): Promise<void> {
  try {
    for (const watcher of [uin, ...(await board.watchersOf(uin))]) {
      if (await accounts.waits(watcher, topics.presence(uin))) standIn.touch(watcher)
    }
  } catch (cause) {
    host.log.error('watchers not told', { cause: String(cause) })
  }
}

/** A device's connection has ended, and nothing has taken its place. */
export async function hungUp(parts: RelayParts, { uin, deviceId }: Session): Promise<void> {
  const { host, accounts, board, sessions, standIn } = parts
  if (!sessions.has(uin)) standIn.leftAlone(uin)
  try {
    await board.disconnected(uin, deviceId, false)
    await accounts.one(uin, (account) => {
      const device = account.device(deviceId)
      if (device !== undefined) account.deviceSeen(device)
    })
  } catch (cause) {
    host.log.error('hang-up not stored', { cause: String(cause) })
  }
}
