import type { BackupPlan, EveryCondition, QuietHours } from '../domain/backup.ts'
import { canRepeat } from '../domain/repeating.ts'
import { DomainError } from '../domain/rule-error.ts'
import { formatRule } from '../domain/rule-text.ts'
import { parseRule } from '../domain/rule-words.ts'
import { opened } from '../domain/series.ts'
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

/** Only the text of `formatRule` names the date an interval is counted from: anything else would be read anew each time. */
function checkRule(plan: BackupPlan, { rule, zone }: EveryCondition, now: number): void {
  try {
    opened(plan, now)
    if (formatRule(parseRule(rule, { now, zone })) === rule) return
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    throw new ImError(error.code, error.message, error.hint === null ? {} : { hint: error.hint })
  }
  throw new ImError('BAD_TIME', 'That rule is not written as rules are stored.')
}

function checkRepeating({ trigger, window, repeat }: BackupPlan): void {
  const series = trigger.conditions.filter((condition) => condition.kind === 'every').length
  if (series === 0 && repeat === null) return
  if (series > 1 || (series === 1 && repeat !== null)) throw new ImError('BAD_TRIGGER', 'It repeats in two ways.')
  if (!canRepeat(trigger)) throw new ImError('BAD_TRIGGER', 'It would hold again at once, for ever.')
  if (window?.elseAt != null) throw new ImError('BAD_TRIGGER', 'What repeats has no single last moment.')
}

/** Quiet hours with a zone there is and some hours in them. */
export function checkedQuiet(quiet: QuietHours | null): QuietHours | null {
  checkZone(quiet?.zone)
  if (quiet !== null && quiet.fromMinute === quiet.toMinute) throw new ImError('USAGE', 'Those hours are empty.')
  return quiet
}

/** Throws when the relay cannot keep such a plan for this account. */
export function checkPlan(account: AccountTx, plan: BackupPlan, limits: Limits): void {
  const { conditions } = plan.trigger
  checkZone(plan.window?.zone)
  checkHorizon(account, plan.window?.elseAt, limits)
  checkRepeating(plan)
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
        checkRule(plan, condition, account.now)
        break
      case 'my-send':
        break
      default:
        condition satisfies never
    }
  }
}
