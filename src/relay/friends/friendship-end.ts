import type { BackupPlan } from '../../domain/backup.ts'
import { namedBy } from '../../domain/conditions.ts'
import { isListening } from '../../domain/repeating.ts'
import type { Uin } from '../../domain/uin.ts'
import type { AccountTx } from '../accounts/account-tx.ts'
import { moveTo } from '../firing/backup-change.ts'

/** Whether a plan waits for something that nobody but this friend can bring about. */
function waitsFor({ trigger }: BackupPlan, friend: Uin): boolean {
  const theirs = trigger.conditions.map((condition) => namedBy(condition) === friend)
  return trigger.match === 'all' ? theirs.some(Boolean) : theirs.length > 0 && theirs.every(Boolean)
}

/** With the friendship ends what waits for the friend: it is held, so that its owner hears of it. */
export async function holdWhatWaitsFor(account: AccountTx, friend: Uin): Promise<void> {
  const waiting = account.backups.live().filter((backup) => isListening(backup) && waitsFor(backup.plan, friend))
  await account.changeBackups(waiting, (record) => moveTo(record, 'held', { heldReason: 'NOT_FRIENDS' }))
}
