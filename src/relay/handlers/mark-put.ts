import type { RelayParams } from '../../protocol/relay-api.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import { topics } from '../accounts/waits.ts'
import type { DeviceHandler } from '../context.ts'

type AskedMark = RelayParams<'mark.put'>['marks'][number]

/** Where the owner's marks of a conversation move to; null: they stay. They only grow, and never past the last message. */
async function moved(me: AccountTx, { friend, delivered, read }: AskedMark) {
  const before = me.mark(friend)
  const count = await me.log.count(friend)
  const readTo = Math.max(before.read, Math.min(read, count))
  const deliveredTo = Math.max(before.delivered, Math.min(delivered, count), readTo)
  if (readTo === before.read && deliveredTo === before.delivered) return null
  return { ...before, delivered: deliveredTo, read: readTo, at: me.now }
}

/** How far the owner has received and read. A friend is told; somebody who is no friend any more is not. */
function put(me: AccountTx, other: AccountTx | null, mark: NonNullable<Awaited<ReturnType<typeof moved>>>): void {
  if (other === null) {
    me.putMark({ ...mark, friendDelivered: mark.delivered, friendRead: mark.read })
    if (me.backups.waits(topics.read(me.uin))) me.lookSoon()
    return
  }
  me.putMark(mark)
  if (me.friend(other.uin)?.state !== 'friend') return
  const theirs = other.mark(me.uin)
  other.putMark({ ...theirs, friendDelivered: mark.delivered, friendRead: mark.read, at: me.now })
  if (mark.read > theirs.friendRead && other.backups.waits(topics.read(me.uin))) other.lookSoon()
}

export const markPut: DeviceHandler<'mark.put'> = async ({ marks }, { accounts, marks: budget }, { uin }) => {
  budget.take(uin, 1)
  const moving = await accounts.read(uin, async (view) => {
    const found: AskedMark[] = []
    for (const asked of marks) if ((await moved(view, asked)) !== null) found.push(asked)
    return found
  })
  for (const asked of moving) {
    await accounts.pair(uin, asked.friend, async (me, other) => {
      const mark = await moved(me, asked)
      if (mark !== null) put(me, other, mark)
    })
  }
  return {}
}
