import type { BackupPlan } from '../domain/backup.ts'
import { isZone } from '../domain/zone.ts'
import { ImError } from '../protocol/errors.ts'
import type { Limits } from '../protocol/limits.ts'
import type { AccountTx } from './account-tx.ts'

function checkHorizon(account: AccountTx, at: number | null | undefined, limits: Limits): void {
  if (at != null && at > account.now + limits.horizonMs) {
    throw new ImError('LIMIT', 'That is further ahead than this relay keeps backups.')
  }
}

function checkZone(zone: string | undefined): void {
  if (zone !== undefined && !isZone(zone)) throw new ImError('BAD_ZONE')
}

/** Throws when the relay cannot keep such a plan for this account. */
export function checkPlan(account: AccountTx, plan: BackupPlan, limits: Limits): void {
  const { conditions } = plan.trigger
  checkZone(plan.window?.zone)
  checkHorizon(account, plan.window?.elseAt, limits)
  if (conditions.length > limits.conditions) {
    throw new ImError('LIMIT', `A backup may have ${limits.conditions} conditions.`)
  }
  for (const condition of conditions) {
    switch (condition.kind) {
      case 'time':
        checkHorizon(account, condition.at, limits)
        break
      case 'presence':
      case 'read':
        account.requireFriend(condition.who)
        break
      case 'message':
        account.requireFriend(condition.from)
        break
      case 'every':
        checkZone(condition.zone)
        checkHorizon(account, condition.slot, limits)
        break
      case 'my-send':
        break
      default:
        condition satisfies never
    }
  }
}
