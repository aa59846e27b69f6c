import type { DeviceHandler } from '../context.ts'

/** Entries after the cursor follow as `log.entries`. A cursor beyond the head proves that this log lost its tail. */
export const logFollow: DeviceHandler<'log.follow'> = async ({ cursor }, { accounts, host }, session) => {
  const { uin } = session
  const { epoch, head, floor } = await accounts.read(uin, ({ epoch, head, floor }) => ({ epoch, head, floor }))
  if (cursor !== null && cursor.epoch === epoch && cursor.seq > head) {
    host.log.error('a device has seen more of a log than there is', { seen: cursor.seq, head })
    // Of several such devices the first begins the epoch.
    const begun = await accounts.startEpoch(uin, (account) => account.epoch === epoch && cursor.seq > account.head)
    session.follow(begun, head, head)
    return { epoch: begun, head, resync: true }
  }
  const resync = cursor === null || cursor.epoch !== epoch || cursor.seq < floor.seq
  session.follow(epoch, resync ? head : cursor.seq, head)
  return { epoch, head, resync }
}
