import type { BackupPlan } from '../domain/backup.ts'
import { ImError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import type { AccountTx } from './account-tx.ts'

/** Throws when the relay cannot keep such a plan for this account. */
export function checkPlan(account: AccountTx, plan: BackupPlan, limits: Limits): void {
  const { conditions } = plan.trigger
  if (conditions.length > limits.conditions) {
    throw new ImError('LIMIT', `A backup may have ${limits.conditions} conditions.`)
  }
  for (const condition of conditions) {
    switch (condition.kind) {
      case 'time':
        if (condition.at > account.now + limits.horizonMs) {
          throw new ImError('LIMIT', 'That is further ahead than this relay keeps backups.')
        }
        break
      case 'presence':
      case 'read':
        account.requireFriend(condition.who)
        break
      case 'message':
        account.requireFriend(condition.from)
        break
      case 'every':
      case 'my-send':
        break
      default:
        condition satisfies never
    }
  }
}
