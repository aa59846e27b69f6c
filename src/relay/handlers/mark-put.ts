import { noMark } from '../account-state.ts'
import type { DeviceHandler } from '../context.ts'

/** How far the owner has received and read. Marks only grow, and a mark that does not move writes nothing. */
export const markPut: DeviceHandler<'mark.put'> = async ({ marks }, relay, session) => {
  for (const { friend, delivered, read } of marks) {
    await relay.accounts.pair(session.uin, friend, async (me, other) => {
      const count = await me.count(friend)
      const before = me.mark(friend)
      const readTo = Math.max(before.read, Math.min(read, count))
      const deliveredTo = Math.max(before.delivered, Math.min(delivered, count), readTo)
      if (readTo === before.read && deliveredTo === before.delivered) return
      const moved = { ...before, delivered: deliveredTo, read: readTo, at: me.now }
      if (other === null) {
        me.putMark({ ...moved, friendDelivered: deliveredTo, friendRead: readTo })
        return
      }
      me.putMark(moved)
      const theirs = other.exists ? other.mark(session.uin) : noMark(session.uin)
      if (other.exists) other.putMark({ ...theirs, friendDelivered: deliveredTo, friendRead: readTo, at: me.now })
    })
  }
  return {}
}
