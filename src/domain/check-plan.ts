/** Plans that contradict themselves, and those that can never fire: refused when they are made, with the reason. */
import type { BackupPlan, PresenceCondition } from './backup.ts'
import type { Instant } from './instant.ts'
import type { Presence } from './presence.ts'
import { canRepeat, everyOf, repeats } from './repeating.ts'
import { DomainError } from './rule-error.ts'

/** What somebody's status is while the condition holds. */
function allowed(condition: PresenceCondition): readonly Presence[] {
  switch (condition.turns) {
    case null:
    case 'back':
      return ['online']
    case 'online':
      return ['online', 'away', 'busy']
    case 'away':
      return ['away']
    case 'offline':
      return ['offline']
    default:
      return condition satisfies never
  }
}

function refuseImpossibleStatus({ trigger }: BackupPlan): void {
  if (trigger.match === 'any') return
  const left = new Map<string, readonly Presence[]>()
  for (const condition of trigger.conditions) {
    if (condition.kind !== 'presence') continue
    const before = left.get(condition.who) ?? ['online', 'away', 'busy', 'offline']
    const both = before.filter((status) => allowed(condition).includes(status))
    if (both.length === 0) {
      throw new DomainError('BAD_TRIGGER', 'Nobody is all of that at once.', 'With --any one of them is enough.')
    }
    left.set(condition.who, both)
  }
}

function refuseEndBeforeStart({ trigger, window }: BackupPlan): void {
  const end = window?.expiresAt ?? null
  if (end === null) return
  const elseAt = window?.elseAt ?? null
  if (elseAt !== null && elseAt >= end) {
    throw new DomainError('BAD_TRIGGER', 'It expires before --else-at comes.', 'Let it expire later.')
  }
  if (elseAt !== null || trigger.conditions.length === 0) return
  const tooLate = trigger.conditions.map((one) => startOf(one) >= end)
  const never = trigger.match === 'all' ? tooLate.some((late) => late) : tooLate.every((late) => late)
  if (never) throw new DomainError('NEVER_FIRES', 'It expires before its time comes.', 'Let it expire later.')
}

function startOf(condition: BackupPlan['trigger']['conditions'][number]): Instant {
  if (condition.kind === 'time') return condition.at
  return condition.kind === 'every' ? condition.slot : Number.NEGATIVE_INFINITY
}

function refuseEndlessRepeating(plan: BackupPlan): void {
  if (!repeats(plan)) return
  const series = plan.trigger.conditions.filter((condition) => condition.kind === 'every').length
  if (series > 1 || (everyOf(plan) !== null && plan.repeat !== null)) {
    throw new DomainError('BAD_TRIGGER', '--every repeats by itself.', 'Leave --repeat away.')
  }
  if (!canRepeat(plan.trigger)) {
    throw new DomainError(
      'BAD_TRIGGER',
      'It would hold again as soon as it has fired, for ever.',
      'Repeat on something that happens anew: --next-signon, --when-message-from, --on-send, --every.',
    )
  }
  if (plan.window?.elseAt != null) {
    throw new DomainError('BAD_TRIGGER', '--else-at is a single moment; what repeats has none.', 'Leave it away.')
  }
}

/** Throws BAD_TRIGGER or NEVER_FIRES. */
export function checkPlan(plan: BackupPlan): void {
  const { window, action, late } = plan
  if (window?.between != null && window.between.fromMinute === window.between.toMinute) {
    throw new DomainError('BAD_TRIGGER', 'The window is empty.')
  }
  if (window?.days?.length === 0) throw new DomainError('BAD_TRIGGER', 'The window has no days.')
  if (late.then === 'send' && action.kind !== 'send') {
    throw new DomainError('BAD_TRIGGER', '--if-late send needs --send.', 'Add --send, or --if-late remind.')
  }
  refuseImpossibleStatus(plan)
  refuseEndBeforeStart(plan)
  refuseEndlessRepeating(plan)
}
