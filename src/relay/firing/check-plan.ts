import type { BackupPlan, EveryCondition, QuietHours } from '../../domain/backup.ts'
import { checkPlan as refuseContradictions } from '../../domain/check-plan.ts'
import { DomainError } from '../../domain/rule-error.ts'
import { formatRule } from '../../domain/rule-text.ts'
import { parseRule } from '../../domain/rule-words.ts'
import { opened } from '../../domain/series.ts'
import { isZone } from '../../domain/zone.ts'
import { ImError } from '../../protocol/errors.ts'
import type { Limits } from '../../protocol/limits.ts'
import type { AccountTx } from '../accounts/account-tx.ts'

function checkHorizon(account: AccountTx, at: number | null | undefined, limits: Limits): void {
  if (at != null && at > account.now + limits.horizonMs) {
    throw new ImError('LIMIT', 'That is further ahead than this relay keeps backups.')
  }
}

function checkZone(zone: string | undefined): void {
  if (zone !== undefined && !isZone(zone)) throw new ImError('BAD_ZONE')
}

/** Only the text of `formatRule` names the date an interval is counted from: anything else would be read anew each time. */
function checkRule({ rule, zone }: EveryCondition, now: number): void {
  if (formatRule(parseRule(rule, { now, zone })) === rule) return
  throw new ImError('BAD_TIME', 'That rule is not written as rules are stored.')
}

/** The refusals of the pure rooms, with the codes of the protocol. */
export function refusing<T>(decide: () => T): T {
  try {
    return decide()
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    throw new ImError(error.code, error.message, error.hint === null ? {} : { hint: error.hint })
  }
}

/** Quiet hours with a zone there is and some hours in them. */
export function checkedQuiet(quiet: QuietHours | null): QuietHours | null {
  checkZone(quiet?.zone)
  if (quiet !== null && quiet.fromMinute === quiet.toMinute) throw new ImError('USAGE', 'Those hours are empty.')
  return quiet
}

/** Zones there are and rules that can be read: what is kept without them could not even be looked at. Throws BAD_ZONE, BAD_TIME. */
export function checkClocks({ trigger, window }: BackupPlan, now: number): void {
  checkZone(window?.zone)
  for (const condition of trigger.conditions) {
    if (condition.kind === 'time' || condition.kind === 'every') checkZone(condition.zone)
    if (condition.kind === 'every') refusing(() => checkRule(condition, now))
  }
}

/** Throws when the relay cannot keep such a plan for this account. */
export function checkPlan(account: AccountTx, plan: BackupPlan, limits: Limits): void {
  const { conditions } = plan.trigger
  checkClocks(plan, account.now)
  checkHorizon(account, plan.window?.elseAt, limits)
  refusing(() => refuseContradictions(plan))
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
        refusing(() => opened(plan, account.now))
        break
      case 'my-send':
        break
      default:
        condition satisfies never
    }
  }
}
