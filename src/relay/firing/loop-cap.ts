/** Two accounts that answer each other by backups are stopped, and both owners are told. */
import { MINUTE_MS } from '../../domain/instant.ts'
import type { Uin } from '../../domain/uin.ts'
import type { BackupRecord } from '../../protocol/records.ts'
import type { AccountTx } from '../accounts/account-tx.ts'

const CAP = 30
const WITHIN_MS = 10 * MINUTE_MS
/** Of the conversation, so many messages are looked through at most. */
const LOOKED_THROUGH = 500

/** Whether it is messages that make this backup fire. */
export function answersMessages({ plan }: BackupRecord): boolean {
  return plan.trigger.conditions.some((condition) => condition.kind === 'message')
}

/** Whether so many answers of backups have gone to the friend lately that no more may go. */
export async function loopCapReached(me: AccountTx, friend: Uin): Promise<boolean> {
  const newest = await me.log.count(friend)
  const messages = await me.log.messagesFrom(friend, Math.max(0, newest - LOOKED_THROUGH), LOOKED_THROUGH)
  const answers = messages.filter(({ answering, from, at }) => answering && from === me.uin && at > me.now - WITHIN_MS)
  return answers.length >= CAP
}

/** The friend's record is what both owners' devices hear of. */
export function tellLoopCap(me: AccountTx, other: AccountTx): void {
  for (const [account, friend] of [
    [me, other.uin],
    [other, me.uin],
  ] as const) {
    const record = account.friend(friend)
    if (record !== undefined) account.putFriend({ ...record, loopCapAt: me.now })
  }
}
