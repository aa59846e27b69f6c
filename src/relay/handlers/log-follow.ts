import type { DeviceHandler } from '../context.ts'

/** Entries after the cursor follow as `log.entries`. A cursor beyond the head proves that this log lost its tail. */
export const logFollow: DeviceHandler<'log.follow'> = async ({ cursor }, relay, session) => {
  const { epoch, head } = await relay.accounts.read(session.uin, (view) => ({ epoch: view.epoch, head: view.head }))
  const lost = cursor !== null && cursor.epoch === epoch && cursor.seq > head
  if (lost) {
    relay.host.log.error('a device has seen more of a log than there is', { seen: cursor.seq, head })
    const bumped = await relay.accounts.one(session.uin, (account) => account.startEpoch())
    session.follow(bumped, head, head)
    return { epoch: bumped, head, resync: true }
  }
  const resync = cursor === null || cursor.epoch !== epoch
  session.follow(epoch, resync ? head : cursor.seq, head)
  return { epoch, head, resync }
}
